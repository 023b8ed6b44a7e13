"""Hooks of mkdocs: links out of docs/ keep working in the site, and no page is left out.

Files of the repository that pages link to (results, scripts, cards) are copied into the site; a
link to a file that does not exist fails a strict build. Pages that mkdocs.yml does not name are
listed under "Experiments", "Tables of results" or "More". Landmarks of the theme get names.
Formulas, which stand in the pages as GitHub reads them, become MathML: browsers need no script.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path, PurePosixPath
from typing import Any

_LINK = re.compile(r"(?<=\]\()(\.\./[^)#\s]+)")
_FOLDER = "repository"
_DISPLAY = re.compile(r"^\$\$\n(.+?)\n\$\$$", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"\$`(.+?)`\$", re.DOTALL)


def on_files(files: Any, config: Any) -> Any:
    """Add what pages link to outside docs/, and pages that the navigation lacks."""
    from mkdocs.structure.files import File

    root = Path(config["config_file_path"]).parent
    wanted: set[str] = set()
    for page in files.documentation_pages():
        for link in _LINK.findall(Path(page.abs_src_path).read_text(encoding="utf-8")):
            if path := _outside(page.src_uri, link):
                wanted.add(path)
    for path in sorted(wanted):
        if (root / path).is_file():
            copied = File.generated(config, _place(path), abs_src_path=str(root / path))
            files.append(copied)
    named = set(_named(config["nav"]))
    others = sorted(p.src_uri for p in files.documentation_pages() if p.src_uri not in named)
    headings = {"experiments": "Experiments", "results": "Tables of results", "": "More"}
    for folder, heading in headings.items():
        chosen = [name for name in others if posixpath.dirname(name) == folder]
        if chosen:
            config["nav"].append({heading: chosen})
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Point links out of docs/ at the copies."""
    depth = len(PurePosixPath(page.file.src_uri).parts) - 1

    def moved(found: re.Match[str]) -> str:
        path = _outside(page.file.src_uri, found[1])
        return found[1] if path is None else "../" * depth + _place(path)

    return _with_formulas(_LINK.sub(moved, markdown))


def _with_formulas(markdown: str) -> str:
    r"""`$$ ... $$` on lines of their own and $`...`$ as MathML."""
    try:
        from latex2mathml.converter import convert
    except ImportError:  # an environment from before it was asked for: pip install 'rlcf[docs]'
        return markdown

    def shown(found: re.Match[str], display: str) -> str:
        html: str = convert(found[1], display=display)
        return " ".join(html.split()).replace("*", "&#x2217;").replace("_", "&#x5F;")

    def block(found: re.Match[str]) -> str:
        return f'<div class="formula" tabindex="0">{shown(found, "block")}</div>'

    return _INLINE.sub(lambda found: shown(found, "inline"), _DISPLAY.sub(block, markdown))


def _outside(page: str, link: str) -> str | None:
    """Where in the repository a link of a page leads, or None if it stays inside docs/."""
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link))
    return None if path.startswith("docs/") else path


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Name what the theme leaves without a name of its own, for those who hear the page."""
    output = output.replace('role="dialog"', 'role="dialog" aria-label="Search"', 1)
    # The table of contents is there twice: for narrow screens and for wide ones.
    return output.replace('aria-label="Table of contents"', 'aria-label="On this page"', 1)


def _place(path: str) -> str:
    # A Markdown file would become a page whose own links lead nowhere.
    return f"{_FOLDER}/{path}" + (".txt" if path.endswith(".md") else "")


def _named(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    parts = nav.values() if isinstance(nav, dict) else nav
    return [name for part in parts for name in _named(part)]
