"""rlcf: reinforcement learning with compiler feedback.

Each name here loads its part only when it is used: `import rlcf` costs next to nothing, and
verdicts alone never load torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlcf.errors import UserError as UserError
    from rlcf.grounding import Grounding as Grounding
    from rlcf.languages import check as check
    from rlcf.languages.feedback import feedback as feedback
    from rlcf.languages.verdict import CompileResult as CompileResult
    from rlcf.languages.verdict import Diagnostic as Diagnostic
    from rlcf.languages.verdict import Verdict as Verdict
    from rlcf.policy.checked import generate as generate
    from rlcf.tasks import Task as Task
    from rlcf.tasks import load_tasks as load_tasks
    from rlcf.training.config import TrainConfig as TrainConfig
    from rlcf.training.train import train as train

__version__ = "0.1.0"

_LAZY = {
    "check": "rlcf.languages",
    "feedback": "rlcf.languages.feedback",
    "CompileResult": "rlcf.languages.verdict",
    "Diagnostic": "rlcf.languages.verdict",
    "Verdict": "rlcf.languages.verdict",
    "UserError": "rlcf.errors",
    "Task": "rlcf.tasks",
    "load_tasks": "rlcf.tasks",
    "Grounding": "rlcf.grounding",
    "generate": "rlcf.policy.checked",
    "TrainConfig": "rlcf.training.config",
    "train": "rlcf.training.train",
}
"""Public name -> the module that defines it."""


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'rlcf' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
