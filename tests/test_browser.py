"""The report and the comparison in a real browser: filters, keyboard, access, hostile programs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import eval_fakes
from eval_fakes import FakeToolchain
from headless import PHONE, SIZES, THEMES, Browser, browser
from rlcf.cli import main
from rlcf.evaluation import Measured, Run, ScoreReport, score_completions, write_report
from rlcf.tasks import Task, write_tasks

pytestmark = pytest.mark.xdist_group("browser")

HOSTILE = "</script></pre><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>"
BODY = '    // add \u00fcp \U0001f600\n    int n = 12;\n    BAD;\n    return "a<b" + n;\n}\n'
METRICS = [
    {"step": i, "compile_rate": 0.5 + i / 100, "kl": i / 1000, "reward": i / 50, "length_ratio": 1}
    for i in range(1, 31)
]
SETTINGS = {"config": {"model": "m", "lr": 1e-4}, "environment": {"python": "3"}}

OPENED = {"report": 5, "compare": 7}
"""One is open from the start; of six more the report's settings and its steps are two."""


def made_up(count: int) -> tuple[list[Task], list[str], list[str]]:
    """Tasks with programs before and after: a third each mended, broken and passing."""
    tasks = [eval_fakes.task(f"T{i}") for i in range(count)]
    good = BODY.replace("BAD;", "n++;")
    before = [BODY if i % 3 == 0 else good for i in range(count)]
    after = [BODY if i % 3 == 1 else good for i in range(count)]
    after[0] = good.replace("n++;", "/* RUN=failed */")
    after[1] = BODY.replace("BAD;", f"BAD {HOSTILE}")
    return tasks, before, after


def score(tasks: list[Task], completions: list[str]) -> ScoreReport:
    return score_completions(
        tasks,
        [[text] for text in completions],
        toolchains={"java": FakeToolchain()},
    )


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("pages")
    tasks, before, after = made_up(60)
    reports = score(tasks, before), score(tasks, after)
    write_report(
        folder / "report.html",
        title="A run",
        facts={"Model": "m", "Trained on": "tasks"},
        measured=Measured(*reports, tasks),
        run=Run(METRICS, {}, SETTINGS),
    )
    for name, report in zip(("base", "mine"), reports, strict=True):
        report.save(folder / f"{name}.json")
    write_tasks(folder / "tasks.jsonl", tasks)
    files = [str(folder / name) for name in ("base.json", "mine.json")]
    html = ["--tasks", str(folder / "tasks.jsonl"), "--html", str(folder / "compare.html")]
    assert main(["compare", *files, *html]) == 0
    return {name: str(folder / f"{name}.html") for name in ("report", "compare")}


@pytest.fixture
def report(chromium: Browser, pages: dict[str, str]) -> Browser:
    chromium.show(pages["report"])
    return chromium


def listed(page: Browser) -> list[str]:
    return [e.text for e in page.all("#list summary .id")]


def matching(page: Browser) -> int:
    found = re.match(r"(\d+) of 60 pairs match", page.one("#shown").text)
    assert found, page.one("#shown").text
    return int(found[1])


def choose(page: Browser, box: str, value: str) -> None:
    page.js(
        "const box = document.getElementById(arguments[0]); box.value = arguments[1];"
        "if (box.value !== arguments[1]) { throw new Error('no such option'); }"
        "box.dispatchEvent(new Event('change', {bubbles: true}));",
        box,
        value,
    )


@SIZES
@THEMES
@pytest.mark.parametrize("name", ["report", "compare"])
def test_no_barriers(
    chromium: Browser, pages: dict[str, str], name: str, size: tuple[int, int], theme: str
) -> None:
    chromium.show(pages[name], size, theme)
    for summary in chromium.all("details:not([open]) > summary")[:6]:
        summary.click()
    opened = "#list > details[open]"
    chromium.wait_for(f"document.querySelectorAll('{opened} > .panes').length === {OPENED[name]}")
    assert chromium.barriers() == []
    assert chromium.overflow() <= 0
    assert chromium.complaints() == []
    assert chromium.fetched() == []


def test_changes_are_filtered_by_click(report: Browser) -> None:
    assert matching(report) == 60
    for words, count in (("Now compiles", 20), ("No longer compiles", 20), ("All", 60)):
        (button,) = [b for b in report.all("#changes button") if b.text.startswith(words)]
        assert button.text == f"{words} ({count})"
        button.click()
        assert matching(report) == count
        assert button.get_attribute("aria-pressed") == "true"
        assert len(report.all("#changes [aria-pressed=true]")) == 1
    (button,) = [b for b in report.all("#changes button") if b.text == "Now passes (19)"]
    button.click()
    for head in report.all("#list summary"):
        assert [b.text for b in head.find_elements("css selector", ".badge")] == [
            "rejected",
            "passed",
        ]


