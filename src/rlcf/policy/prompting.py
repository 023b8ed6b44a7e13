"""What a model is shown of a task, where its answer ends, and what program the answer is.

Two styles. *Plain*: the model continues the task's prompt. *Chat*, for instruction-tuned models:
the tokenizer's chat template around an instruction that asks for the whole program; the code is
taken from a fenced block of the answer (`answers`). Sampling, evaluation and training need not know
which. A task with an attempt that was rejected is put again together with it: in a comment before
the prompt, or as further turns of the chat. Chats have no system prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from rlcf.errors import UserError
from rlcf.languages.registry import load
from rlcf.policy.answers import FenceEnd, Written, fenced, opens_thoughts, said
from rlcf.policy.stopping import End, end_of, method_of
from rlcf.settings import Stop, unknown
from rlcf.tasks.blocks import BlockEnd
from rlcf.tasks.task import Attempt, Task

CHATS = ("off", "on", "auto")
INSTRUCTION = """\
Complete this {language} program. Answer with the whole program, from its first line to its last, \
in one fenced code block.

```{language}
{prompt}
```"""
REPAIR = """\
The compiler rejects this program:

{errors}

Correct it. Answer with the whole program, from its first line to its last, in one fenced code \
block."""
REPAIR_COMMENT = """\
This program is rejected by the compiler:

{program}

The compiler says:

{errors}

The corrected program:"""


class PromptStyle(Protocol):
    """How tasks and models speak to each other."""

    special_tokens: bool
    """Whether the tokenizer is to add its own (a template already has them)."""

    def prompt(self, tokenizer: Any, task: Task) -> str:
        """What the model reads."""
        ...

    def end(self, task: Task) -> End | None:
        """Where an answer is complete, or None if only the end token tells."""
        ...

    def read(self, task: Task, answer: str) -> Written:
        """The code in a decoded answer."""
        ...

    def answer(self, task: Task) -> str:
        """What the model should write, for fine-tuning.

        Raises:
            ValueError: the task has no reference.
        """
        ...

    def judged(self, task: Task) -> Task:
        """The task as compiler, comparator, tests and metrics are to see it: its `prompt` is what
        comes before the text that `read` returns, its `reference` what compares with that text."""
        ...


@dataclass(frozen=True)
class PlainStyle:
    """The model goes on where the prompt ends; program = prompt + completion."""

    stop: Stop = "class"

    special_tokens = True

    def prompt(self, tokenizer: Any, task: Task) -> str:
        """The task's prompt as it is, behind a comment with the attempt that was rejected."""
        if task.attempt is None:
            return task.prompt
        mark = load(task.language).comment
        said = _filled(REPAIR_COMMENT, task.attempt)
        comment = "".join(f"{mark} {line}".rstrip() + "\n" for line in said.splitlines())
        return f"{comment}\n{task.prompt}"

    def end(self, task: Task) -> End | None:
        """As chosen; by default the brace that closes the class."""
        return end_of(task, self.stop)

    def read(self, task: Task, answer: str) -> Written:
        """All of it."""
        return Written(answer)

    def answer(self, task: Task) -> str:
        """The reference; where methods end answers, without the braces that close the rest."""
        reference = _reference(task)
        end = BlockEnd.of_prompt(task.language, task.prompt, self.stop)
        at = end.find(reference) if end is not None and self.stop == "method" else None
        only_braces = at is not None and not reference[at:].replace("}", "").strip()
        return reference[:at] if only_braces else reference

    def judged(self, task: Task) -> Task:
        """The task itself."""
        return task


