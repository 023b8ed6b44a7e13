"""Task files, names, splits and limits: what loads, and what the error says where it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest

from rlcf.errors import UserError
from rlcf.install import install_hint
from rlcf.languages.references import usable_references
from rlcf.languages.verdict import CompileResult, Diagnostic, ErrorClass, Verdict
from rlcf.tasks import Task, load_tasks, read_samples, read_tasks, write_tasks
from rlcf.tasks.hub import choose_java_file
from rlcf.tasks.loaders import validation_of

DATA = Path(__file__).parents[1].parent / "shared" / "data"


def row(number: int, **changes: Any) -> dict[str, Any]:
    base = {
        "task_id": f"MBJP/{number}",
        "language": "java",
        "prompt": "class A {\n",
        "canonical_solution": "}\n",
        "entry_point": "a",
        "test": "class Main {}",
        "description": "Do it.",
    }
    return {key: value for key, value in {**base, **changes}.items() if value != "ABSENT"}


def write(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def test_mxeval_rows_load(tmp_path: Path) -> None:
    tasks = read_tasks(write(tmp_path / "t.jsonl", [row(1), row(2, canonical_solution=None)]))
    assert tasks[0] == Task("MBJP/1", "java", "class A {\n", "}\n", "class Main {}", "a", "Do it.")
    assert tasks[1].reference is None


def test_other_key_names_and_missing_optional_fields(tmp_path: Path) -> None:
    rows = [
        row(1, canonical_solution="ABSENT", test="ABSENT", reference="x}", tests="T"),
        row(2, canonical_solution="ABSENT", test="ABSENT", entry_point="ABSENT", description=None),
    ]
    first, second = read_tasks(write(tmp_path / "t.jsonl", rows))
    assert (first.reference, first.tests) == ("x}", "T")
    assert (second.reference, second.tests, second.entry_point) == (None, None, None)
    assert second.description == ""


def test_written_tasks_read_back_equal(tmp_path: Path) -> None:
    tasks = [Task("a", "java", "p\u2028q\r\n\t", "é\ud800", None, None, ""), Task("b", "java", "")]
    write_tasks(tmp_path / "t.jsonl", tasks)
    assert read_tasks(tmp_path / "t.jsonl") == tasks


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.jsonl: no tasks in it"),
        ("\n \n", "t.jsonl: no tasks in it"),
        ("{nope\n", "t.jsonl:1: not JSON"),
        ("\n[1, 2]\n", "t.jsonl:2: expected a JSON object, found a list"),
        (json.dumps(row(1, prompt="ABSENT")), "t.jsonl:1: the field `prompt` is missing"),
        (json.dumps(row(1, prompt=7)), "`prompt` must be a string, found a number"),
        (json.dumps(row(1, task_id=None)), "`task_id` must be a string, found null"),
        (json.dumps(row(1, test=["x"])), "`test` must be a string, found a list"),
        (
            json.dumps(row(1)) + "\n" + json.dumps(row(1)),
            "t.jsonl:2: task_id 'MBJP/1' occurs twice",
        ),
        ("[" * 200_000, "t.jsonl:1: not JSON"),
        ('{"task_id": 1' + "0" * 5000 + "}", "t.jsonl:1: not JSON (a number of too many digits)"),
    ],
)
def test_malformed_files_name_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(text)
    with pytest.raises(UserError) as caught:
        load_tasks(path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_binary_file_is_a_user_error(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match="not UTF-8"):
        load_tasks(tmp_path / "t.jsonl")


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        UserError,
        match=r"embedded, embedded-python, embedded-cpp, mbjp, mathqa-java, humaneval-java",
    ):
        load_tasks("mbbp")


def test_a_path_wins_over_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "mbjp", [row(1)])
    assert [task.task_id for task in load_tasks("mbjp")] == ["MBJP/1"]


def test_limit_is_a_seeded_choice_in_file_order(tmp_path: Path) -> None:
    path = write(tmp_path / "t.jsonl", [row(i) for i in range(100)])
    some = load_tasks(path, limit=10, seed=1)
    numbers = [int(task.task_id.split("/")[1]) for task in some]
    assert len(set(numbers)) == 10
    assert numbers == sorted(numbers)
    assert some == load_tasks(path, limit=10, seed=1)
    assert some != load_tasks(path, limit=10, seed=2)
    assert len(load_tasks(path, limit=1000)) == 100
    with pytest.raises(UserError, match="at least 1"):
        load_tasks(path, limit=0)


def test_a_file_has_no_splits_but_a_folder_may(tmp_path: Path) -> None:
    path = write(tmp_path / "train.jsonl", [row(1)])
    with pytest.raises(UserError, match="without splits"):
        load_tasks(path, split="train")
    with pytest.raises(UserError, match="is a folder"):
        load_tasks(tmp_path)
    assert len(load_tasks(tmp_path, split="train")) == 1
    assert len(load_tasks(path, default_split="test")) == 1
    assert len(load_tasks(tmp_path, default_split="train")) == 1
    assert len(load_tasks(f"{tmp_path}:train")) == 1


def test_a_file_whose_rows_name_their_split_gives_those_asked_for(tmp_path: Path) -> None:
    """As `rlcf corpus build -o tasks.jsonl` writes it."""
    path = tmp_path / "t.jsonl"
    write(path, [row(i, split=s) for i, s in enumerate(["train", "train", "test", "train"])])
    told: list[str] = []
    (found,) = load_tasks(path, default_split="test", tell=told.append)
    assert found.task_id == "MBJP/2"
    assert told == [f"{path}: 1 of 4 tasks, those of the split test"]
    assert len(load_tasks(f"{path}:train")) == 3
    assert len(load_tasks(path)) == 4
    assert validation_of(str(path)) is None
    with pytest.raises(UserError, match="no rows of the split validation, but of train, test"):
        load_tasks(path, default_split="validation")
    with pytest.raises(UserError, match="contradict"):
        load_tasks(f"{path}:train", split="test")
    write(path, [row(i, split="train") for i in range(3)])
    assert len(load_tasks(path, default_split="test", tell=told.append)) == 3
    assert len(told) == 1


def test_where_the_tasks_for_validation_are(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    write(path, [row(1, split="train"), row(2, split="validation")])
    for source in (path, f"{path}:train"):
        assert validation_of(str(source)) == f"{path}:validation"
    assert validation_of(f"{path}:validation") is None
    (tmp_path / "validation.jsonl").write_text("")
    assert validation_of(str(tmp_path)) is None
    write(tmp_path / "validation.jsonl", [row(1)])
    assert validation_of(f"{tmp_path}:train") == f"{tmp_path}:validation"
    assert validation_of("mbjp") == "mbjp:validation"
    assert validation_of("mathqa-java:train") is None


def test_samples_with_extra_keys(tmp_path: Path) -> None:
    path = write(tmp_path / "s.jsonl", [{"task_id": "a", "completion": "x", "logprob": -1}])
    (sample,) = read_samples(path)
    assert (sample.task_id, sample.completion, sample.language) == ("a", "x", None)
    write(path, [{"task_id": "a", "completion": "x"}, {"task_id": "a"}])
    with pytest.raises(UserError, match=r"s\.jsonl:2: the field `completion` is missing"):
        read_samples(path)


def fake_hub(
    monkeypatch: pytest.MonkeyPatch, files: list[str], path: Path, calls: list[str]
) -> None:
    def dataset_info(repository: str, *, timeout: float) -> SimpleNamespace:
        assert timeout > 0
        calls.append(repository)
        return SimpleNamespace(siblings=[SimpleNamespace(rfilename=file) for file in files])

    def hf_hub_download(repository: str, file: str, **options: Any) -> str:
        assert options == {"repo_type": "dataset"}
        calls.append(file)
        return str(path)

    monkeypatch.setattr(huggingface_hub, "dataset_info", dataset_info)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", hf_hub_download)


def test_hub_set_and_its_splits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.jsonl", [row(i) for i in (1, 10, 11, 510, 511, 600, 601, 974)])
    calls: list[str] = []
    files = ["README.md", "data/mbjp_release_v1.jsonl", "data/mbjp_release_v1.2.jsonl"]
    fake_hub(monkeypatch, files, path, calls)

    def ids(*args: Any, **options: Any) -> list[int]:
        return [int(t.task_id.split("/")[1]) for t in load_tasks(*args, **options)]

    assert ids("mbjp") == [1, 10, 11, 510, 511, 600, 601, 974]
    assert calls == ["mxeval/mbxp", "data/mbjp_release_v1.2.jsonl"]
    assert ids("mbjp:test") == ids("mbjp", split="test") == [11, 510]
    assert ids("mbjp", default_split="validation") == [511, 600]
    assert ids("mbjp:train", default_split="test") == [1, 10, 601, 974]
    with pytest.raises(UserError, match="unknown split of mbjp 'dev': known"):
        load_tasks("mbjp:dev")
    with pytest.raises(UserError, match="contradict"):
        load_tasks("mbjp:test", split="train")


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (["java/test.parquet", "javascript/test.parquet"], "java/test.parquet"),
        (
            ["mathqa-test-javascript_v1.jsonl", "mathqa-test-java_v1.jsonl"],
            "mathqa-test-java_v1.jsonl",
        ),
        (["a-java.parquet", "b-java.jsonl"], "b-java.jsonl"),
        (
            [
                "HumanEval_java_v1.jsonl",
                "HumanEval_java_v1.1.jsonl",
                "HumanEval_java_v1.1.jsonl.gz",
            ],
            "HumanEval_java_v1.1.jsonl",
        ),
        (["data/mbjsp_release_v1.jsonl", "data/examples/mbjp.jsonl", "README.md"], None),
    ],
)
def test_the_java_file_is_chosen_by_its_name(files: list[str], chosen: str | None) -> None:
    assert choose_java_file(files) == chosen


def test_hub_without_java_or_unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_hub(monkeypatch, ["python.jsonl"], tmp_path, [])
    with pytest.raises(UserError, match="no Java file"):
        load_tasks("mathqa-java")

    def unreachable(*args: Any, **options: Any) -> list[str]:
        raise ConnectionError("no route\nto host")

    monkeypatch.setattr(huggingface_hub, "dataset_info", unreachable)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "empty"))
    with pytest.raises(UserError, match=r"unreachable.*--tasks path/to/mathqa-java\.jsonl"):
        load_tasks("mathqa-java")


def test_unreachable_hub_falls_back_on_its_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*args: Any, **options: Any) -> list[str]:
        raise ConnectionError("no route to host")

    def snapshot_download(repository: str, *, repo_type: str, local_files_only: bool) -> str:
        assert (repository, repo_type, local_files_only) == ("mxeval/mbxp", "dataset", True)
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "dataset_info", unreachable)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    (tmp_path / "data").mkdir()
    write(tmp_path / "data" / "mbjp_release_v1.jsonl", [row(1), row(11)])
    assert len(load_tasks("mbjp")) == 2


def test_parquet_needs_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    fake_hub(monkeypatch, ["java.parquet"], tmp_path / "java.parquet", [])
    with pytest.raises(UserError, match=re.escape(install_hint("parquet"))):
        load_tasks("humaneval-java")


class FakeCompiler:
    """Rejects what contains BAD, fails on what contains LOST."""

    language = "java"

    def check(self, programs: Sequence[str]) -> list[CompileResult]:
        error = Diagnostic("error", "k", ErrorClass.SYNTAX, "';' expected\nmore", 3, 1, 0, 1)
        rules: list[tuple[Callable[[str], bool], CompileResult]] = [
            (lambda p: "BAD" in p, CompileResult(Verdict.REJECTED, (error,))),
            (lambda p: "LOST" in p, CompileResult(Verdict.UNSCORED, reason="server died")),
            (lambda p: True, CompileResult(Verdict.ACCEPTED)),
        ]
        return [next(result for rule, result in rules if rule(p)) for p in programs]

    def close(self) -> None:
        pass


def test_usable_references_keeps_order_and_gives_reasons() -> None:
    tasks = [
        Task(str(i), "java", "p", ref) for i, ref in enumerate(["ok", "BAD", None, "LOST", "ok2"])
    ]
    kept, rejected = usable_references(tasks, FakeCompiler())
    assert [task.task_id for task in kept] == ["0", "4"]
    assert [(r.task.task_id, r.reason) for r in rejected] == [
        ("1", "line 3: ';' expected"),
        ("2", "no reference"),
        ("3", "unscored (server died)"),
    ]


def test_no_usable_reference_is_an_error() -> None:
    with pytest.raises(UserError, match=r"none of 1 tasks.*7: line 3"):
        usable_references([Task("7", "java", "p", "BAD")], FakeCompiler())


@pytest.mark.skipif(not DATA.exists(), reason="the shared data folder is not on this machine")
def test_the_real_sets_load() -> None:
    files = sorted(f for f in DATA.glob("**/*.jsonl") if f.name != "model_samples.jsonl")
    counts = {str(f.relative_to(DATA)): len(load_tasks(f)) for f in files}
    assert counts["mathqa_java/train.jsonl"] == 7822
    assert counts["mbxp/java/test_even.jsonl"] == 249
    assert len(read_samples(DATA / "mbxp/java/model_samples.jsonl")) == 717
