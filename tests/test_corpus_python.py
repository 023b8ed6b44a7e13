"""A Python source tree becomes tasks: what comes along, what is left out, what is refused."""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import pytest

from rlcf.cli import main
from rlcf.corpus import Corpus, CorpusOptions, Judge, build
from rlcf.errors import UserError
from rlcf.languages import Verdict, check
from rlcf.languages.verdict import CompileResult
from rlcf.tasks import read_tasks

SHAPES = '''\
# SPDX-License-Identifier: MIT
"""Shapes."""
from __future__ import annotations

import math
import os.path
from collections import OrderedDict as Ordered, deque
from .helpers import HALF, twice as double
from . import helpers
import numpy as np

TABLE = {}
for _name in ("a", "b"):
    TABLE[_name] = len(TABLE)
TABLE.update(c=3)
UNUSED = 1


def half(x):
    """Half of it."""
    # a comment
    return HALF * x


def triangle(base: float, height: "Ordered") -> float:
    """
    Area of a triangle.

    >>> triangle(1, 2)
    """

    # half of the
    return half(base) * math.pi + TABLE["a"]


def local(TABLE, math):
    """Takes names of the module as its own."""
    return [TABLE + half for half in math]


def doubled(x):
    """Twice of it and more."""
    return double(x) + 1000000


def remote(x):
    """Uses a whole module."""
    return helpers.twice(x) + 1000


def numeric(x):
    """Uses a package."""
    return np.zeros(x).sum() + 1000


def missing(x):
    """Uses what nobody has."""
    return undefined_name(x) + 1000


def undocumented(x):
    return x + 1 + 2 + 3 + 4 + 5 + 6 + 7


def abstract(x):
    """To be done."""
    raise NotImplementedError("abstract")


class Base:
    """The base."""

    scale = 2

    def area(self):
        """Its area, in square units."""
        raise NotImplementedError


class Square(Base):
    """A square."""

    unit = "cm"
    kinds = ("a", "b")

    def __init__(self, side):
        """Take the side."""
        self.side = side

    @property
    def name(self):
        return f"square in {self.unit}"

    def unused(self):
        return 0

    def area(self):
        """Its area, in square units."""
        return self.side * self.side * self.scale

    def label(self, prefix=kinds):
        """What it is called."""
        return f"{prefix} {self.name} of Square {Square.unit}"

    @staticmethod
    def of(side):
        """Make one with that side."""
        return Square(side) if side else Square(0)
'''
HELPERS = '''\
HALF = 0.5


def twice(x):
    """Two times."""
    return 2 * x
'''


