"""The page of a training run in a real browser: tooltips, addresses, downloads, programs."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import runs
from eval_fakes import FakeToolchain, task
from headless import PHONE, SIZES, THEMES, WIDE, Browser, browser
from rlcf.cli import main
from rlcf.evaluation import score_completions
from rlcf.tasks import write_tasks

pytestmark = pytest.mark.xdist_group("browser")

STEPS = 30
SLIDER = "#training + .curves figure:first-child svg"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run with measurements."""
    run = runs.make_run(tmp_path_factory.mktemp("runs") / "run", STEPS)
    tasks = [task(f"T{i}") for i in range(50)]
    write_tasks(run / "tasks.jsonl", tasks)
    tools: dict[str, Any] = {
        "toolchains": {"java": FakeToolchain()},
    }
    for name, texts in (("before", ["BAD", "x;"] * 25), ("after", ["x;"] * 50)):
        score_completions(tasks, [[t] for t in texts], **tools).save(run / f"{name}.json")
    assert main(["report", str(run), "--tasks", str(run / "tasks.jsonl")]) == 0
    return str(run / "report.html")


@pytest.fixture
def report(chromium: Browser, page: str) -> Browser:
    chromium.show(page)
    unpacked(chromium)
    return chromium


def unpacked(page: Browser, words: str = "programs of step") -> None:
    page.wait_for(f"document.getElementById('rollout-shown').textContent.includes('{words}')")


def address(page: Browser) -> str:
    return str(page.js("return location.search"))


def choose(page: Browser, box: str, value: str) -> None:
    page.js(
        "const box = document.getElementById(arguments[0]); box.value = arguments[1];"
        "box.dispatchEvent(new Event('change', {bubbles: true}));",
        box,
        value,
    )


def tip(page: Browser) -> str:
    """What is shown beside the first curve; empty if nothing is."""
    return "".join(e.text for e in page.all(".tip"))


@SIZES
@THEMES
def test_no_barriers(chromium: Browser, page: str, size: tuple[int, int], theme: str) -> None:
    chromium.show(page, size, theme)
    unpacked(chromium)
    chromium.one(".steps > summary").click()
    chromium.all("#rollout-list summary")[0].click()
    chromium.wait_for("document.querySelector('#rollout-list .panes')")
    chromium.js("arguments[0].focus()", chromium.one(SLIDER))
    assert tip(chromium) != ""
    assert chromium.barriers() == []
    assert chromium.overflow() <= 0
    assert chromium.complaints() == []
    assert chromium.fetched() == []


def test_the_keyboard_reads_a_curve(report: Browser) -> None:
    from selenium.webdriver.common.keys import Keys

    curve = report.one(SLIDER)
    assert curve.aria_role == "slider"
    assert "Compile rate" in curve.accessible_name
    assert tip(report) == ""
    report.js("arguments[0].focus()", curve)
    assert tip(report) == "step 30: 0.5, mean 0.5"
    for key, expected in (
        (Keys.ARROW_RIGHT, "step 30"),
        (Keys.ARROW_LEFT, "step 29"),
        (Keys.PAGE_DOWN, "step 19"),
        (Keys.HOME, "step 1:"),
        (Keys.ARROW_RIGHT, "step 2:"),
        (Keys.END, "step 30"),
    ):
        report.press(key)
        assert tip(report).startswith(expected)
        assert curve.get_attribute("aria-valuetext") == tip(report)
    report.press(Keys.ESCAPE)
    assert tip(report) == ""
    report.press(Keys.ARROW_LEFT)
    assert tip(report).startswith("step 29")
    report.js("arguments[0].blur()", curve)
    assert tip(report) == ""


@pytest.mark.parametrize("size", [PHONE, WIDE])
def test_the_pointer_reads_a_curve(chromium: Browser, page: str, size: tuple[int, int]) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    chromium.show(page, size)
    curve = chromium.one(SLIDER)
    chromium.js("arguments[0].scrollIntoView({block: 'center'})", curve)
    half = curve.size["width"] / 2
    seen = []
    for share in (-0.6, 0.0, 0.9):
        ActionChains(chromium.driver).move_to_element_with_offset(
            curve, round(share * half), 0
        ).perform()
        seen.append(int(tip(chromium).split(":")[0].removeprefix("step ")))
        inside = chromium.js(
            "const tip = document.querySelector('.tip.on').getBoundingClientRect();"
            "return tip.left >= 0 && tip.right <= window.innerWidth"
        )
        assert inside
    assert seen[0] < seen[1] < seen[2]
    assert seen[1] in range(12, 17)
    ActionChains(chromium.driver).move_to_element(chromium.one("#training")).perform()
    assert tip(chromium) == ""


