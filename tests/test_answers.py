"""The code in an answer: what CommonMark calls a fence, and where its characters stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rlcf.policy.answers import FenceEnd, Written, blocks, fenced
from rlcf.policy.prompting import ChatStyle
from rlcf.tasks import Task

CODE = "def twice(x):\n    return 2 * x\n\n\nprint(twice(1))\n"
FENCES = {
    "backticks": "```python\n{}```",
    "four backticks": "````python\n{}````",
    "closed by more": "```python\n{}`````",
    "tildes": "~~~python\n{}~~~",
    "tildes, backticks in the info": "~~~ python `x`\n{}~~~",
    "no info": "```\n{}```",
    "blank before the info": "```  python\n{}```",
    "title": '```python title="a.py" linenums="1"\n{}```',
    "title after a colon": "```python:src/a.py\n{}```",
    "attributes": "```{{.python .numberLines}}\n{}```",
    "capitals": "```Python\n{}```",
    "short name": "```py\n{}```",
    "blanks behind the fences": "```python  \n{}```  \nDone.",
    "words around": "Here it is:\n```python\n{}```\nIt doubles.",
    "unclosed": "```python\n{}",
    "in tags": "<answer>\n```python\n{}```\n</answer>",
    "below a command": "```bash\npip install x\n```\n\n```python\n{}```",
    "below an output": "```text\n2\n```\n\n```\n{}```",
    "in a block of Markdown": "````markdown\n# Twice\n\n```python\n{}```\n````",
    "the first of two": "```python\n{}```\nor\n```python\nx = 1\n```",
}
INDENTS = {"three": "   ", "four": "    ", "eight": " " * 8, "tab": "\t"}
ENDS = {"LF": "\n", "CR LF": "\r\n", "CR": "\r"}
NESTED = {
    "numbers": ("1. Write:\n\n", "   "),
    "bullets": ("- Write:\n", "  "),
    "bullets in bullets": ("- a\n  - b:\n", "    "),
    "quote": ("> So:\n", "> "),
}


def code_of(answer: str) -> str | None:
    block = fenced(answer, "python")
    return None if block is None else block.code


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", FENCES)
def test_fences(name: str, end: str) -> None:
    assert code_of(FENCES[name].format(CODE).replace("\n", ENDS[end])) == CODE


def indented(text: str, prefix: str) -> str:
    return "".join(prefix + line for line in text.splitlines(keepends=True))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", INDENTS)
def test_indented_fences(name: str, end: str) -> None:
    answer = "So:\n\n" + indented(f"```python\n{CODE}```\n", INDENTS[name])
    assert code_of(answer.replace("\n", ENDS[end])) == CODE


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", NESTED)
def test_fences_in_lists_and_quotes(name: str, end: str) -> None:
    first, others = NESTED[name]
    answer = first + indented(f"```python\n{CODE}```\n", others) + "\nDone."
    assert code_of(answer.replace("\n", ENDS[end])) == CODE


def test_what_looks_like_a_fence_inside_of_one_is_code() -> None:
    inner = 'def f():\n    """Says:\n\n    ```\n    f()\n    ```\n    """\n'
    assert code_of(f"````python\n{inner}````") == inner
    assert code_of(f"~~~python\n{inner}~~~") == inner
    deep = "x = [\n        '''\n        ```\n'''\n]\n"  # more than three blanks close nothing
    assert code_of(f"```python\n{deep}```") == deep


@pytest.mark.parametrize("answer", ["", "I cannot.", "use `x + 1`", "one ```x``` line", CODE])
def test_no_fence(answer: str) -> None:
    assert blocks(answer) == []


def test_a_block_that_is_cut_off_keeps_its_last_line_as_it_is() -> None:
    assert code_of("```python\nx = 1\ny =") == "x = 1\ny ="
    assert code_of("```python\nx = 1\n") == "x = 1\n"
    assert code_of("```python") == ""


def test_an_answer_is_complete_when_the_program_is() -> None:
    end = FenceEnd("python")
    whole = "```bash\npip install x\n```\n```python\nx = 1\n```"
    assert end.cut(whole + "\nDone.") == whole
    assert [i for i in range(len(whole)) if end.cut(whole[:i])] == []
    assert end.cut("~~~\nx = 1\n~~~") == "~~~\nx = 1\n~~~"
    assert end.cut("````python\nx = 1\n```\n") is None


@given(st.text(alphabet="`~ab \n\r\t>-1.\x00\u2028", max_size=60))
def test_places_are_those_of_the_same_characters(answer: str) -> None:
    for block in blocks(answer):
        written = Written.of_block(block)
        for line in block.lines:
            kept = line.text.lstrip(" \t")
            offsets = [line.at + len(line.text) - len(kept) + i for i in range(len(kept))]
            assert "".join(answer[i] for i in offsets) == kept
            assert "".join(written.text[i] for i in written.places(offsets)) == kept


def test_places_in_a_body_behind_its_prompt() -> None:
    task = Task("t", "java", "class A {\n  int f() {\n", "return 1;}}")
    answer = "1. So:\n\n   ```java\r\n   int x = 1;\r\n   return x; } }\r\n   ```"
    written = ChatStyle().read(task, answer)
    assert written.text == task.prompt + "int x = 1;\nreturn x; } }\n"
    for words in ("int x", "return x", "}"):
        (place,) = written.places([answer.rindex(words)])
        assert place == written.text.rindex(words)


DRAFT = "Let me see:\n```python\nx = 1\n```\nNo.\n"


@pytest.mark.parametrize(
    "before",
    [
        f"<think>\n{DRAFT}</think>\n\n",
        f"\n<think>{DRAFT}</think>",
        f"<reasoning>\n{DRAFT}</reasoning>\n<answer>\n",
        f"{DRAFT}</think>\n",  # the chat template had opened it
        "<think>\n```python\nx = 1  # unclosed\n</think>\n",
    ],
)
@pytest.mark.parametrize("end", ENDS)
def test_drafts_in_thoughts_are_no_answer(before: str, end: str) -> None:
    if "<" not in before.lstrip()[:1]:
        before += "So:\n"
    answer = f"{before}\n```python\n{CODE}```".replace("\n", ENDS[end])
    assert code_of(answer) == CODE
    if before.lstrip().startswith("<"):
        ends = FenceEnd("python")
        assert [i for i in range(len(answer)) if ends.cut(answer[:i]) is not None] == []
        assert ends.cut(answer + "\n") == answer


def test_thoughts_without_a_fence_behind_them_are_no_code_either() -> None:
    task = Task("t", "python", "def f(x):\n")
    answer = f"<think>\n{DRAFT}</think>\n{CODE}"
    written = ChatStyle().read(task, answer)
    assert written.text == "\n" + CODE
    assert written.places([answer.rindex("print")]) == [written.text.rindex("print")]
    for alone in (f"<think>\n{DRAFT}", f"<think>\n{DRAFT}</think>\n"):
        assert code_of(alone) is None
        assert ChatStyle().read(task, alone).text == alone  # which no compiler accepts
    tags = "```python\ns = '</think>'\n```"
    assert code_of(tags) == "s = '</think>'\n"