def tree(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / (name.replace("_in_", "/").replace("init", "__init__") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def only_check(programs: object) -> list[CompileResult]:
    return check(programs, "python")  # type: ignore[arg-type]


def made(root: Path, **options: object) -> Corpus:
    return build(root, CorpusOptions(language="python", **options), only_check)  # type: ignore[arg-type]


def programs(corpus: Corpus) -> dict[str, str]:
    return {
        t.candidate.name.partition(".shapes.")[2]: t.program.prompt + "<>" + t.program.reference
        for t in corpus.tasks
    }


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    root = tmp_path_factory.mktemp("tree")
    return made(tree(root, pkg_in_shapes=SHAPES, pkg_in_helpers=HELPERS, pkg_in_init=""))


def test_documented_functions_that_stand_alone_become_tasks(shapes: Corpus) -> None:
    wanted = {"half", "triangle", "local", "doubled", "Square.area", "Square.label", "Square.of"}
    assert set(programs(shapes)) == wanted
    assert shapes.dropped == {
        "body too short": 3,
        "no description": 2,
        "body does nothing": 2,
        "uses a whole module of the tree": 1,
        "imports what is not in the standard library": 1,
        "rejected: unresolved_name": 1,
    }
    assert shapes.methods == len(shapes.tasks) + sum(shapes.dropped.values())


def test_every_reference_is_accepted_and_is_the_function(shapes: Corpus) -> None:
    found = [t.program.prompt + t.program.reference for t in shapes.tasks]
    assert {r.verdict for r in check(found, "python")} == {Verdict.ACCEPTED}
    originals = {
        node.name: ast.dump(node)
        for node in ast.walk(ast.parse(SHAPES))
        if isinstance(node, ast.FunctionDef)
    }
    for task, program in zip(shapes.tasks, found, strict=True):
        last = [n for n in ast.walk(ast.parse(program)) if isinstance(n, ast.FunctionDef)]
        same = [n for n in last if n.name == task.candidate.entry_point]
        assert ast.dump(same[-1]) == originals[task.candidate.entry_point]


def test_the_prompt_has_what_the_function_needs_and_no_more(shapes: Corpus) -> None:
    assert (
        programs(shapes)["triangle"]
        == '''\
from __future__ import annotations
import math
from collections import OrderedDict as Ordered


HALF = 0.5
TABLE = {}
for _name in ("a", "b"):
    TABLE[_name] = len(TABLE)
TABLE.update(c=3)


def half(x):
    # a comment
    return HALF * x


def triangle(base: float, height: "Ordered") -> float:
    """
    Area of a triangle.

    >>> triangle(1, 2)
    """
<>    # half of the
    return half(base) * math.pi + TABLE["a"]
'''
    )


def test_local_names_are_not_taken_for_global_ones(shapes: Corpus) -> None:
    program = programs(shapes)["local"]
    assert "TABLE = {}" not in program
    assert "import math" not in program


def test_other_files_and_other_names_come_along(shapes: Corpus) -> None:
    program = programs(shapes)["doubled"]
    assert "def twice(x):\n    return 2 * x\n" in program
    assert program.index("double = twice") < program.index("def doubled")


def test_of_a_class_comes_what_the_method_reaches(shapes: Corpus) -> None:
    area, label = programs(shapes)["Square.area"], programs(shapes)["Square.label"]
    assert "class Base:\n    scale = 2\n" in area  # inherited, so in full
    assert "class Square(Base):\n    def __init__(self, side):\n        self.side = side\n" in area
    assert "unit" not in area.replace("square units", "")
    assert "def name(self)" in label
    assert 'kinds = ("a", "b")' in label  # a default is looked up in the class
    assert 'unit = "cm"' in label
    assert "unused" not in label
    assert "__init__" in programs(shapes)["Square.of"]


def test_packages_that_are_allowed_are_imported(tmp_path: Path) -> None:
    tree(tmp_path, pkg_in_shapes=SHAPES, pkg_in_helpers=HELPERS, pkg_in_init="")
    allowed = programs(made(tmp_path, packages=("numpy", "pkg")))
    assert allowed["numeric"].startswith("from __future__ import annotations\nimport numpy as np\n")
    assert "from pkg.helpers import twice as double\n" in allowed["doubled"]
    assert "from pkg import helpers\n" in allowed["remote"]


def test_options_narrow_the_choice(tmp_path: Path) -> None:
    tree(tmp_path, pkg_in_shapes=SHAPES, pkg_in_helpers=HELPERS, pkg_in_init="")
    assert set(programs(made(tmp_path, self_contained=True))) == {"local"}
    short = programs(made(tmp_path, comments="short"))["triangle"]
    assert '-> float:\n    """Area of a triangle."""\n<>' in short
    assert "undocumented" in programs(made(tmp_path, undocumented=True))
    assert made(tmp_path, licences=("GPL-3.0-or-later",)).tasks == []


def test_rows_say_where_they_come_from(shapes: Corpus) -> None:
    row = next(t.to_json() for t in shapes.tasks if t.candidate.entry_point == "triangle")
    assert row["task_id"] == "pkg.shapes.triangle"
    assert row["language"] == "python"
    assert row["description"] == "Area of a triangle."
    assert (row["source"], row["licence"]) == ("pkg/shapes.py:25", "MIT")


def test_copies_tests_and_broken_files_are_left_out(tmp_path: Path) -> None:
    text = 'def add(number):\n    """Adds %s."""\n    return number + 100000  # %s\n'
    tree(tmp_path, a=text % ("one", 1), b=text % ("1", 2), test_c=text % (3, 3), old="print 1\n")
    corpus = made(tmp_path)
    assert len(corpus.tasks) == 1
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert corpus.dropped == {
        "copy of another": 1,
        "file is test code": 1,
        f"file does not parse as Python {here}": 1,
    }
    assert corpus.methods == 2
    assert len(made(tmp_path, test_code=True).tasks) == 1


def test_names_of_two_files_must_not_disagree(tmp_path: Path) -> None:
    head = "from other import f\nLIMIT = 1\n"
    use = head + 'def g(x):\n    """Doc."""\n    return f(x) + LIMIT + 100\n'
    tree(tmp_path, a=use, other="LIMIT = 2\ndef f(x):\n    return LIMIT + x\n")
    assert made(tmp_path).dropped["one name means two things"] == 1


def test_what_raises_before_anything_is_called_is_left_out(tmp_path: Path) -> None:
    from rlcf.sandbox.isolation import serving_isolation

    if not serving_isolation().contained:
        pytest.skip("this host offers no file isolation")
    source = '''\
import functools

@functools.total_ordering
class Pair:
    def close(self, other):
        """Whether the other is near."""
        return abs(self - other) < 0.001
'''
    tree(tmp_path, a=source, b='def g(x):\n    """Doc."""\n    return x + 10000000000000\n')
    options = CorpusOptions(language="python")
    judge = Judge(options)
    try:
        corpus = build(tmp_path, options, judge)
    finally:
        judge.close()
    assert corpus.dropped == {"does not load": 1}
    assert len(made(tmp_path).tasks) == 2  # the checker alone knows nothing of it


def test_what_needs_packages_is_not_run(tmp_path: Path) -> None:
    """The sandbox has none of them."""
    body = 'import numpy\n\ndef g(x):\n    """Doc."""\n    return numpy.zeros(x) + 1000000\n'
    options = CorpusOptions(language="python", packages=("numpy",))
    judge = Judge(options)
    try:
        corpus = build(tree(tmp_path, a=body), options, judge)
    finally:
        judge.close()
    assert len(corpus.tasks) == 1


def test_the_command_writes_tasks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tree(tmp_path / "src", pkg_in_shapes=SHAPES, pkg_in_helpers=HELPERS, pkg_in_init="")
    out = tmp_path / "tasks.jsonl"
    assert main(["corpus", "build", str(root), "--language", "python", "-o", str(out)]) == 0
    assert capsys.readouterr().out.startswith("7 tasks (")
    assert {t.language for t in read_tasks(out)} == {"python"}
    assert json.loads((tmp_path / "tasks.report.json").read_text())["licences"] == {"MIT": 7}
    with pytest.raises(UserError, match=r"class path entry x\.jar does not exist"):
        Judge(CorpusOptions(language="python", class_path=("x.jar",)))
