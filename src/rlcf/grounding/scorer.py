"""What all adapters share: answers in, judged programs out.

Finds the program in an answer, builds compiler and comparator when first needed in a process (so
the object can be pickled and sent to workers), and says which tokens are to blame. An answer that
could not be judged has the score None; each trainer's adapter turns that into the trainer's word
for "missing".
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rlcf.errors import UserError
from rlcf.grounding import Grounding
from rlcf.grounding.credit import blame_T, token_ends
from rlcf.grounding.reward import Similarity
from rlcf.languages.feedback import located
from rlcf.languages.verdict import CompileResult, Verdict
from rlcf.policy.answers import Written
from rlcf.policy.completion import Completion, number_or_none
from rlcf.policy.prompting import ChatStyle, PlainStyle
from rlcf.tasks.task import Task


@dataclass(frozen=True)
class Answer:
    """What a model wrote, and what it was asked."""

    text: str
    """The completion; of a chat, the words of its last message."""
    prefix: str = ""
    """The beginning of the program that the answer continues."""
    reference: str | None = None
    """A completion of `prefix` that is right."""
    chat: bool = False
    """Whether the answer speaks about code, with the code in a fenced block."""


@dataclass(frozen=True)
class Judged:
    """What compiler and comparator say of an answer."""

    score: float | None
    """The reward; None if the answer could not be judged."""
    similarity: float | None
    """The comparator's g; None if it was not asked."""
    result: CompileResult
    program: str
    """What was compiled."""
    prefix_length: int
    """Characters of `program` before the code."""
    written: Written
    """Where the code stands in the answer."""

    @property
    def compiled(self) -> bool | None:
        """Whether the compiler accepted it; None if it gave no verdict."""
        verdict = self.result.verdict
        return None if verdict is Verdict.UNSCORED else verdict is Verdict.ACCEPTED

    @property
    def first_error(self) -> str:
        """The first error in the compiler's words, on one line; empty if there is none."""
        errors = self.result.errors
        return located(errors[0]) if errors else ""

    def blame_T(
        self, tokenizer: Any, token_ids: Sequence[int], prompt_ids: Sequence[int] = ()
    ) -> NDArray[np.float32]:
        """(T,) weights of mean 1 over the answer's tokens; see `rlcf.grounding.credit`.

        `prompt_ids` are the tokens that the answer's text was decoded after, if it was so.
        """
        if self.result.verdict is not Verdict.REJECTED:
            return np.ones(len(token_ids), dtype=np.float32)
        ends = self.written.places(token_ends(tokenizer, token_ids, prompt_ids))
        return blame_T(self.result, self.program, self.prefix_length, ends)


class Scorer:
    """Judges answers. Can be pickled; compiler and comparator are each process's own."""

    def __init__(
        self,
        language: str = "java",
        *,
        comparator: str | Similarity | None = None,
        weight: float = 1.0,
        source: str | None = None,
        device: str = "cpu",
        compiler_options: dict[str, Any] | None = None,
    ) -> None:
        """Starts nothing yet.

        Args:
            language: of the programs.
            comparator: `embedded`, a comparator's name or folder, or what compares in its place;
                none: the compiler's verdict alone is the reward (torch is not needed then).
            weight: w, the comparator's share in the reward of accepted programs.
            source: `rlcf`, `compiler` or `comparator`; by default `rlcf` with a comparator.
            device: of the comparator.
            compiler_options: for `rlcf.languages.Toolchain`.
        """
        self.language = language
        self.comparator = comparator
        self.weight = weight
        self.source = source or ("rlcf" if comparator else "compiler")
        self.device = device
        self.compiler_options = compiler_options or {}
        self._grounding: Grounding | None = None
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        kept = ("language", "comparator", "weight", "source", "device", "compiler_options")
        return {name: getattr(self, name) for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __call__(self, answers: Sequence[Answer]) -> list[Judged]:
        """Judge answers, in order.

        Raises:
            UserError: no compiler for the language, or the comparator cannot be loaded.
        """
        completions = [self._read(answer) for answer in answers]
        self.grounding(completions)
        return [
            Judged(
                score=number_or_none(c.reward),
                similarity=number_or_none(c.similarity),
                result=c.result,
                program=c.program,
                prefix_length=len(c.task.prompt),
                written=c.written or Written(c.text),
            )
            for c in completions
        ]

    @property
    def grounding(self) -> Grounding:
        """The reward function, made when first asked for."""
        with self._lock:
            if self._grounding is None:
                self._grounding = self._build()
            return self._grounding

    def close(self) -> None:
        """Stop the compiler; the next call starts it anew."""
        with self._lock:
            if self._grounding is not None:
                self._grounding.compiler.close()
                self._grounding = None

    def _read(self, answer: Answer) -> Completion:
        """The code in an answer, beside what it is judged by."""
        style = ChatStyle() if answer.chat else PlainStyle()
        task = Task("", self.language, answer.prefix, answer.reference)
        written = style.read(task, answer.text)
        return Completion(style.judged(task), written.text, written=written)

    def _build(self) -> Grounding:
        from rlcf.languages import Toolchain

        similarity: Similarity | None = None
        if isinstance(self.comparator, str) and self.source != "compiler":
            try:
                from rlcf.assets import embedded_comparator
                from rlcf.comparator.judge import ComparatorJudge
                from rlcf.comparator.model import load_comparator
            except ImportError as exc:
                raise UserError(f"a comparator needs torch and transformers: {exc}") from exc
            name = embedded_comparator(self.comparator)
            similarity = ComparatorJudge(load_comparator(name, device=self.device).eval())
        elif not isinstance(self.comparator, str):
            similarity = self.comparator
        compiler = Toolchain(self.language, **self.compiler_options)
        return Grounding(compiler, similarity, self.source, self.weight)


@cache
def shared_scorer(
    language: str, comparator: str | Similarity | None = None, weight: float = 1.0
) -> Scorer:
    """The scorer that all who ask in a process with these settings have in common."""
    return Scorer(language, comparator=comparator, weight=weight)


def words(completion: Any) -> str:
    """The text of a completion: a string, or messages whose last one counts."""
    if isinstance(completion, str):
        return completion
    content = completion[-1]["content"] if completion else ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content or ())
