"""Which programs may share a process with others: those that can touch nothing lasting.

A class file can only reach what its constant pool names, so a program all of whose
names are on the list below has no way to files, sockets, processes, threads,
reflection or the process's settings. Everything else runs in a process of its own.
The list errs on the side of a process of one's own, which is slower, never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SAFE_PACKAGES = ("java/math/", "java/text/", "java/time/", "java/util/")
_SAFE_SUBPACKAGES = (
    "java/util/function/",
    "java/util/regex/",
    "java/util/stream/",
    "java/util/concurrent/atomic/",
    "java/time/chrono/",
    "java/time/format/",
    "java/time/temporal/",
)
_SAFE_CLASSES = _names(
    """
    java/lang/Appendable java/lang/AutoCloseable java/lang/Boolean java/lang/Byte
    java/lang/CharSequence java/lang/Character java/lang/Cloneable java/lang/Comparable
    java/lang/Deprecated java/lang/Double java/lang/Enum java/lang/Float
    java/lang/FunctionalInterface java/lang/Integer java/lang/Iterable java/lang/Long
    java/lang/Math java/lang/Number java/lang/Object java/lang/Override java/lang/Readable
    java/lang/Record java/lang/Runnable java/lang/SafeVarargs java/lang/Short
    java/lang/StrictMath java/lang/String java/lang/StringBuffer java/lang/StringBuilder
    java/lang/StringIndexOutOfBoundsException java/lang/SuppressWarnings java/lang/Throwable
    java/lang/Void java/lang/MatchException
    java/lang/invoke/MethodHandles java/lang/invoke/MethodHandles$Lookup
    java/lang/runtime/ObjectMethods java/lang/runtime/SwitchBootstraps
    java/io/BufferedReader java/io/ByteArrayInputStream java/io/ByteArrayOutputStream
    java/io/Closeable java/io/Flushable java/io/InputStream java/io/InputStreamReader
    java/io/OutputStream java/io/PrintStream java/io/Reader java/io/Serializable
    java/io/StringReader java/io/StringWriter java/io/Writer
    java/nio/charset/Charset java/nio/charset/StandardCharsets
    java/util/concurrent/Callable java/util/concurrent/ConcurrentLinkedDeque
    java/util/concurrent/ConcurrentLinkedQueue java/util/concurrent/CopyOnWriteArrayList
    java/util/concurrent/PriorityBlockingQueue java/util/concurrent/LinkedBlockingQueue
    java/util/concurrent/ArrayBlockingQueue java/util/concurrent/ThreadLocalRandom
    java/util/concurrent/TimeUnit java/util/concurrent/ConcurrentSkipListMap
    java/util/concurrent/ConcurrentSkipListSet java/util/concurrent/ConcurrentMap
    """
)
_UNSAFE_CLASSES = _names(
    """
    java/util/ServiceLoader java/util/ResourceBundle java/util/Timer java/util/TimerTask
    """
)
_SAFE_MEMBERS: dict[str, frozenset[str]] = {
    "java/lang/System": _names(
        "out err in currentTimeMillis nanoTime arraycopy identityHashCode lineSeparator exit"
    ),
    "java/lang/Class": _names(
        "getSimpleName getName isInstance desiredAssertionStatus isArray equals hashCode "
        "toString cast"
    ),
    "java/lang/Thread": frozenset({"sleep"}),
    "java/lang/Runtime": _names(
        "getRuntime availableProcessors totalMemory freeMemory maxMemory gc exit halt"
    ),
    "java/lang/invoke/LambdaMetafactory": frozenset({"metafactory", "altMetafactory"}),
    "java/lang/invoke/StringConcatFactory": frozenset({"makeConcat", "makeConcatWithConstants"}),
    "java/util/concurrent/ConcurrentHashMap": _names(
        "<init> clear computeIfAbsent computeIfPresent containsKey entrySet get getOrDefault "
        "isEmpty keySet merge put putAll putIfAbsent remove replace size values"
    ),
}
"""Classes of which only these members are harmless."""

_UNSAFE_MEMBERS = _names(
    """
    java/util/Locale.setDefault java/util/TimeZone.setDefault java/util/Formatter.<init>
    java/io/PrintStream.<init> java/lang/Object.wait
    java/lang/invoke/MethodHandles$Lookup.<init>
    """
)
_PARALLEL = re.compile(r"\.parallel(Stream|Prefix|Sort|SetAll)?$|^java/util/stream/StreamSupport\.")
_THROWABLE = re.compile(r"java/(lang|io|util|util/concurrent)/\w*(Exception|Error)$")


def reach_beyond(
    reach: Iterable[str], own: Collection[str], libraries: tuple[str, ...] = ()
) -> list[str]:
    """The names that forbid a shared process; empty for the great majority of programs.

    Args:
        reach: what the class files name, as `Compiled.reach`.
        own: binary names of the program's own classes.
        libraries: beginnings of further names that are harmless.
    """
    return [n for n in reach if not n.startswith(libraries) and not _harmless(n, own)]


def _harmless(name: str, own: Collection[str]) -> bool:
    class_name, _, member = name.partition(".")
    element = class_name.lstrip("[")
    if element != class_name:
        if not element.startswith("L"):
            return True  # an array of primitives
        class_name = element[1:-1]
    if member in ("finalize", "setStackTrace") or _PARALLEL.search(name):
        return False
    if class_name in _SAFE_MEMBERS:
        return not member or member in _SAFE_MEMBERS[class_name]
    if class_name.startswith("java/lang/invoke/MethodHandle") and member:
        return False
    if name in _UNSAFE_MEMBERS:
        return False
    return class_name in own or _is_safe_class(class_name)


def _is_safe_class(name: str) -> bool:
    outer = name.partition("$")[0]
    if name in _UNSAFE_CLASSES or outer in _UNSAFE_CLASSES:
        return False
    if name in _SAFE_CLASSES or outer in _SAFE_CLASSES or _THROWABLE.match(name):
        return True
    if name.startswith(_SAFE_SUBPACKAGES):
        return True
    return any(
        name.startswith(package) and "/" not in name[len(package) :] for package in _SAFE_PACKAGES
    )
