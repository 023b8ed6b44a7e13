"""What samples are: completions, repeated prompts, whole programs, answers of chats."""

from __future__ import annotations

import pytest

from rlcf.evaluation.given import Answers, Given, read, whole_program
from rlcf.tasks import Task

JAVA = Task(
    "J",
    "java",
    "import java.util.*;\n\nclass Add {\n    /** add(1, 2) is 3. */\n"
    "    public static int add(int a, int b) {\n",
    "        return a + b;\n    }\n}\n",
    "class Main { public static void main(String[] x) { assert Add.add(1, 2) == 3; } }",
    "add",
)
PYTHON = Task(
    "P", "python", 'def add(a, b):\n    """Add.\n    >>> add(1, 2)\n    """\n', None, "T", "add"
)
BODY = "        return a + b;\n    }\n}\n"
OTHER = "class Add {\n  public static int add(int x, int y) { return x + y; }\n}\n"
PYTHON_BODY = "    return a + b\n"
PYTHON_OTHER = "import math\n\ndef add(x, y):\n    return x + y\n"


@pytest.mark.parametrize(
    ("task", "text", "expected"),
    [
        (JAVA, BODY, Given(BODY)),
        (JAVA, JAVA.prompt + BODY, Given(BODY, repeats=True)),
        (JAVA, "\n" + JAVA.prompt + BODY, Given("\n" + BODY, repeats=True)),
        (JAVA, OTHER, Given(OTHER, whole=True)),
        (JAVA, f"Sure:\n```java\n{OTHER}```\nDone.", Given(OTHER, whole=True, chat=True)),
        (JAVA, f"```\n{BODY}```", Given(BODY, chat=True)),
        (JAVA, f"```java\n{JAVA.prompt}{BODY}```", Given(BODY, chat=True, repeats=True)),
        (JAVA, BODY + OTHER, Given(BODY + OTHER)),
        (JAVA, BODY + "```\nSo it is.\n```", Given(BODY + "```\nSo it is.\n```")),
        (PYTHON, PYTHON_BODY, Given(PYTHON_BODY)),
        (PYTHON, "    return add(a, b)\n", Given("    return add(a, b)\n")),
        (PYTHON, PYTHON.prompt + PYTHON_BODY, Given(PYTHON_BODY, repeats=True)),
        (PYTHON, PYTHON_OTHER, Given(PYTHON_OTHER, whole=True)),
        (PYTHON, f"~~~py\n{PYTHON_OTHER}~~~", Given(PYTHON_OTHER, whole=True, chat=True)),
        (PYTHON, "", Given("")),
    ],
)
def test_texts_are_recognised(task: Task, text: str, expected: Given) -> None:
    found = read(task, text)
    assert (found.whole, found.chat, found.repeats) == (
        expected.whole,
        expected.chat,
        expected.repeats,
    )
    judged = whole_program(task) if found.whole else task
    wanted = whole_program(task) if expected.whole else task
    assert judged.program(found.text).split() == wanted.program(expected.text).split()


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ("completion", Given(OTHER)),
        ("program", Given(OTHER, whole=True)),
        ("chat", Given(OTHER, whole=True)),
    ],
)
def test_a_choice_is_followed(answers: Answers, expected: Given) -> None:
    assert read(JAVA, OTHER, answers) == expected


def test_a_whole_program_is_opened_for_tests_that_close_it() -> None:
    task = Task("M", "java", "class Add {\n  static int add(int a, int b) {\n", tests="}\nX }")
    task = Task(task.task_id, "java", task.prompt, None, task.tests, None, "", "}\n}\n", True)
    given = read(task, OTHER.replace("return x + y; }", "return x + y;\n}"))
    assert given.whole
    assert whole_program(task).tested(given.text).rstrip().endswith("return x + y;")
    assert read(task, "return a + b;\n").text == "return a + b;\n"
