"""Where programs end: classes and methods of every language with braces, functions of Python."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import absent
import tiny
from rlcf.cli import main
from rlcf.errors import UserError
from rlcf.languages import Toolchain
from rlcf.policy.answers import Written
from rlcf.policy.prompting import ChatStyle, PlainStyle
from rlcf.policy.sampling import SamplingConfig, sample_tasks
from rlcf.policy.stopping import end_of, method_of
from rlcf.tasks.blocks import BlockEnd
from rlcf.tasks.braces import LANGUAGES, blanked, braces
from rlcf.tasks.task import Task
from rlcf.training.config import TrainConfig
from rlcf.training.references import encode_references

JAVA = Task("t", "java", "class A {\n    /** } */\n    static int f(int a) {\n")
MAIN = "\n    public static void main(String[] x) {\n        int[] a = [1];\n    }\n}\nmore"

# What may stand in a method without ending it, by language; `|` marks where the method closes.
HIDDEN = {
    "java": [
        """  return "}".length() + '}' + '\\'' + "\\"}".length();\n}|""",
        "  // }\n  /* } ' \" */ int b = 1; // '\n}|",
        'String s = """\n } \\""" } "it\'s"\n """; }|',
        "Runnable r = () -> { f(1); }; int[] b = {1, {2}.length}; }|",
        "new Object() { void g() { if (a) { } } }; class B { int c = '{'; } }|",
        "char c = '\\u007d'; switch (a) { case 1 -> { } default -> {} } }|",
    ],
    "kotlin": [
        'val s = "a ${if (a > 1) "}" else "{"} b"; val t = """ } " $a } """ }|',
        "/* } /* } */ } */ val c = '}'; val `a}` = listOf(1).map { it + 1 } }|",
    ],
    "scala": [
        's"${a + "}"}"; val s = \'a; val c = \'}\'; """ } \\"""; a match { case 1 => 2 } }|',
    ],
    "csharp": [
        'var s = $"{d["}"]}}}"; var t = @"\\"; var u = @"a""}"; var c = \'}\'; }|',
        'var r = """\n } " }\n"""; var v = $@"{a}\\"; if (a) { } }|',
    ],
    "c": ['char *s = "}\\"}"; char c = \'}\'; int b[2] = {1, 2}; }|'],
    "cpp": [
        'auto s = R"x(} )" })x"; int n = 1\'000\'000; auto g = [&](int b) { return b; }; }|',
    ],
    "javascript": [
        "const s = `a ${b.map(c => `<${c}}>`).join('}')} }`; return s.replace(/[{'\"]}/g, '}'); }|",
        "const f = s => /[}]/.test(s), g = s => /\"/.test(s); return  /'/; }|",
        "const re =\n    /}/;\n  return typeof a + /[/}]/.source + a++ / 2 + '}' / 1\n  / b; }|",
        "let q = a / 2; // }\n  if (/\\/}/.test(q)) { return { b: {} }; } }|",
    ],
    "typescript": ["const o: { a: string } = { a: '}' }; return `}${o.a}`; }|"],
    "go": ["s := `\\`; t := '}'; m := map[string]int{\"}\": 1}; for { break } }|"],
    "rust": [
        "let c = '}'; let s: &'static str = r#\"}\" }\"#; fn g<'a>(x: &'a str) -> &'a str { x } }|",
        'let s = "a\n}"; /* /* } */ } */ match a { 1 => {} _ => {} } }|',
    ],
    "php": [
        "$s = 'it\\'s }'; # }\n$t = \"{$a['b']} }\"; $u = <<<EOT\n } it's\n EOT;\n return $s; }|",
    ],
    "perl": [
        "my %h = (a => '}'); my $n = $#{$a}; # }'\n if ($s =~ /\\d{2}\\}/) { } return $h{a}; }|",
        '$x =~ s/}/it\'s/; my $t = <<"END";\n } \nEND\n return 1; }|',
    ],
    "swift": ['let s = "\\(a) }"; let f = { (b: Int) in b }; }|'],
}
CASES = [(language, text) for language, texts in HIDDEN.items() for text in texts]


def test_every_language_with_braces_has_cases() -> None:
    assert set(HIDDEN) == LANGUAGES


@pytest.mark.parametrize(("language", "text"), CASES)
@pytest.mark.parametrize("stop", ["class", "method"])
def test_the_brace_that_counts_is_found(language: str, text: str, stop: Any) -> None:
    before, behind = text.split("|")
    prompt = "class A {\nf(int a) {\n" if stop == "method" else "f(int a) {\n"
    end = BlockEnd.of_prompt(language, prompt, stop)
    assert end is not None
    assert end.find(before + behind + "\n}\nmore }") == len(before)
    # While it is being written, nothing that is hidden ends it either.
    assert [i for i in range(len(before)) if end.find(before[:i]) is not None] == []


