"""Where a program written by a model ends: the end token, or the brace that closes its class.

Covers languages with braces, `//` and `/* */` comments and quoted literals (Java, C, C++,
C#, JavaScript, Go, Kotlin, Rust, ...). Other programs end at the end token alone; fences of chats
are `answers`' subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

BRACE_LANGUAGES = frozenset(
    {"java", "c", "cpp", "csharp", "go", "javascript", "kotlin", "php", "rust", "scala"}
    | {"swift", "typescript"}
)

_PIECES = re.compile(
    r"""//[^\n]*|/\*.*?(?:\*/|\Z)|\"{3}.*?(?:\"{3}|\Z)|`(?:\\.|[^`\\])*(?:`|\Z)
    |"(?:\\.|[^"\\\n])*(?:"|$)|'(?:\\.|[^'\\\n])*(?:'|$)|[{}]""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True)
class ClassEnd:
    """Tells where the braces that the prompt leaves open are all closed."""

    mark: ClassVar[str] = "}"

    open_braces: int
    """Depth at the end of the prompt."""

    @classmethod
    def of_prompt(cls, language: str, prompt: str) -> ClassEnd | None:
        """None if the language has no braces or the prompt leaves none open."""
        if language not in BRACE_LANGUAGES:
            return None
        depth = sum({"{": 1, "}": -1}.get(piece, 0) for piece in _PIECES.findall(prompt))
        return cls(depth) if depth > 0 else None

    def find(self, completion: str) -> int | None:
        """Offset just past the brace that closes the outermost open one, or None."""
        depth = self.open_braces
        for match in _PIECES.finditer(completion):
            depth += {"{": 1, "}": -1}.get(match.group(), 0)
            if depth == 0:
                return match.end()
        return None

    def cut(self, text: str) -> str | None:
        """The text up to that brace and a line's end, or None."""
        at = self.find(text)
        return None if at is None else text[:at] + "\n"
