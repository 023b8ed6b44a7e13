"""String templates over whole texts: slices, padding, repetition, palindromes, prefixes."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

import random

from generator.spec import Args, Spec, template
from generator.vocabulary import (
    TEXT,
    sentence,
    text,
    word,
    words,
)

FILLERS = "*#-_.x0"


@template("strings", start=range(4), step=range(2, 7), end=("", "upper", "lower", "reverse"))
def every_kth_char(start: int, step: int, end: str) -> Spec:
    at = f"{start}, {start + step}, {start + 2 * step}"
    after = {
        "": "",
        "upper": ", in upper case",
        "lower": ", in lower case",
        "reverse": ", in reverse order",
    }[end]
    call = {"": "", "upper": ".toUpperCase()", "lower": ".toLowerCase()", "reverse": ""}[end]
    reverse = "sb.reverse()" if end == "reverse" else "sb"

    def oracle(s: str) -> str:
        t = s[start::step]
        return {"": t, "upper": t.upper(), "lower": t.lower(), "reverse": t[::-1]}[end]

    return Spec(
        says=(
            f"take the characters of a string at every index reached from $start in steps of $step and return them as a string{after}",
            f"return a string of the characters of {{text}} at the indices {at} and so on{after}",
            f"build a string from every character $step positions apart, starting at index $start{after}",
            f"start at index $start of the [given |]string, go on in steps of $step, and return the characters met{after}",
        ),
        names="everyKth|pickCharacters|takeEvery$step|stepFrom$start",
        params=(TEXT,),
        returns="String",
        body=f"""
            StringBuilder sb = new StringBuilder();
            for (int i = $start; i < text.length(); i += $step) {{
                sb.append(text.charAt(i));
            }}
            return {reverse}.toString(){call};
        """,
        oracle=oracle,
        inputs=lambda r: (text(r),),
        edges=(("",), ("Io",)),
    )


@template("strings", ignore=" -_.,+/:xyztaeio", case=("", "case"))
def palindrome_ignoring(ignore: str, case: str) -> Spec:
    name = "spaces" if ignore == " " else f"the character '{ignore}'"
    verb = "are" if ignore == " " else "is"
    first = "after conversion to lower case and " if case else ""
    lower = ".toLowerCase()" if case else ""

    def oracle(s: str) -> bool:
        t = (s.lower() if case else s).replace(ignore, "")
        return t == t[::-1]

    def inputs(r: random.Random) -> Args:
        half = "".join(r.choice("abcdeo") for _ in range(r.randint(1, 4)))
        s = half + r.choice(("", "k")) + half[::-1]
        if r.random() < 0.5:
            s = s + r.choice("pq")
        if r.random() < 0.4:
            s = s[0].upper() + s[1:]
        i = r.randint(0, len(s))
        return (s[:i] + r.choice((ignore, ignore * 2, "")) + s[i:],)

    return Spec(
        says=(
            f"check whether a string is a palindrome {first}ignoring {name}",
            f"return true if {{text}} reads the same backwards {first}when {name} {verb} left out",
            f"[test|determine] whether the [given |]string {first}without {name} is a palindrome",
            f"decide if a string equals its reverse {first}after removing {name}",
        ),
        names="isPalindrome|checkPalindrome|isMirror|readsBackwards",
        params=(TEXT,),
        returns="boolean",
        body=f"""
            String t = text{lower}.replace("$ignore", "");
            for (int i = 0; i < t.length() / 2; i++) {{
                if (t.charAt(i) != t.charAt(t.length() - 1 - i)) {{
                    return false;
                }}
            }}
            return true;
        """,
        oracle=oracle,
        inputs=inputs,
    )


@template("strings", sep="-_*+.:/ ,", wrap=("", "[]", "()", "<>"), extra=range(3))
def repeat_joined(sep: str, wrap: str, extra: int) -> Spec:
    left, right = (wrap[0], wrap[1]) if wrap else ("", "")
    sep_words = "a space" if sep == " " else f"'{sep}'"
    times = "{count}" if not extra else "{count} + $extra"
    brackets = {
        "": "",
        "[]": " and put square brackets around the result",
        "()": " and put parentheses around the result",
        "<>": " and put '<' before and '>' after the result",
    }[wrap]
    n = "count" if not extra else "count + $extra"
    done = "sb.toString()" if not wrap else f'"{left}" + sb + "{right}"'
    return Spec(
        says=(
            f"repeat a string {times} times with {sep_words} between the copies{brackets}",
            f"join {times} copies of {{text}} with {sep_words} as separator{brackets}",
            f"[build|create] a string of {times} copies of the [given |]string, separated by {sep_words}{brackets}",
            f"write {{text}} {times} times, with {sep_words} between one copy and the next{brackets}",
        ),
        names="repeat|repeatText|joinCopies|copies",
        params=(TEXT, "int count|reps|n"),
        returns="String",
        body=f"""
            StringBuilder sb = new StringBuilder();
            for (int i = 0; i < {n}; i++) {{
                if (i > 0) {{
                    sb.append("$sep");
                }}
                sb.append(text);
            }}
            return {done};
        """,
        oracle=lambda s, n: left + sep.join([s] * (n + extra)) + right,
        inputs=lambda r: (r.choice(words(r)), r.randint(1, 5)),
        edges=(("ab", 0),),
    )


@template("strings", side=("left", "right"), fill=FILLERS, width=range(4, 12))
def pad(side: str, fill: str, width: int) -> Spec:
    add = "sb.insert(0, '$fill');" if side == "left" else "sb.append('$fill');"
    return Spec(
        says=(
            "pad a string on the $side with '$fill' until it has at least $width characters",
            "add the character '$fill' on the $side of {text} until its length is at least $width",
            "[fill|extend] the [given |]string with '$fill' on the $side up to a length of $width; longer strings stay as they are",
            "return the string, extended on the $side side by as many '$fill' as it needs to be $width characters long",
        ),
        names="pad|pad${side}|padTo$width|fillTo$width",
        params=(TEXT,),
        returns="String",
        body=f"""
            StringBuilder sb = new StringBuilder(text);
            while (sb.length() < $width) {{
                {add}
            }}
            return sb.toString();
        """,
        oracle=lambda s: s.rjust(width, fill) if side == "left" else s.ljust(width, fill),
        inputs=lambda r: (text(r)[: r.randint(1, width + 3)],),
        edges=(("",),),
    )


@template("strings", k=range(2, 14), tail=("...", "..", "-", "+", "", "!"))
def truncate(k: int, tail: str) -> Spec:
    end = f' followed by "{tail}"' if tail else ""
    cut = 'text.substring(0, $k) + "$tail"' if tail else "text.substring(0, $k)"
    return Spec(
        says=(
            f"shorten a string to its first $k characters{end} if it is longer than $k characters; otherwise return it unchanged",
            f"return {{text}} if it has at most $k characters, else its first $k characters{end}",
            f"[cut|truncate] the [given |]string after $k characters: strings with more than $k characters become their first $k characters{end}, others are unchanged",
            f"limit a string to $k characters; if it is longer, return the first $k characters{end}",
        ),
        names="truncate|shorten|cutTo$k|limit",
        params=(TEXT,),
        returns="String",
        body=f"""
            if (text.length() <= $k) {{
                return text;
            }}
            return {cut};
        """,
        oracle=lambda s: s if len(s) <= k else s[:k] + tail,
        inputs=lambda r: (sentence(r, 1, 3)[: r.randint(1, 2 * k)],),
        edges=(("",),),
    )


@template("strings", held_out=True, fill=FILLERS, k=range(2, 10), end=("first", "last"))
def mask_ends(fill: str, k: int, end: str) -> Spec:
    test = "i < $k" if end == "first" else "i >= text.length() - $k"
    return Spec(
        says=(
            "replace the $end $k characters of a string with '$fill'; if it is shorter, replace all of them",
            "return the [given |]string with '$fill' in place of each of its $end $k characters (of all if there are fewer)",
            "hide the $end $k characters of {text} by writing '$fill' for each of them, or for all if there are fewer",
        ),
        names="mask|hide|mask${end}$k",
        params=(TEXT,),
        returns="String",
        body=f"""
            StringBuilder sb = new StringBuilder();
            for (int i = 0; i < text.length(); i++) {{
                sb.append({test} ? '$fill' : text.charAt(i));
            }}
            return sb.toString();
        """,
        oracle=lambda s: "".join(
            fill if (i < k if end == "first" else i >= len(s) - k) else c for i, c in enumerate(s)
        ),
        inputs=lambda r: (text(r)[: r.randint(1, 2 * k + 2)],),
    )


@template(
    "strings",
    letters=("ab", "an", "at", "aa", "ee", "in", "oo", "re", "ll", "st", "er", "le"),
    times=range(1, 6),
    kind=("count", "last"),
)
def count_pairs_of_letters(letters: str, times: int, kind: str) -> Spec:
    def oracle(s: str) -> int:
        at = [i for i in range(len(s) - 1) if s[i : i + 2] == letters]
        return times * len(at) if kind == "count" else (at[-1] * times if at else -1)

    def inputs(r: random.Random) -> Args:
        s = word(r) + word(r)
        for _ in range(r.randint(0, 3)):
            i = r.randint(0, len(s))
            s = s[:i] + letters + s[i:]
        return (s,)

    many = {1: "", 2: "twice "}.get(times, f"{times} times ")
    update = (
        ("count++;" if times == 1 else "count += $times;")
        if kind == "count"
        else ("last = i;" if times == 1 else "last = i * $times;")
    )
    head = (
        f"{many}the number of occurrences of"
        if kind == "count"
        else f"{many}the index of the last occurrence of"
    )
    tail = ", overlapping ones included" if kind == "count" else " (-1 if there is none)"
    return Spec(
        says=(
            f'[find|compute] {head} "$letters" in a string{tail}',
            f'return {head} "$letters" in {{text}}{tail}',
            f'[determine|get] {head} the letters "$letters" in the [given |]string{tail}',
            f'look for "$letters" in a string and return {head} this pair{tail}',
        ),
        names="countPairs|find${letters}|occurrences|pair${letters}",
        params=(TEXT,),
        returns="int",
        body=f"""
            int {"count = 0" if kind == "count" else "last = -1"};
            for (int i = 0; i + 1 < text.length(); i++) {{
                if (text.substring(i, i + 2).equals("$letters")) {{
                    {update}
                }}
            }}
            return {kind};
        """,
        oracle=oracle,
        inputs=inputs,
        edges=(("",), (letters,)),
    )


@template(
    "strings",
    held_out=True,
    k=range(2, 10),
    change=("upper", "lower", "reverse"),
    end=("first", "last"),
)
def change_end(k: int, change: str, end: str) -> Spec:
    verb = {"upper": "put into upper case", "lower": "put into lower case", "reverse": "reversed"}[
        change
    ]
    java = {
        "upper": "part.toUpperCase()",
        "lower": "part.toLowerCase()",
        "reverse": "new StringBuilder(part).reverse()",
    }[change]
    at = "Math.min($k, text.length())" if end == "first" else "Math.max(0, text.length() - $k)"
    part = "text.substring(0, cut)" if end == "first" else "text.substring(cut)"
    result = (
        f"{java} + text.substring(cut)" if end == "first" else f"text.substring(0, cut) + {java}"
    )

    def oracle(s: str) -> str:
        cut = min(k, len(s)) if end == "first" else max(0, len(s) - k)
        head, tail = s[:cut], s[cut:]
        part = head if end == "first" else tail
        new = {"upper": part.upper(), "lower": part.lower(), "reverse": part[::-1]}[change]
        return new + tail if end == "first" else head + new

    return Spec(
        says=(
            f"return a string with its $end $k characters {verb} (all of them if it is shorter)",
            f"change {{text}} so that the $end $k characters are {verb}, or the whole string if it has fewer",
            f"build a copy of the string in which the $end $k characters, or all if there are fewer, are {verb}",
        ),
        names=f"change{end.capitalize()}|{change}{end.capitalize()}|{change}$k",
        params=(TEXT,),
        returns="String",
        body=f"""
            int cut = {at};
            String part = {part};
            return {result};
        """,
        oracle=oracle,
        inputs=lambda r: (text(r)[: r.randint(1, 2 * k + 3)],),
        edges=(("",),),
    )