def test_where_a_method_closes_the_class_is_closed_for_the_model() -> None:
    prompt = "namespace N {\nclass A {\nint f() {\n"
    cut = {
        stop: BlockEnd.of_prompt("csharp", prompt, stop).cut("return 1; } int g() { } } } x")  # type: ignore[union-attr]
        for stop in ("class", "method")
    }
    assert cut == {"class": "return 1; } int g() { } } }\n", "method": "return 1; }\n}\n}\n"}
    assert BlockEnd.of_prompt("csharp", prompt, "text") is None


@pytest.mark.parametrize("stop", ["class", "method"])
@pytest.mark.parametrize(
    ("language", "prompt", "closing", "completion", "text"),
    [
        ("javascript", "function f(a) {\n", "}\n", "  return {};\n}\nx", "  return {};\n"),
        ("java", JAVA.prompt, "    }\n}\n", "return 1;\n    }\n}\nx", "return 1;\n    "),
        ("java", JAVA.prompt, "}\n", "return 1;\n    }\n}\nx", "return 1;\n    }\n"),
    ],
)
def test_what_the_task_closes_is_not_closed_twice(
    stop: Any, language: str, prompt: str, closing: str, completion: str, text: str
) -> None:
    end = end_of(Task("t", language, prompt, closing=closing), stop)
    assert end is not None
    assert end.cut(completion) == text


@given(
    st.sampled_from(sorted(LANGUAGES)), st.text(alphabet="{}`\"'/*\\\n a#$<E=~(@R;", max_size=80)
)
def test_offsets_are_those_of_the_text(language: str, text: str) -> None:
    bare = blanked(language, text)
    assert len(bare) == len(text)
    for at, step in braces(language, text):
        assert bare[at] == text[at] == {1: "{", -1: "}"}[step]


PYTHON = 'import math\n\ndef f(a):\n    """Say."""\n'


@pytest.mark.parametrize(
    ("body", "behind"),
    [
        ("    return a\n", "\nprint(f(1))\n"),
        ("    return a  # yes\n", "# tests\nassert f(1)\n"),
        ("    if a:\n        return 1\n\n    return 2\n", "def g():\n    pass\n"),
        ("    s = '''\nx = 1\n'''\n    return s\n", "f"),
        ("    return [\n1,\n2]\n", "x"),
        ("    a = 1 + \\\n2\n    return a\n", "@b"),
        ("# note\n    def g():\n        return '#('\n    return g\n", "class A:"),
    ],
)
def test_a_function_of_python_ends_where_it_is_dedented(body: str, behind: str) -> None:
    end = end_of(Task("t", "python", PYTHON), "method")
    assert end is not None
    assert end.mark is None
    assert end.cut(body) is None
    assert end.cut(body + behind) == body
    assert end_of(Task("t", "python", PYTHON), "class") is None
    whole = PYTHON + body
    assert method_of(Task("t", "python", PYTHON), whole + behind) == whole


def test_a_method_of_a_class_in_python_ends_at_the_next() -> None:
    end = end_of(Task("t", "python", "class A:\n    def f(self):\n"), "method")
    assert end is not None
    assert end.cut("        return 1\n\n    def g(self):") == "        return 1\n"


def test_languages_of_other_kinds_end_at_the_end_token() -> None:
    for stop in ("text", "class", "method"):
        assert end_of(Task("t", "ruby", "def f(a)\n"), stop) is None
        assert end_of(Task("t", "python", "x = 1\n"), stop) is None


def test_a_method_is_found_in_a_whole_program_by_its_head() -> None:
    program = "import a;\nclass A {\n  static int f( int a )\n  {\n    return 1; }" + MAIN
    wanted = "import a;\nclass A {\n  static int f( int a )\n  {\n    return 1; }\n}\n"
    assert method_of(JAVA, program) == wanted
    assert method_of(JAVA, program.replace("int a", "int b")) is None
    helper = program.replace("static", 'static int g() { return "{".length(); } static')
    assert method_of(JAVA, helper) == wanted.replace(
        "static", 'static int g() { return "{".length(); } static'
    )


