"""Where the embedded models and tasks are; a card beside each model says how it was made."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


POLICIES = {"embedded": "java", "embedded-python": "python", "embedded-cpp": "cpp"}
"""The names of the embedded policies, and the language that each writes."""


def embedded_policy(name: str) -> str:
    """The folder of an embedded policy for its name; any other name as it is."""
    return str(_HERE / f"{POLICIES[name]}-policy") if name in POLICIES else name


def embedded_comparator(name: str) -> str:
    """The folder of the embedded comparator for the name `embedded`; any other name as it is.

    It has read Java alone; for other languages it is a start that training with the policy mends.
    """
    return str(_HERE / "java-comparator") if name == "embedded" else name


def embedded_tasks(language: str, part: str) -> Path:
    """The file of a part of the embedded tasks: JSON lines, xz-compressed.

    Args:
        language: java, python or cpp.
        part: train, validation, test, or held-out, the tests' templates that no other part has.
    """
    return _HERE / "tasks" / f"{language}-{part}.jsonl.xz"
