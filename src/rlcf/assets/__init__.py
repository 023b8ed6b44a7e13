"""The embedded default models, shipped with the package.

Covers where they are. How they were made stands in the model card beside each.
"""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent


def embedded_policy(name: str) -> str:
    """The folder of the embedded policy for the name `embedded`; any other name as it is."""
    return str(_HERE / "java-policy") if name == "embedded" else name


def embedded_comparator(name: str) -> str:
    """The folder of the embedded comparator for the name `embedded`; any other name as it is."""
    return str(_HERE / "java-comparator") if name == "embedded" else name
