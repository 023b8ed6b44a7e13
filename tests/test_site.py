"""The documentation builds strictly, needs no network, and can be read by everybody."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from headless import PHONE, SIZES, THEMES, Browser, browser

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material", reason="no mkdocs-material: pip install 'rlcf[docs]'")
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", out]
    done = subprocess.run(list(map(str, command)), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


def test_every_page_is_there_and_in_the_navigation(site: Path) -> None:
    home = (site / "index.html").read_text(encoding="utf-8")
    for page in (ROOT / "docs").rglob("*.md"):
        name = page.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
        assert (site / name).exists()
        assert f'href="{name}"' in home or name == "index.html"


def test_nothing_is_fetched_from_a_network(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.search(r'(src|srcset)="?https?:', text), page
        assert not re.search(r"<link[^>]*href=\"?https?:[^>]*stylesheet", text), page
        assert not re.search(r"<link[^>]*stylesheet[^>]*href=\"?https?:", text), page


def test_formulas_are_shown_without_a_script(site: Path) -> None:
    pytest.importorskip("latex2mathml", reason="no latex2mathml: pip install 'rlcf[docs]'")
    text = (site / "method.html").read_text(encoding="utf-8")
    source = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    assert text.count("<math ") == source.count("$$\n") // 2 + source.count("$`")
    assert "\\frac" not in text
    assert "$" not in re.sub(r"<(script|code).*?</\1>", "", text, flags=re.DOTALL)


def test_links_out_of_the_docs_lead_to_copies(site: Path) -> None:
    text = (site / "corpus.html").read_text(encoding="utf-8")
    (target,) = set(re.findall(r'href="(repository/[^"]*corpus\.json)"', text))
    assert (site / target).read_bytes() == (ROOT / target[len("repository/") :]).read_bytes()


@SIZES
@THEMES
@pytest.mark.parametrize("page", ["index", "faq"])
def test_no_barriers(
    site: Path, chromium: Browser, page: str, size: tuple[int, int], theme: str
) -> None:
    chromium.show(str(site / f"{page}.html"), size, theme)
    assert all(name.startswith("file:") for name in chromium.fetched())
    assert chromium.complaints() == []
    assert chromium.overflow() <= 0
    assert chromium.barriers() == []


def test_the_search_finds_without_a_server(site: Path, chromium: Browser) -> None:
    chromium.show(str(site / "index.html"))
    chromium.one("input.md-search__input").click()
    chromium.one("input.md-search__input").send_keys("unscored")
    chromium.wait_for("document.querySelectorAll('.md-search-result__item').length > 1", 30)


def test_a_table_may_scroll_but_not_the_page(site: Path, chromium: Browser) -> None:
    for page in site.glob("*.html"):
        chromium.show(str(page), PHONE)
        assert chromium.overflow() <= 0, page.name
