"""Outputs replace no input, no device and no link, and are tried before the work."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from rlcf.errors import UserError
from rlcf.outputs import Output, check, check_place, write

Link = Callable[[Path, Path], object]


def files(folder: Path) -> dict[Path, bytes | str]:
    """Everything below a folder, to see that it stayed."""
    return {
        path: os.readlink(path) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def refused(output: Output, message: str, *more: Output) -> None:
    before = files(output.path.parent)
    with pytest.raises(UserError, match=message):
        check([output, *more])
    assert files(output.path.parent) == before


def test_a_file_is_tried_and_nothing_stays(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    check([Output(out)])
    assert list(tmp_path.iterdir()) == []
    out.write_text("old")
    out.chmod(0o640)
    before = out.stat()
    check([Output(out)])
    assert (out.stat().st_mtime_ns, out.read_text()) == (before.st_mtime_ns, "old")
    write(out, "näw\n")
    assert out.read_bytes() == "näw\n".encode()
    assert stat.S_IMODE(out.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [out]


def test_a_place_that_does_not_serve_is_told_with_the_option(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path, words in (
        (tmp_path, "is a folder: name a file"),
        (tmp_path / "no" / "out", f"the folder {tmp_path / 'no'} does not exist"),
        (tmp_path / "file" / "out", r"cannot be written \(Not a directory\)|does not exist"),
        (tmp_path / ("x" * 300), r"cannot be written \(File name too long\)"),
        (Path("/proc/out"), "cannot be written"),
        (loop, "cannot be written"),
    ):
        with pytest.raises(UserError, match=rf"^--json {path}:? {words}"):
            check([Output(path, "--json")])
    assert sorted(tmp_path.iterdir()) == [tmp_path / "file", loop]


@pytest.mark.parametrize("kind", ["new", "made"])
def test_what_must_be_new_is_never_replaced(kind: str, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("mine")
    refused(Output(there, kind=kind), f"{there} exists: choose another --out")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="choose another -o"):
        check([Output(there, kind=kind)], ["-o", str(there)])  # type: ignore[arg-type]


def test_folders_above_what_is_made_are_tried_and_taken_back(tmp_path: Path) -> None:
    check([Output(tmp_path / "a" / "b" / "c", kind="made")])
    check_place(tmp_path / "a" / "b")
    check_place(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "link").symlink_to("nothing")
    for name in ("link", "link/run"):
        with pytest.raises(UserError, match="link is a link to nothing"):
            check_place(tmp_path / name)
    with pytest.raises(UserError, match="cannot be written"):
        check_place(tmp_path / ("x" * 300) / "run")
    assert list(tmp_path.iterdir()) == [tmp_path / "link"]


@pytest.mark.parametrize("link", [Path.symlink_to, Path.hardlink_to])
@pytest.mark.parametrize("within", [False, True])
def test_what_is_read_is_not_replaced(link: Link, within: bool, tmp_path: Path) -> None:
    read, out = tmp_path / "folder" / "in.json", tmp_path / "out.json"
    read.parent.mkdir()
    read.write_text("in")
    link(out, read)
    named = read.parent if within else read
    for path in (out, read, read.parent / ".." / "folder" / "in.json"):
        output = Output(path, "--json", reads=[None, "embedded:test", str(named)])
        refused(output, f"^--json {path} would replace what this command reads")
    check([Output(tmp_path / "new.json", "--json", reads=[named])])


def test_in_a_folder_that_is_read_an_earlier_result_is_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    output = Output(out, reads=[tmp_path], begins='{"samples": ')
    out.write_text('{"model_type": "gpt2"}')
    refused(output, "would replace what this command reads, a part of")
    out.write_text('{"samples": []}')
    check([output])


def test_a_file_that_standard_input_is_read_from(tmp_path: Path) -> None:
    read = tmp_path / "in.jsonl"
    read.write_text("in")
    code = "import sys; from pathlib import Path; from rlcf.outputs import *\n"
    code += "check([Output(Path(sys.argv[1]), reads=['-'])])"
    for name, found in (("in.jsonl", True), ("other", False)):
        with read.open() as stdin:
            done = subprocess.run(
                [sys.executable, "-c", code, name],
                stdin=stdin,
                cwd=tmp_path,
                capture_output=True,
                text=True,
            )
        assert ("would replace what this command reads, -" in done.stderr) is found


def test_two_outputs_are_two_files(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    other.symlink_to(one)  # to nothing yet
    refused(Output(one, "--json"), "same file: choose another", Output(other, "--html"))
    one.write_text("")
    refused(Output(one, "--json"), "--json .* and --html .* are the same", Output(other, "--html"))


@pytest.mark.parametrize("there", [True, False])
def test_links_stay(there: bool, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, out = tmp_path / "folder" / "target", tmp_path / "out"
    out.symlink_to("middle")
    (tmp_path / "middle").symlink_to(target)
    if there:
        target.write_text("old")
    check([Output(out)])
    assert target.exists() is there
    write(out, "new")
    assert (os.readlink(out), target.read_text(), target.is_symlink()) == ("middle", "new", False)
    target.unlink()
    target.parent.rmdir()
    refused(Output(out), f"the folder {target.parent} does not exist")


def test_a_pipe_stays_and_gets_it_all(tmp_path: Path) -> None:
    out = tmp_path / "pipe"
    os.mkfifo(out)
    got: list[str] = []
    reader = threading.Thread(target=lambda: got.append(out.read_text()), daemon=True)
    reader.start()
    check([Output(out, kind="new")])  # does not end it for who reads
    write(out, "text" * 50_000)
    reader.join(60)
    assert got == ["text" * 50_000]
    assert out.is_fifo()


def test_a_device_stays(tmp_path: Path) -> None:
    out = tmp_path / "null"
    try:
        os.mknod(out, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        out.write_bytes(b"")
    except OSError:
        pytest.skip("devices can be made by root alone")
    check([Output(out, kind="new")])
    write(out, "text")
    assert out.is_char_device()
    assert list(tmp_path.iterdir()) == [out]


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        for kind in ("file", "new"):
            with pytest.raises(UserError, match="--out socket is a socket: name a file"):
                check([Output(Path("socket"), kind=kind)])
    assert (tmp_path / "socket").is_socket()


def test_open_files_are_written_to_as_they_are(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    out = Path(f"/dev/fd/{writing}")
    check([Output(out)])
    write(out, "text")
    os.close(writing)
    with os.fdopen(reading) as file:
        assert file.read() == "text"
        with pytest.raises(UserError, match="is open for reading only"):
            check([Output(Path(f"/dev/fd/{file.fileno()}"))])
    with pytest.raises(UserError, match="cannot be written"):
        check([Output(Path("/dev/fd/999"))])


@pytest.mark.parametrize("out", ["/dev/stdout", "-", "/proc/self/fd/1", "link"])
def test_standard_output_keeps_what_else_is_printed(out: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/stdout")
    code = "import sys; from pathlib import Path; from rlcf.outputs import *\n"
    code += "out = Path(sys.argv[1]); print('before'); check([Output(out)])\n"
    code += "write(out, 'text\\n'); print('after')"
    with (tmp_path / "printed").open("w") as stdout:
        subprocess.run([sys.executable, "-c", code, out], stdout=stdout, cwd=tmp_path, check=True)
    assert (tmp_path / "printed").read_text() == "before\ntext\nafter\n"
    assert (tmp_path / "link").is_symlink()


def test_a_file_that_the_shell_prints_to_is_refused(tmp_path: Path) -> None:
    code = "from pathlib import Path; from rlcf.outputs import *; check([Output(Path('out'))])"
    with (tmp_path / "out").open("w") as stdout:
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=stdout, cwd=tmp_path, stderr=-1, text=True
        )
    assert "--out out is where standard output goes: choose another file" in done.stderr


def test_a_full_disk_is_found_before_the_work_and_keeps_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    old = tmp_path / "old"
    old.write_text("old")
    for output in (Output(old), Output(tmp_path / "new"), Output(tmp_path / "a/b", kind="made")):
        with pytest.raises(OSError, match="No space left"):
            check([output])
    with pytest.raises(OSError, match="No space left"):
        write(old, "new")
    assert files(tmp_path) == {old: b"old"}


def test_a_file_that_cannot_be_replaced_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mounted(self: Path, target: Path) -> Path:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr(Path, "replace", mounted)
    out = tmp_path / "out"
    with pytest.raises(UserError, match="cannot be written"):
        write(out, "new")
    assert files(tmp_path) == {}
    out.write_text("older and longer")
    number = out.stat().st_ino
    write(out, "new")
    assert (out.read_text(), out.stat().st_ino) == ("new", number)
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user for a while")
def test_permissions_are_tried_as_they_hold(tmp_path: Path) -> None:
    """In a folder of others a file of one's own is written, and one that is read-only is not."""
    for name, mode in (("mine", 0o666), ("locked", 0o444)):
        (tmp_path / name).write_text("old")
        (tmp_path / name).chmod(mode)
    code = "import os, sys; from pathlib import Path; from rlcf.outputs import *\n"
    code += "os.chdir(sys.argv[1]); os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    code += "out = Path(sys.argv[2]); check([Output(out)]); write(out, 'new')"
    tmp_path.chmod(0o755)
    for name, kept in (("mine", "new"), ("locked", "old"), ("absent", None)):
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path), name], stderr=-1, text=True
        )
        assert ("cannot be written (Permission denied)" in done.stderr) is (kept != "new"), name
        out = tmp_path / name
        assert (out.read_text() if out.exists() else None) == kept
    assert sorted(path.name for path in tmp_path.iterdir()) == ["locked", "mine"]
