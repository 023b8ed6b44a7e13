"""ECMAScript modules: judged and run as node has them, together with their tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlcf.languages import Compiler, Job, Limits, Outcome, Toolchain, Verdict
from rlcf.languages.registry import load

LIMITS = Limits(wall_seconds=15.0, cpu_seconds=3.0)
PROGRAMS = {
    "import": "import { sep } from 'node:path';\nconsole.log(sep.length);\n",
    "export": "export function twice(x) {\n  return 2 * x;\n}\n",
    "export default": "export default 3;\n",
    "await": "const n = await Promise.resolve(3);\nconsole.log(n);\n",
    "for await": "for await (const x of [1]) { console.log(x); }\n",
    "import.meta": "console.log(import.meta.url.length);\n",
    "own require": "const require = 1;\nconsole.log(require);\n",
    "dynamic import": "import('node:fs').then((fs) => console.log(typeof fs.readFileSync));\n",
    "hashbang": "#!/usr/bin/env node\nimport 'node:fs';\n",
    "CommonJS": "const { sep } = require('node:path');\nmodule.exports = sep;\n",
    "sloppy": "with ({ a: 1 }) { console.log(a); }\n",
    "return": "return;\n",
    "broken module": "import assert from 'node:assert';\nassert.equal(1 + , 2);\n",
    "broken": "const a = ;\n",
    "return in a module": "export {};\nreturn;\n",
    "sloppy in a module": "export {};\nwith ({ a: 1 }) { console.log(a); }\n",
    "await and return": "await 1;\nreturn;\n",
    "await in a function": "function f() { await 1; }\n",
    "two defaults": "export default 1;\nexport default 2;\n",
}


@pytest.fixture(scope="module")
def compiler() -> Iterator[Compiler]:
    """One for all: its worker is warm."""
    if missing := load("javascript")().missing():
        pytest.skip(missing)
    if sys.platform != "linux":
        pytest.skip("the jail is Linux only")
    made = Toolchain("javascript", seats=1)
    yield made
    made.close()


@pytest.mark.parametrize("name", PROGRAMS)
def test_verdicts_are_nodes(name: str, compiler: Compiler, tmp_path: Path) -> None:
    """Accepted is what `node program.js` runs."""
    file = tmp_path / "program.js"
    file.write_text(PROGRAMS[name], encoding="utf-8")
    node = shutil.which("node") or "nodejs"
    ran = subprocess.run([node, str(file)], capture_output=True, timeout=60, check=False)
    (result,) = compiler.check([PROGRAMS[name]])
    expected = Verdict.ACCEPTED if ran.returncode == 0 else Verdict.REJECTED
    if name == "own require" and ran.returncode:
        pytest.skip("this node does not take it for a module")
    assert result.verdict is expected, ran.stderr


def test_errors_of_a_module_have_their_place(compiler: Compiler) -> None:
    program = PROGRAMS["broken module"]
    (result,) = compiler.check([program])
    first = result.errors[0]
    assert first.line == 2
    assert program[first.start : first.end] == ","


RUNS = {
    "import": ("export const twice = (x) => 2 * x;\n", "import assert from 'assert';\n"),
    "named": ("export const twice = (x) => 2 * x;\n", "import { equal } from 'node:assert';\n"),
    "tests alone": ("const twice = (x) => 2 * x;\n", "import assert from 'assert';\n"),
    "await": ("const twice = async (x) => 2 * await x;\n", "export {};\n"),
    "library": ("import _ from 'lodash';\nconst twice = (x) => _.sum([x, x]);\n", ""),
}


@pytest.mark.parametrize("name", RUNS)
def test_modules_run_with_their_tests(name: str) -> None:
    """In one module; wrong ones fail."""
    if missing := load("javascript")().missing():
        pytest.skip(missing)
    program, head = RUNS[name]
    if name == "library":
        from rlcf.languages.javascript import node_folder

        if not Path(node_folder(), "node_modules", "lodash").is_dir():
            pytest.skip("lodash is not installed")
    tests = f"{head}if (await twice(4) !== 8) throw new Error('they are not equal');\n"
    wrong = program.replace("2 *", "3 *").replace("[x, x]", "[x, x, x]")
    runner = Toolchain("javascript", seats=1)
    found = runner.run([Job(program, tests), Job(wrong, tests)], LIMITS)
    runner.close()
    assert [r.outcome for r in found] == [Outcome.PASSED, Outcome.FAILED], found


def test_typescript_modules() -> None:
    """`await` at the top level and `import.meta`, as with `--module es2022`."""
    if missing := load("typescript")().missing():
        pytest.skip(missing)
    program = "const twice = async (x: number): Promise<number> => 2 * x;\n"
    tests = "import * as assert from 'assert';\nassert.equal(await twice(4), 8);\n"
    made = Toolchain("typescript", seats=1)
    texts = [program + tests, "export const here: string = import.meta.url;\n", "await 1 +;\n"]
    verdicts = [result.verdict for result in made.check(texts)]
    made.close()
    assert verdicts == [Verdict.ACCEPTED, Verdict.ACCEPTED, Verdict.REJECTED]
    runner = Toolchain("typescript", seats=1)
    jobs = [Job(program, tests), Job(program.replace("2 *", "3 *"), tests)]
    found = [result.outcome for result in runner.run(jobs, LIMITS)]
    runner.close()
    assert found == [Outcome.PASSED, Outcome.FAILED]
