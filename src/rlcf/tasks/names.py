"""Names of languages, as task files and people write them."""

from __future__ import annotations

_ALIASES = {
    "c++": "cpp",
    "c#": "csharp",
    "f90": "fortran",
    "js": "javascript",
    "ts": "typescript",
    "golang": "go",
    "kt": "kotlin",
    "rs": "rust",
    "cs": "csharp",
    "pl": "perl",
    "py": "python",
    "python3": "python",
    "rb": "ruby",
    "go_test.go": "go",  # MultiPL-E's name
}


def common_name(language: str) -> str:
    """The name that several names of one language share, lower-case; whether known or not."""
    return _ALIASES.get(language.lower(), language.lower())
