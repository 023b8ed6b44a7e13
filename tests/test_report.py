"""The report: complete, self-contained, and safe with hostile programs."""

from __future__ import annotations

import math
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval_fakes import FakeCompiler, FakeRunner, task
from rlcf.evaluation import ScoreReport, score_completions, write_report
from rlcf.evaluation.report_curves import curves
from rlcf.evaluation.report_programs import safe, underline
from rlcf.tasks import Task

HOSTILE = (
    "</pre><script>alert(1)</script><img src=x onerror=alert(2)>"
    " $title ${seed} \"'&\x00\u202e\ud800"
)


def score(tasks: list[Task], completions: list[str]) -> ScoreReport:
    return score_completions(
        tasks,
        [[text] for text in completions],
        compilers={"java": FakeCompiler()},
        runners={"java": FakeRunner()},
    )


class Page(HTMLParser):
    """Collects tags and checks that they nest."""

    VOID = frozenset({"meta", "circle", "path", "polyline", "br"})

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
        before=score(tasks, before),
        after=score(tasks, after),
        tasks=tasks,
        metrics=[{"step": i, "compile_rate": i / 10, "kl": 0.1} for i in range(10)],
    )
    return path.read_text(encoding="utf-8")


def test_report_holds_everything(tmp_path: Path) -> None:
    tasks = [task(f"T{i}") for i in range(12)]
    text = write(tmp_path, tasks, ["BAD;"] * 6 + ["x;"] * 6, ["return a + b;"] * 12)
    page = Page(text)
    assert page.count("details", class_="pair") == 5 + 12
    assert page.count("svg") == 2
    assert "A &lt;run&gt;" in text
    assert "m &amp; n" in text
    assert "50.0 %" in text
    assert "100.0 %" in text
    assert "+50.0 points" in text
    assert page.count("option") == 3 + 2 + 1 + 1, "any; rejected, passed; passed; syntax"
    assert page.count("mark") >= 6
    assert "$" not in re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    tasks = [Task(HOSTILE, "java", HOSTILE, HOSTILE, "T", HOSTILE, HOSTILE)]
    text = write(tmp_path, tasks, [f"BAD {HOSTILE}"], [HOSTILE])
    page = Page(text)
    assert page.count("script") == 1
    assert page.count("img") == 0
    assert "<b>word</b>" not in text, "the compiler's words are quoted too"
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert "\u202e" not in text
    assert "\x00" not in text
    assert "${seed}" in unescape(text)


def test_report_needs_no_network(tmp_path: Path) -> None:
    text = write(tmp_path, [task("A")], ["x;"], ["y;"])
    for tag, attributes in Page(text).tags:
        assert tag not in ("link", "iframe", "object", "embed")
        assert not {"src", "href", "srcset", "action"} & set(attributes)
    assert not re.search(r"https?:|@import|url\(", text)


def test_same_seed_same_page_and_only_first_200(tmp_path: Path) -> None:
    tasks = [task(f"T{i}") for i in range(230)]
    texts = [f"x{i};" for i in range(230)]
    first = write(tmp_path, tasks, texts, texts)
    assert write(tmp_path, tasks, texts, texts) == first
    assert Page(first).count("details", class_="pair") == 5 + 200
    assert "200 of 230 tasks, drawn at random" in first


def error(start: int, end: int, severity: str = "error") -> dict[str, object]:
    return {"severity": severity, "start": start, "end": end, "message": "m", "line": 1}


@pytest.mark.parametrize(
    ("diagnostics", "expected"),
    [
        ([], "ab&lt;d"),
        ([error(11, 12)], "a[b]&lt;d"),
        ([error(12, 14)], "ab[&lt;d]"),
        ([error(12, 12)], "ab[&lt;]d"),
        ([error(14, 14)], "ab&lt;[d]"),
        ([error(13, 900)], "ab&lt;[d]"),
        ([error(2, 5)], "ab&lt;d"),
        ([error(-1, -1)], "ab&lt;d"),
        ([error(10, 12), error(11, 13)], "[ab][&lt;]d"),
        ([error(11, 12, "warning")], "ab&lt;d"),
    ],
)
def test_underline(diagnostics: list[dict[str, object]], expected: str) -> None:
    html = underline("ab<d", 10, diagnostics)
    assert re.sub(r'<mark title="m">(.*?)</mark>', r"[\1]", html) == expected


@given(
    st.text(alphabet="a<&\n\x00", max_size=12),
    st.lists(st.tuples(st.integers(-1, 30), st.integers(-1, 30)), max_size=6),
)
def test_underline_only_adds_marks(text: str, spans: list[tuple[int, int]]) -> None:
    html = underline(text, 5, [error(start, end) for start, end in spans])
    assert re.sub(r"</?mark[^>]*>", "", html) == safe(text)
    assert "<mark" not in re.sub(r"<mark[^>]*>[^<]*</mark>", "", html), "marks do not nest"


def test_underline_of_empty_text() -> None:
    assert underline("", 10, [error(10, 10)]) == ""


def test_safe_keeps_the_number_of_characters() -> None:
    text = "a\tb\nc\x1b\u200f\u2066\udc80\ufeff"
    assert len(safe(text)) == len(text)
    assert safe(text).startswith("a\tb\nc\ufffd")


def test_curves_skip_what_is_missing_or_not_finite() -> None:
    assert curves([]) == ""
    assert curves([{"step": 0, "kl": None}, {"step": 1, "kl": math.nan}]) == ""
    one = curves([{"step": 3, "similarity": 0.25}])
    assert "Comparator score" in one
    many = curves([{"step": i, "kl": float(i)} for i in range(5000)])
    assert many.count(",") < 450
    assert "4999" in many
