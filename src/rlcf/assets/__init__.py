"""The embedded default models, shipped with the package.

Covers where they are. How they were made stands in the model card beside each.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


EMBEDDED = {"embedded": "java", "embedded-python": "python", "embedded-cpp": "cpp"}
"""The names of the embedded models, and the language that each writes or reads."""


def embedded_policy(name: str) -> str:
    """The folder of an embedded policy for its name; any other name as it is."""
    return str(_HERE / f"{EMBEDDED[name]}-policy") if name in EMBEDDED else name


def embedded_comparator(name: str) -> str:
    """The folder of an embedded comparator for its name; any other name as it is."""
    return str(_HERE / f"{EMBEDDED[name]}-comparator") if name in EMBEDDED else name