def test_chats_end_where_the_method_does() -> None:
    style = ChatStyle(stop="method")
    end = style.end(JAVA)
    assert end is not None
    answer = f"Here:\n```java\n{JAVA.prompt}return 1; }}"
    assert end.cut(answer) == answer
    assert end.cut(answer[:-1]) is None
    for drawn in (answer, f"{answer}{MAIN}\n```\nSo"):
        assert style.read(JAVA, drawn).text == f"{JAVA.prompt}return 1; }}\n}}\n"
    assert end.cut("```java\nint x;\n```\n") == "```java\nint x;\n```"
    body = "```java\nreturn 1; }" + MAIN + "\n```"
    assert style.read(JAVA, body).text == f"{JAVA.prompt}return 1; }}\n}}\n"
    python = Task("t", "python", PYTHON)
    answer = f"```python\n{PYTHON}    return 1\n"
    end = style.end(python)
    assert end is not None
    assert end.mark is None
    assert end.cut(answer) is None
    assert end.cut(answer + "print") == answer + "print"
    assert style.read(python, answer + "print").text == f"{PYTHON}    return 1\n"


def test_references_end_where_answers_do() -> None:
    task = replace(JAVA, reference="        return 1;\n    }\n}\n")
    assert PlainStyle("method").answer(task) == "        return 1;\n    }"
    assert PlainStyle("class").answer(task) == task.reference
    helped = replace(task, reference="return g(); }\n static int g() { return 1; }\n}")
    assert PlainStyle("method").answer(helped) == helped.reference
    policy = replace(tiny.policy(), style=PlainStyle("method"))
    [example] = encode_references(policy, [task], 200)
    assert example.ids[-1] == policy.tokenizer.eos_token_id
    drawn = policy.tokenizer.decode(example.ids[example.prompt_length : -1])
    assert drawn == "        return 1;\n    }"


class Scripted:
    """Answers that are drawn token by token from texts in place of a model's logits."""

    def __init__(self, policy: Any, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
        import torch

        from rlcf.policy import sampling

        ids = policy.tokenizer(text, add_special_tokens=False)["input_ids"]
        self.ids, self.drawn = ids, 0

        def draw(logits_BV: Any, uniform_B: Any, config: Any) -> Any:
            token = self.ids[self.drawn]
            self.drawn += 1
            rows = len(logits_BV)
            return torch.full((rows,), token), torch.full((rows,), -float(self.drawn))

        monkeypatch.setattr(sampling, "draw", draw)


def test_what_is_drawn_is_the_text_and_the_token_of_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = replace(tiny.policy(), style=PlainStyle("method"))
    answer = '        return "}";\n    }' + MAIN
    script = Scripted(policy, answer, monkeypatch)
    [[sample]] = sample_tasks(policy, [JAVA], 1, SamplingConfig(max_new_tokens=60), seed=0)
    assert sample.text == '        return "}";\n    }\n}\n'
    assert sample.finished
    assert JAVA.program(sample.text).endswith('return "}";\n    }\n}\n')
    # The tokens reach the brace, and what they say behind it is no part of the program.
    said = policy.tokenizer.decode(sample.token_ids)
    assert said.startswith('        return "}";\n    }')
    assert "}" not in policy.tokenizer.decode(sample.token_ids[:-1]).replace('"}"', "")
    assert len(sample.logprobs_T) == len(sample.token_ids) == script.drawn
    assert sample.logprobs_T[-1] == -script.drawn


def test_a_wrong_choice_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match=r"unknown --stop 'methods': did you mean method\?"):
        TrainConfig.of(model="m", stop="methods")


@absent.needs_jdk
def test_generate_stops_where_it_is_told(tmp_path: Path) -> None:
    model, lengths = tiny.save_policy(tmp_path / "m"), {}
    (tmp_path / "tasks.jsonl").write_text(json.dumps(tiny.tasks(1)[0].to_json()) + "\n")
    for stop in ("text", "class", "method"):
        out = tmp_path / f"{stop}.jsonl"
        words = ["generate", "--model", str(model), "--tasks", str(tmp_path / "tasks.jsonl")]
        words += ["--n", "40", "--temperature", "2", "--max-new-tokens", "60", "--stop", stop]
        assert main([*words, "--out", str(out)]) == 0
        rows = [json.loads(line)["completion"] for line in out.read_text().splitlines()]
        lengths[stop] = sum(map(len, rows))
    assert lengths["text"] >= lengths["class"] >= lengths["method"]


@absent.needs_jdk
def test_programs_that_are_cut_are_whole() -> None:
    text = PlainStyle("method").end(JAVA).cut("        return a;\n    }" + MAIN)  # type: ignore[union-attr]
    assert text is not None
    compiler = Toolchain("java")
    try:
        [result] = compiler.check([JAVA.program(PlainStyle("method").read(JAVA, text).text)])
    finally:
        compiler.close()
    assert str(result.verdict) == "accepted"
    assert PlainStyle("method").read(JAVA, text) == Written(text)
