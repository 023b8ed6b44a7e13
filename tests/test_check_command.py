"""`rlcf check` on what people have: folders, several languages, files that cannot be read."""

from __future__ import annotations

import io
import json
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import rlcf
from rlcf import cli
from rlcf.errors import UserError
from rlcf.inputs import read_bytes, read_text
from rlcf.languages import registry
from rlcf.languages.jvm.jdk import find_jdk
from rlcf.languages.registry import load

Capture = pytest.CaptureFixture[str]
GOOD, BAD = "x = 1\n", "x = y\n"
if sys.platform != "linux":
    pytest.skip("the jail is Linux only", allow_module_level=True)


@pytest.fixture
def javac() -> str:
    try:
        return find_jdk().javac
    except UserError as e:
        pytest.skip(str(e))


def verdicts(capsys: Capture, *argv: object) -> tuple[int, dict[str, str]]:
    """Exit code, and each file's verdict."""
    code = cli.main(["check", "--json", *map(str, argv)])
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return code, {row["file"]: row["verdict"] for row in rows}


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_each_file_is_judged_in_the_language_of_its_extension(
    tmp_path: Path, capsys: Capture, javac: str
) -> None:
    write(tmp_path, A_java="class A {}", b_py=GOOD, c_py=BAD)
    found = verdicts(capsys, *sorted(tmp_path.iterdir()))
    expected = {"A.java": "accepted", "b.py": "accepted", "c.py": "rejected"}
    assert found == (1, {str(tmp_path / name): word for name, word in expected.items()})


def test_a_language_that_is_given_holds_for_all(tmp_path: Path, capsys: Capture) -> None:
    write(tmp_path, a_txt=GOOD, b_java=GOOD)
    code, found = verdicts(capsys, "--language", "Python", *sorted(tmp_path.iterdir()))
    assert (code, set(found.values())) == (0, {"accepted"})


def test_folders_are_walked(tmp_path: Path, capsys: Capture) -> None:
    """In order, of known extensions; what tools keep in folders of their own is left out."""
    write(tmp_path, b_py=GOOD, a__c_py=BAD, notes_txt="", node__x_py=GOOD)
    for folder in (".git", "node_modules"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.py").write_text(GOOD)
    code, found = verdicts(capsys, tmp_path)
    assert code == 1
    assert list(found) == [str(tmp_path / p) for p in ("b.py", "a/c.py", "node/x.py")]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert cli.main(["check", str(empty)]) == 2
    assert f"{empty}: no source files in it" in capsys.readouterr().err
    assert cli.main(["check", "--language", "lua", str(tmp_path)]) == 2


def test_what_cannot_be_read_takes_no_verdicts_away(tmp_path: Path, capsys: Capture) -> None:
    write(tmp_path, good_py=GOOD, strange_xyz="", bad_py=BAD)
    (tmp_path / "latin.py").write_bytes(b"x = '\xe9'\n")
    names = ["absent.py", "good.py", "latin.py", "strange.xyz", "bad.py"]
    code = cli.main(["check", *(str(tmp_path / name) for name in names)])
    shown = capsys.readouterr()
    assert code == 2
    assert f"{tmp_path / 'bad.py'}:1:5: error: undefined name 'y'" in shown.out
    assert "1 accepted, 1 rejected, 3 unscored" in shown.out
    errors = shown.err.splitlines()
    assert len(errors) == 3
    for words in ("absent.py: cannot be read", "latin.py: not UTF-8", "xyz: its name tells no"):
        assert any(words in error for error in errors), errors
    assert verdicts(capsys, *(tmp_path / name for name in names))[1] == {
        str(tmp_path / "absent.py"): "unscored",
        str(tmp_path / "good.py"): "accepted",
        str(tmp_path / "latin.py"): "unscored",
        str(tmp_path / "strange.xyz"): "unscored",
        str(tmp_path / "bad.py"): "rejected",
    }


@pytest.mark.parametrize("letter", ["j", "t"])
def test_the_extension_says_what_kind_of_module_it_is(
    tmp_path: Path, capsys: Capture, letter: str
) -> None:
    """As node and tsc have it; a plain extension takes both."""
    language = load("javascript" if letter == "j" else "typescript")()
    if missing := language.missing():
        pytest.skip(missing)
    texts = {"wait": "await Promise.resolve(1);\nexport {};\n", "strict": "export {}; { x: 1 }\n"}
    common = {"plain": "const f = () => require('fs');\nmodule.exports = { f };\n"}
    if letter == "j":
        common["back"] = "return;\n"
        common["with"] = "with ({}) {}\n"
    for kind in ("", "m", "c"):
        for name, text in (texts | common).items():
            write(tmp_path, **{f"{name}_{kind}{letter}s": text})
    found = verdicts(capsys, tmp_path)[1]
    told = {Path(file).name: word for file, word in found.items()}
    assert {told[f"{name}.{letter}s"] for name in texts | common} == {"accepted"}
    assert told[f"wait.m{letter}s"] == "accepted"
    assert told[f"wait.c{letter}s"] == "rejected"
    assert told[f"plain.c{letter}s"] == "accepted"
    refused = {name for name in common if told[f"{name}.m{letter}s"] == "rejected"}
    assert refused == ({"back", "with"} if letter == "j" else set())


def test_an_absent_compiler_takes_no_verdicts_away(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, a_lua="x = 1", b_py=GOOD)
    monkeypatch.setenv("PATH", "/nowhere")
    code = cli.main(["check", str(tmp_path)])
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "1 accepted, 1 unscored\n")
    assert "a.lua: no verdict: Lua is not ready here" in shown.err
    assert cli.main(["check", str(tmp_path / "a.lua")]) == 2