def test_boxes_filter_and_clear(report: Browser) -> None:
    choose(report, "f-after", "failed")
    assert listed(report) == ["T0"]
    report.one("#clear").click()
    assert matching(report) == 60
    choose(report, "f-class", "syntax")
    assert matching(report) == 40
    choose(report, "f-before", "passed")
    assert matching(report) == 20
    report.one("#clear").click()
    choose(report, "f-order", "task")
    assert listed(report)[:3] == ["T0", "T1", "T2"]


def test_text_is_searched_as_it_is_typed(report: Browser) -> None:
    report.one("#f-text").send_keys("onERROR=")
    report.wait_for("document.querySelectorAll('#list > details').length === 1")
    assert listed(report) == ["T1"]
    assert matching(report) == 1


def test_more_are_listed_on_demand(report: Browser) -> None:
    assert len(listed(report)) == 40
    report.one("#more").click()
    assert len(listed(report)) == len(set(listed(report))) == 60
    assert report.all("#more") == []
    assert report.js("return document.activeElement.tagName") == "SUMMARY"


def test_errors_are_underlined_at_their_place(report: Browser) -> None:
    choose(report, "f-order", "task")
    report.one("#list > details:first-child > summary").click()
    report.wait_for("document.querySelector('#list > details:first-child .panes')")
    pane = "#list > details:first-child .pane:nth-child(3)"
    mark = report.one(f"{pane} mark")
    assert mark.text == "BAD"
    assert mark.get_attribute("title") == "bad <b>word</b>"
    row = report.js("return arguments[0].closest('.row')", mark)
    assert row.get_attribute("data-line") == "4", "the prompt has one line"
    assert [m.text for m in report.all(f"{pane} .messages li")] == ["line 4: bad <b>word</b>"]
    text = report.js(
        "return [...document.querySelectorAll(arguments[0])].map((r) => r.textContent).join('\\n')",
        f"{pane} .row",
    )
    assert text + "\n" == BODY, "no character is lost by cutting and colouring"
    kinds = {e.get_attribute("class") for e in report.all(f"{pane} pre span span")}
    assert kinds == {"comment", "word", "number", "text"}


def test_hostile_programs_stay_text(report: Browser) -> None:
    choose(report, "f-order", "task")
    report.js("document.querySelectorAll('#list > details').forEach((d) => { d.open = true; })")
    report.wait_for("document.querySelectorAll('.panes').length === 40")
    assert HOSTILE in report.js("return document.getElementById('list').textContent")
    assert report.js("return window.hacked") is None
    assert report.all("img") == []
    assert report.js("return document.scripts.length") == 2
    added = "const s = document.createElement('script'); s.textContent = 'window.hacked = 3';"
    report.js(f"{added} document.body.append(s);")
    assert report.js("return window.hacked") is None, "the page's own policy holds"
    assert any("Content Security Policy" in said for said in report.complaints())


def test_the_keyboard_is_enough(report: Browser) -> None:
    from selenium.webdriver.common.keys import Keys

    report.press(Keys.TAB)
    assert report.js("return document.activeElement.className") == "skip"
    report.js("document.querySelector('#list summary').focus()")
    opened = "return document.querySelector('#list details').open"
    assert report.js(opened) is True, "the first is open, so that one sees what there is"
    report.press(Keys.ENTER)
    assert report.js(opened) is False
    report.js("document.getElementById('theme').focus()")
    report.press(Keys.SPACE)
    assert report.js("return document.documentElement.dataset.theme") == "light"
    report.press(Keys.SPACE)
    assert report.one("#theme").text == "Theme: dark"
    dark = report.js("return getComputedStyle(document.body).backgroundColor")
    assert dark == "rgb(15, 19, 23)"
    assert report.barriers() == []
    report.press(Keys.SPACE)


def test_sides_have_the_names_of_the_files(chromium: Browser, pages: dict[str, str]) -> None:
    chromium.show(pages["compare"], PHONE)
    assert chromium.one("h1").text == "base and mine"
    heads = [h.text for h in chromium.all("#list .panes h3")]
    assert heads[2].startswith("base")
    assert heads[3].startswith("mine")


def test_a_page_of_2000_tasks_is_quick_to_use(chromium: Browser, tmp_path: Path) -> None:
    tasks, before, after = made_up(2000)
    page = tmp_path / "big.html"
    write_report(
        page,
        title="Many",
        facts={},
        measured=Measured(score(tasks, before), score(tasks, after), tasks),
    )
    chromium.show(str(page))
    assert chromium.one("#shown").text == "2000 of 2000 pairs match, 40 listed"
    choose(chromium, "f-after", "rejected")
    assert chromium.one("#shown").text == "667 of 2000 pairs match, 40 listed"
    assert chromium.js("return document.querySelectorAll('*').length") < 3000
    assert chromium.barriers() == []