@dataclass(frozen=True)
class ChatStyle:
    """The model answers an instruction; the program is the code in a fenced block: the first
    that names the task's language or none, else the first.

    - The answer ends where that block closes; what else the model would say is not drawn.
    - Without a block, the whole answer is the code, behind what is thought aloud in tags.
    - Code that closes more braces than it opens, though it does not begin like the prompt, is the
      body alone: the prompt is put before it, and it ends where the class closes.
    - All else is judged as it stands. A method without its class does not compile; the
      instruction asks for the whole program, and the reward teaches it.
    """

    instruction: str = INSTRUCTION
    """`{language}` and `{prompt}` stand for the task's."""
    stop: Stop = "class"
    """`method` ends the program where the method does that the prompt begins, if the answer has
    it; the block's end ends it at the latest."""
    opened: bool = False
    """Whether the template opens the thoughts of a model that thinks aloud."""

    special_tokens = False

    def prompt(self, tokenizer: Any, task: Task) -> str:
        """The chat template around the instruction, and around the attempt that was rejected, up
        to where the answer begins."""
        asked = self.instruction.replace("{language}", task.language)
        asked = asked.replace("{prompt}", task.prompt.rstrip("\n"))
        turns = [("user", asked)]
        if task.attempt is not None:
            code = _in_fence(task, task.attempt.program)
            turns += [("assistant", code), ("user", _filled(REPAIR, task.attempt))]
        return _rendered(tokenizer, turns)

    def end(self, task: Task) -> End | None:
        """The end of the block that holds the program, or of the method in it."""
        fence = FenceEnd(task.language, self.opened)
        return _MethodInFence(task, fence) if self.stop == "method" else fence

    def read(self, task: Task, answer: str) -> Written:
        """A fenced block, or all; whole programs and bodies alike become programs."""
        block = fenced(answer, task.language, self.opened)
        begin = said(answer)
        whole_answer = Written(answer[begin:], ((begin, 0),))
        written = whole_answer if block is None else Written.of_block(block)
        if self.stop == "method" and (whole := method_of(task, written.text)) is not None:
            return replace(written, text=whole)
        body_end = BlockEnd.of_prompt(task.language, task.prompt, _of_body(self.stop))
        first_line = task.prompt.strip().split("\n", 1)[0]
        if body_end is not None and not written.text.lstrip().startswith(first_line):
            body = body_end.cut(written.text)
            if body is not None:
                return written.behind(body, task.prompt)
        return written

    def answer(self, task: Task) -> str:
        """The whole reference program in a fenced block."""
        return _in_fence(task, task.program(_reference(task)))

    def judged(self, task: Task) -> Task:
        """Nothing comes before a whole program; tests that go on inside its class open it again."""
        reference = None if task.reference is None else task.program(task.reference)
        opens = task.closing.count("}") if task.tests_close else 0
        whole = replace(task, prompt="", reference=reference, closing="", tests_close=False)
        return replace(whole, reopens=opens)


@dataclass(frozen=True)
class _MethodInFence:
    """Tells where the method that a task's prompt begins is closed in a fenced program."""

    task: Task
    fence: FenceEnd

    @property
    def mark(self) -> str | None:
        """Fences and braces; Python's methods end at any token."""
        return None if self.task.language == "python" else FenceEnd.mark + "}"

    def cut(self, text: str) -> str | None:
        """The answer so far, once the method or the block has ended; `read` cuts the program."""
        whole = self.fence.cut(text)
        if whole is not None:
            return whole
        block = fenced(text, self.task.language, self.fence.opened)
        ended = block is not None and method_of(self.task, block.code) is not None
        return text if ended else None


def prompt_style(
    chat: str, tokenizer: Any, name: str, instruction: str = "", stop: Stop = "class"
) -> PromptStyle:
    """The style for a model.

    Args:
        chat: "off", "on", or "auto" (on where the tokenizer has a chat template; some base models
            come with one too).
        tokenizer: the model's.
        name: the model's, for messages.
        instruction: another one than `INSTRUCTION`, with `{prompt}` in it.
        stop: where an answer ends at the latest (see `stopping`).

    Raises:
        UserError: no such choice, no chat template, or no place for the prompt.
    """
    if chat not in CHATS:
        raise unknown("--chat", chat, CHATS)
    has_template = getattr(tokenizer, "chat_template", None) is not None
    if chat == "off" or (chat == "auto" and not has_template):
        return PlainStyle(stop)
    if not has_template:
        raise UserError(f"the tokenizer of {name} has no chat template: use --chat off")
    if instruction and "{prompt}" not in instruction:
        raise UserError("the chat instruction must say where the task goes: put {prompt} into it")
    opened = opens_thoughts(_rendered(tokenizer, [("user", "Hello")]))
    return ChatStyle(instruction or INSTRUCTION, stop, opened)


def _rendered(tokenizer: Any, turns: Sequence[tuple[str, str]]) -> str:
    """The chat template around turns (role, content), up to where the answer begins."""
    text: str = tokenizer.apply_chat_template(
        [{"role": role, "content": content} for role, content in turns],
        tokenize=False,
        add_generation_prompt=True,
    )
    return text


def _in_fence(task: Task, program: str) -> str:
    return f"```{task.language}\n{program.rstrip()}\n```"


def _filled(words: str, attempt: Attempt) -> str:
    before, _, errors = words.partition("{errors}")
    program = attempt.program.rstrip()
    return before.replace("{program}", program) + attempt.errors + errors


def _of_body(stop: Stop) -> Stop:
    """A body without its class ends somewhere even where text is to end by itself."""
    return "class" if stop == "text" else stop


def _reference(task: Task) -> str:
    if task.reference is None:
        raise ValueError(f"task {task.task_id} has no reference")
    return task.reference