def test_the_line_shown_is_the_compilers(tmp_path: Path, capsys: Capture) -> None:
    """Lone carriage returns and a byte order mark: the caret stands under the word."""
    path = tmp_path / "a.py"
    path.write_bytes("\ufefffirst = 1\rother = missing\rlast = 2\r".encode())
    assert cli.main(["check", str(path)]) == 1
    shown = capsys.readouterr().out
    assert f"{path}:2:9: error:" in shown
    assert f"\n  other = missing\n  {' ' * 8}^{'~' * 6}\n" in shown


def test_every_language_that_comes_with_rlcf_has_an_extension() -> None:
    assert set(registry._EXTENSIONS.values()) == {"java", *registry._BUILT_IN}
    assert registry.language_of(Path("x/Y.JAVA")) == "java"
    assert registry.language_of(Path("java")) is None


@pytest.mark.parametrize(
    "argv",
    [
        ["check", "/dev/zero"],
        ["check", "--language", "python", "/dev/zero"],
        ["check", "--language", "python", "PIPE"],
        ["check", "--language", "python", "HUGE"],
        ["generate", "--model", "embedded", "--language", "java", "--file", "/dev/zero"],
        ["tasks", "HUGE"],
        ["check", "--config", "/dev/zero", "x.py"],
        ["compare", "HUGE", "HUGE"],
    ],
)
def test_input_without_end_is_one_line(argv: list[str], tmp_path: Path) -> None:
    """With too little memory for more than is read; no command waits for an end."""
    huge = tmp_path / "huge.jsonl"
    with huge.open("wb") as file:
        file.truncate(1 << 40)  # sparse
    command = " ".join(argv).replace("HUGE", str(huge)).replace("PIPE", "/dev/stdin")
    done = subprocess.run(
        ["sh", "-c", f"yes | {sys.executable} -m rlcf {command}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (5 << 30, 5 << 30)),
    )
    assert done.returncode == 2, done
    assert done.stderr.count("\n") == 1, done.stderr
    assert "MiB" in done.stderr or "no language" in done.stderr


def test_pipes_are_read(tmp_path: Path, capsys: Capture) -> None:
    pipe = tmp_path / "pipe.py"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(BAD))
    writer.start()
    found = verdicts(capsys, pipe)
    writer.join(20)
    assert found == (1, {str(pipe): "rejected"})


def test_a_bound_is_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"a\r\nb")
    assert read_bytes(path, 4) == b"a\r\nb"
    with pytest.raises(UserError, match="too large"):
        read_bytes(path, 3)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a\r\n")))
    assert read_text(Path("-")) == "a\r\n"


def test_check_takes_any_iterable_and_a_class_path(tmp_path: Path, javac: str) -> None:
    (tmp_path / "Lib.java").write_text("package lib; public class Lib {}")
    subprocess.run([javac, "-d", str(tmp_path), str(tmp_path / "Lib.java")], check=True)
    needs = "class A { lib.Lib x; }"
    words = [
        str(r.verdict) for r in rlcf.check(iter([needs, "class B {}"]), class_path=[str(tmp_path)])
    ]
    assert words == ["accepted", "accepted"]
    assert [str(r.verdict) for r in rlcf.check({needs: 1}, "Java")] == ["rejected"]
    assert str(rlcf.check((needs,), class_path=str(tmp_path))[0].verdict) == "accepted"
    with pytest.raises(UserError, match="programs take none"):
        rlcf.check([GOOD], "lua", class_path=[str(tmp_path)])


@pytest.mark.parametrize("programs", ["x = 1", [b"x = 1"], [Path("a.py")], [None]])
def test_check_names_what_it_does_not_take(programs: Any) -> None:
    with pytest.raises(TypeError, match="check takes"):
        rlcf.check(programs, "python")


def test_java_files_of_one_call_see_each_other(tmp_path: Path, capsys: Capture, javac: str) -> None:
    """Packages, types beside public ones, equal names; an error of syntax hides no other file."""
    write(
        tmp_path,
        p__A_java="package p; public class A { q.A a; Beside b; }",
        q__A_java="package q; public class A { p.B b; }",
        p__B_java="package p; public class B { A a; } class Beside {}",
        p__C_java="package p; class C {\n  // é😀\n  A a = missing;\n}",
        p__D_java="package p; class D { int x = ; }",
    )
    code, found = verdicts(capsys, "--together", tmp_path)
    names = {Path(name).relative_to(tmp_path).as_posix(): word for name, word in found.items()}
    wrong = {"p/C.java", "p/D.java"}
    assert code == 1
    assert names == {
        f"{p}.java": "rejected" if f"{p}.java" in wrong else "accepted"
        for p in ("p/A", "p/B", "p/C", "p/D", "q/A")
    }
    assert cli.main(["check", "--together", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "C.java:3:9: error: cannot find symbol" in shown
    assert "    A a = missing;\n          ^~~~~~~" in shown
    assert verdicts(capsys, tmp_path / "p" / "A.java")[1] == {
        str(tmp_path / "p" / "A.java"): "rejected"
    }
    write(tmp_path, x_py=GOOD)
    assert cli.main(["check", "--together", str(tmp_path / "x.py")]) == 2
    assert "--together is for Java" in capsys.readouterr().err