def test_filters_are_in_the_address(report: Browser, page: str) -> None:
    assert address(report) == ""
    (button,) = [b for b in report.all("#changes button") if b.text.startswith("Now compiles")]
    button.click()
    choose(report, "f-order", "task")
    choose(report, "r-step", "7")
    choose(report, "r-verdict", "rejected")
    sent = address(report)
    assert sent == "?change=now-compiles&order=task&step=7&verdict=rejected"
    report.show("about:blank")
    report.driver.get(Path(page).as_uri() + sent)  # as another reader would
    unpacked(report)
    assert report.one("#shown").text == "25 of 50 pairs match"
    assert report.one("#rollout-shown").text == "1 of 3 programs of step 7 match"
    assert report.all("#list summary .id")[0].text == "T0"
    assert report.one("#changes [aria-pressed=true]").text == "Now compiles (25)"
    report.one("#clear").click()
    assert address(report) == "?step=7&verdict=rejected"


def test_back_and_forward_undo_and_redo_filters(report: Browser) -> None:
    choose(report, "f-after", "passed")
    choose(report, "f-before", "rejected")
    report.js("location.hash = 'guards'")
    assert report.one("#shown").text.startswith("25 of 50")
    report.driver.back()
    assert address(report) == "?before=rejected&after=passed"
    report.driver.back()
    report.wait_for("document.getElementById('shown').textContent.startsWith('50 of 50')")
    assert address(report) == "?after=passed"
    assert report.js("return document.getElementById('f-before').value") == ""
    report.driver.forward()
    report.wait_for("document.getElementById('shown').textContent.startsWith('25 of 50')")
    assert report.js("return document.getElementById('f-before').value") == "rejected"


def test_typing_is_one_step_back(report: Browser) -> None:
    box = report.one("#f-text")
    for part, count in (("T1", 11), ("2", 1)):
        box.send_keys(part)
        report.wait_for(f"document.getElementById('shown').textContent.startsWith('{count} of')")
    assert address(report) == "?text=T12"
    report.driver.back()
    report.wait_for("document.getElementById('shown').textContent.startsWith('50 of')")
    assert address(report) == ""
    assert box.get_attribute("value") == ""


def test_an_address_with_what_is_not_there_shows_all(chromium: Browser, page: str) -> None:
    chromium.show(page)
    chromium.driver.get(Path(page).as_uri() + "?step=99&change=no&before=<b>&sort=x&other=1")
    unpacked(chromium, f"of step {STEPS}")
    assert chromium.one("#shown").text.startswith("50 of 50")
    assert chromium.one("#changes [aria-pressed=true]").text.startswith("All")
    choose(chromium, "f-order", "task")
    assert address(chromium) == "?other=1&order=task"


def test_the_programs_of_any_step(report: Browser) -> None:
    assert report.one("#rollout-shown").text == "3 of 3 programs of step 30 match"
    for button, step in (("r-later", 30), ("r-earlier", 29), ("r-earlier", 28)):
        report.one(f"#{button}").click()
        unpacked(report, f"of step {step}")
    report.all("#rollout-list summary")[0].click()
    report.wait_for("document.querySelector('#rollout-list .panes')")
    mark = report.one("#rollout-list mark")
    assert (mark.text, mark.get_attribute("title")) == ("BAD", "bad <b>word</b>")
    row = report.js("return arguments[0].closest('.row').dataset.line", mark)
    assert row == "3", "the prompt has one line"
    assert "int n = 28;" in report.one("#rollout-list .pane:nth-child(2) pre").text
    assert report.one("#rollout-list .messages").text == "line 3: bad <b>word</b>"


def test_the_programs_of_a_step_are_filtered_and_ordered(report: Browser) -> None:
    def states() -> list[str]:
        return [e.text for e in report.all("#rollout-list summary .badge")]

    assert states() == ["rejected", "accepted", "unscored"]
    choose(report, "r-order", "best")
    report.wait_for(
        "document.querySelector('#rollout-list summary .badge').textContent === 'accepted'"
    )
    assert states() == ["accepted", "rejected", "unscored"]
    choose(report, "r-class", "syntax")
    unpacked(report, "1 of 3")
    assert states() == ["rejected"]
    choose(report, "r-class", "")
    report.one("#r-text").send_keys("LOST")
    unpacked(report, "1 of 3")
    report.wait_for(
        "document.querySelector('#rollout-list summary .badge').textContent === 'unscored'"
    )


def test_tables_are_saved(report: Browser, tmp_path: Path) -> None:
    report.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    for link in report.all(".csv a"):
        report.js("arguments[0].click()", link)
        wanted = tmp_path / str(link.get_attribute("download"))
        for _ in range(200):
            if wanted.exists():
                break
            time.sleep(0.05)
        rows = list(csv.reader(wanted.read_text(encoding="utf-8").splitlines()))
        assert len(rows) > 5
        assert len({len(row) for row in rows}) == 1
    assert {file.name for file in tmp_path.iterdir()} == {"measures.csv", "steps.csv"}
