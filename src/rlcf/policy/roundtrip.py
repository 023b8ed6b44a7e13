"""What a tokenizer cannot write: told before the work, where it would look like a bad model.

T5's tokenizer turns line ends into blanks, BERT's knows no capitals. Looks at code in general and
at the solutions of a task set.
"""

from __future__ import annotations

import string
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rlcf.errors import UserError
from rlcf.policy.continuation import Continuation, decoded, encoded

if TYPE_CHECKING:
    from rlcf.policy.model import Policy
    from rlcf.tasks.task import Task

_PROBES = {
    "line ends": "a\nb",
    "blank lines": "a\n\nb",
    "runs of blanks": "a    b",
    "tabs": "a\tb",
    "capital letters": "aBC",
}
_REFERENCES = 256
"""References that are tried, at most."""
_BY_LINES = frozenset({"python"})
"""Languages in which no program survives the loss of its lines."""


def losses(tokenizer: Any) -> list[str]:
    """What of programs does not survive being encoded and decoded; empty if all does."""
    found = [name for name, text in _PROBES.items() if _lost(tokenizer, text)]
    signs = [sign for sign in string.punctuation if _lost(tokenizer, f"a {sign} b")]
    return [*found, *([f"the characters {' '.join(signs)}"] if signs else [])]


def warn_of_losses(tokenizer: Any, name: str) -> None:
    """Warn if the tokenizer of the model `name` cannot keep what programs are made of."""
    found = losses(tokenizer)
    if found:
        warnings.warn(
            f"the tokenizer of {name} cannot keep {', '.join(found)}: programs that need them can "
            "neither be read nor written by this model",
            stacklevel=2,
        )


def check_references(policy: Policy, tasks: Sequence[Task]) -> None:
    """Warn if some references are other texts once the policy's tokenizer has written them.

    Raises:
        UserError: all are, and in a language in which none of them can be right then.
    """
    tried = with_references(tasks)
    changed = unwritable(policy, tried)
    if not changed:
        return
    lost = ", ".join(losses(policy.tokenizer)) or "some of their characters"
    words = (
        f"the tokenizer of {policy.name} cannot write {len(changed)} of {len(tried)} references as "
        f"they stand, {changed[0].task_id} first: it loses {lost}"
    )
    if len(changed) == len(tried) and {task.language for task in tried} <= _BY_LINES:
        raise UserError(f"{words}; use a model whose tokenizer is made for code")
    warnings.warn(words, stacklevel=2)


def with_references(tasks: Sequence[Task]) -> list[Task]:
    """The tasks whose references are tried."""
    return [task for task in tasks if task.reference][:_REFERENCES]


def unwritable(policy: Policy, tasks: Sequence[Task]) -> list[Task]:
    """Tasks whose references are other texts once the policy's tokenizer has written them."""
    return [task for task in tasks if not _can_write(policy, task)]


def unreadable(policy: Policy, tasks: Sequence[Task]) -> list[Task]:
    """Tasks whose prompts are other texts to the policy."""
    return [task for task in tasks if _lost(policy.tokenizer, task.prompt)]


def _can_write(policy: Policy, task: Task) -> bool:
    reader = Continuation(policy.tokenizer, policy.prompt_ids(task))
    return reader.text(policy.answer_ids(task)) == policy.style.answer(task)


def _lost(tokenizer: Any, text: str) -> bool:
    return decoded(tokenizer, encoded(tokenizer, text)) != text
