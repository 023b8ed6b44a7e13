"""The report: complete, self-contained, and safe with hostile programs."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_fakes import FakeToolchain, task
from rlcf.evaluation import Measured, Run, ScoreReport, score_completions, write_report
from rlcf.evaluation.report import run_facts
from rlcf.evaluation.report.curves import curves, running_mean, ticks
from rlcf.evaluation.report.programs import browsed, pieces
from rlcf.evaluation.report.text import safe
from rlcf.tasks import Task

HOSTILE = (
    "</pre><script>alert(1)</script><img src=x onerror=alert(2)>"
    " $title ${seed} \"'&\x00\u202e\ud800"
)


def score(tasks: list[Task], completions: list[str]) -> ScoreReport:
    return score_completions(
        tasks,
        [[text] for text in completions],
        toolchains={"java": FakeToolchain()},
    )


class Page(HTMLParser):
    """Collects tags and checks that they nest."""

    VOID = frozenset({"meta", "circle", "path", "polyline", "rect", "line", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def count(self, tag: str, **attributes: str) -> int:
        return sum(
            t == tag and all(a.get(k.rstrip("_")) == v for k, v in attributes.items())
            for t, a in self.tags
        )


def write(tmp_path: Path, tasks: list[Task], before: list[str], after: list[str]) -> str:
    path = tmp_path / "report.html"
    write_report(
        path,
        title="A <run>",
        facts={"model": "m & n"},
        measured=Measured(score(tasks, before), score(tasks, after), tasks),
        run=Run([{"step": i, "compile_rate": i / 10, "kl": 0.1} for i in range(10)], {}, {}),
    )
    return path.read_text(encoding="utf-8")


def data(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def test_report_holds_everything(tmp_path: Path) -> None:
    tasks = [task(f"T{i}") for i in range(12)]
    text = write(tmp_path, tasks, ["BAD;"] * 6 + ["x;"] * 6, ["return a + b;"] * 12)
    page = Page(text)
    assert page.count("figure") == 2, "a curve each of compile rate and KL"
    assert page.count("article", class_="tile") == 3
    assert "A &lt;run&gt;" in text
    assert "m &amp; n" in text
    assert "50.0 %" in text
    assert "100.0 %" in text
    assert "+50.0 points" in text
    assert "syntax" in text
    found = data(text)
    assert len(found["tasks"]) == len(found["pairs"]) == 12
    assert found["language"] == "java"
    states = sorted((before["state"], after["state"]) for _, _, before, after in found["pairs"])
    assert states == [("passed", "passed")] * 6 + [("rejected", "passed")] * 6
    assert "$" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    tasks = [Task(HOSTILE, "java", HOSTILE, HOSTILE, "T", HOSTILE, HOSTILE)]
    text = write(tmp_path, tasks, [f"BAD {HOSTILE}"], [HOSTILE])
    page = Page(text)
    assert page.count("script") == 2, "the programs and what shows them"
    assert page.count("img") == 0
    assert "<b>word</b>" not in text, "the compiler's words are quoted too"
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert "\u202e" not in text
    assert "\x00" not in text
    (entry,) = data(text)["tasks"]
    assert entry["prompt"] == HOSTILE.translate({0: "\ufffd", 0x202E: "\ufffd", 0xD800: "\ufffd"})


def test_report_needs_no_network(tmp_path: Path) -> None:
    text = write(tmp_path, [task("A")], ["x;"], ["y;"])
    for tag, attributes in Page(text).tags:
        assert tag not in ("link", "iframe", "object", "embed")
        assert not {"src", "srcset", "action"} & set(attributes)
        assert (attributes.get("href") or "#").startswith(("#", "data:text/csv;"))
    assert not re.search(r"https?:|@import|url\(", text)


def test_the_policy_names_exactly_the_style_and_the_script(tmp_path: Path) -> None:
    text = write(tmp_path, [task("A")], ["x;"], ["y;"])
    policy = re.search(r"default-src 'none'; style-src '(.*?)'; script-src '(.*?)'", text)
    assert policy
    for tag, named in zip(("style", "script"), policy.groups(), strict=True):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = hashlib.sha256(content.encode()).digest()
        assert named == "sha256-" + base64.b64encode(digest).decode()


def test_same_seed_same_page(tmp_path: Path) -> None:
    tasks = [task(f"T{i}") for i in range(30)]
    texts = [f"x{i};" for i in range(30)]
    first = write(tmp_path, tasks, texts, texts)
    assert write(tmp_path, tasks, texts, texts) == first
    names = [entry["id"] for entry in data(first)["tasks"]]
    assert sorted(names) == sorted(t.task_id for t in tasks)
    assert names != [t.task_id for t in tasks], "drawn, not in the given order"


JAVA = (
    "        int total = 0;\n        for (int x : nums) {\n            BAD\n        }\n    }\n}\n"
)


@pytest.mark.parametrize(("factor", "all_fit"), [(3, True), (100, False)])
def test_2000_programs_take_less_than_5_mb(tmp_path: Path, factor: int, all_fit: bool) -> None:
    prompt = "import java.util.*;\n\nclass Sum {\n" + "    // what it does, in words\n" * 20
    body = JAVA * factor
    tasks = [Task(f"T/{i}", "java", prompt, body, "t", "f", "Sum them.") for i in range(2000)]
    text = write(tmp_path, tasks, [body] * 2000, [body.replace("BAD", "")] * 2000)
    assert len(text.encode()) < 5_000_000
    found = data(text)
    assert (len(found["pairs"]) == 2000) == all_fit
    if not all_fit:
        shown = len(found["pairs"])
        assert shown > 100
        assert f"{shown} of 2000 pairs of programs, drawn at random" in text


def test_every_sample_is_in_first_samples_first() -> None:
    tasks = [task("A"), task("B")]
    reports = [
        score_completions(tasks, [["x;", "BAD;"], ["y;"]], toolchains={"java": FakeToolchain()}),
        score_completions(tasks, [["z;"], ["w;", "v;"]], toolchains={"java": FakeToolchain()}),
    ]
    found = browsed(tasks, *reports, budget=1_000_000)
    content = json.loads(found.json)
    ids = [content["tasks"][place]["id"] for place, *_ in content["pairs"]]
    samples = [sample for _, sample, *_ in content["pairs"]]
    assert samples == [0, 0, 1, 1]
    assert ids[:2] == ids[2:]
    assert (found.tasks, found.pairs, found.known) == (2, 4, 4)
    states = {
        (ids[i], s): (b["state"], a["state"]) for i, (_, s, b, a) in enumerate(content["pairs"])
    }
    assert states["A", 1] == ("rejected", "absent")
    assert states["B", 1] == ("absent", "passed")


def error(start: int, end: int, severity: str = "error") -> dict[str, object]:
    return {"severity": severity, "start": start, "end": end, "message": "m", "line": 1}


@pytest.mark.parametrize(
    ("diagnostics", "expected"),
    [
        ([], "ab<d"),
        ([error(11, 12)], "a[b]<d"),
        ([error(12, 14)], "ab[<d]"),
        ([error(12, 12)], "ab[<]d"),
        ([error(14, 14)], "ab<[d]"),
        ([error(13, 900)], "ab<[d]"),
        ([error(2, 5)], "ab<d"),
        ([error(-1, -1)], "ab<d"),
        ([error(10, 12), error(11, 13)], "[ab][<]d"),
        ([error(11, 12, "warning")], "ab<d"),
    ],
)
def test_underline(diagnostics: list[dict[str, object]], expected: str) -> None:
    assert marked(pieces("ab<d", 10, diagnostics)) == expected


def marked(found: list[Any]) -> str:
    return "".join(piece if isinstance(piece, str) else f"[{piece[0]}]" for piece in found)


@given(
    st.text(alphabet="a<&\n\x00", max_size=12),
    st.lists(st.tuples(st.integers(-1, 30), st.integers(-1, 30)), max_size=6),
)
def test_underlining_loses_nothing(text: str, spans: list[tuple[int, int]]) -> None:
    found = pieces(text, 5, [error(start, end) for start, end in spans])
    whole = "".join(piece if isinstance(piece, str) else piece[0] for piece in found)
    assert whole == text.replace("\x00", "\ufffd")
    assert all(piece if isinstance(piece, str) else piece[0] for piece in found)


def test_underline_of_empty_text() -> None:
    assert pieces("", 10, [error(10, 10)]) == []


def test_safe_keeps_the_number_of_characters() -> None:
    text = "a\tb\nc\x1b\u200f\u2066\udc80\ufeff"
    assert len(safe(text)) == len(text)
    assert safe(text).startswith("a\tb\nc\ufffd")


def test_curves_skip_what_is_missing_or_not_finite() -> None:
    assert curves([]) == ""
    assert curves([{"step": 0, "reward": None}, {"step": 1, "reward": math.nan}]) == ""
    one = curves([{"step": 3, "similarity": 0.25}])
    assert "Comparator score" in one
    many = curves([{"step": i, "reward": float(i)} for i in range(5000)])
    assert many.count("step ") < 410
    assert many.split(' points="')[1].count(",") < 410
    assert "4999" in many


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.5, 1]),
        (0.52, 0.71, [0.55, 0.6, 0.65, 0.7]),
        (-0.3, 0.3, [-0.2, 0, 0.2]),
        (2, 2, [2]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_running_means() -> None:
    assert running_mean([1, 2, 6, 3], 3) == [1.5, 3, 11 / 3, 4.5]
    assert running_mean([1, 2], 1) == [1, 2]


def test_facts_of_a_run() -> None:
    config = {"model": "m", "reward": "rlcf", "comparator": "c", "comparator_weight": 0.3}
    facts = run_facts(
        config | {"steps": 9}, {"commit": "0" * 40}, [{"step": 4, "seconds/step": 70}]
    )
    assert facts == {
        "Model": "m",
        "Reward": "compiler and comparator (c, weight 0.3)",
        "Steps": "4 of 9",
        "Time in training": "70 s",
        "Commit": "0" * 12,
    }
    assert run_facts({}, {}, []) == {}
    assert run_facts({"reward": "rlcf", "comparator": "none"}, {}, [])["Reward"] == "compiler only"
