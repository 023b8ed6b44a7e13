"""`--class-path auto`: what a project's build files ask for, found in local repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import absent
from rlcf.cli import main
from rlcf.cli.ownbuild import with_own_build
from rlcf.errors import UserError
from rlcf.languages.java import find_jdk, ownbuild
from rlcf.languages.ownbuild import OwnBuild

PARENT = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <groupId>org.acme</groupId><artifactId>all</artifactId><version>2</version>
  <properties><lib.version>1.5</lib.version></properties>
  <modules><module>core</module><module>web</module></modules>
  <dependencyManagement><dependencies>
    <dependency><groupId>org.lib</groupId><artifactId>lib</artifactId>
      <version>${lib.version}</version></dependency>
    <dependency><groupId>org.deep</groupId><artifactId>deep</artifactId>
      <version>7</version></dependency>
  </dependencies></dependencyManagement>
</project>"""
CORE = """<project>
  <parent><groupId>org.acme</groupId><artifactId>all</artifactId><version>2</version></parent>
  <artifactId>core</artifactId>
  <dependencies>
    <dependency><groupId>org.lib</groupId><artifactId>lib</artifactId></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4</version>
      <scope>test</scope></dependency>
  </dependencies>
</project>"""
WEB = """<project>
  <parent><groupId>org.acme</groupId><artifactId>all</artifactId><version>2</version></parent>
  <artifactId>web</artifactId>
  <dependencies>
    <dependency><groupId>${project.groupId}</groupId><artifactId>core</artifactId>
      <version>${project.version}</version></dependency>
    <dependency><groupId>org.gone</groupId><artifactId>gone</artifactId><version>3</version>
    </dependency>
  </dependencies>
</project>"""
LIB = """<project>
  <groupId>org.lib</groupId><artifactId>lib</artifactId><version>1.5</version>
  <dependencies>
    <dependency><groupId>org.deep</groupId><artifactId>deep</artifactId><version>1</version>
    </dependency>
    <dependency><groupId>org.opt</groupId><artifactId>opt</artifactId><version>1</version>
      <optional>true</optional></dependency>
  </dependencies>
</project>"""


def own_build(path: Path) -> OwnBuild:
    found = ownbuild.own_build(path)
    assert found is not None
    return found


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of our own, with a local repository."""
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GRADLE_USER_HOME", raising=False)
    store(home, "org/lib/lib/1.5", LIB)
    store(home, "org/deep/deep/1")
    store(home, "org/deep/deep/7")
    return home


def store(home: Path, place: str, pom: str = "") -> Path:
    """An artifact in the local repository."""
    folder = home / ".m2/repository" / place
    folder.mkdir(parents=True)
    stem = f"{folder.parent.name}-{folder.name}"
    (folder / f"{stem}.jar").write_bytes(b"")
    if pom:
        (folder / f"{stem}.pom").write_text(pom)
    return folder / f"{stem}.jar"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in (("", PARENT), ("core", CORE), ("web", WEB)):
        (tmp_path / "acme" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "acme" / name / "pom.xml").write_text(text)
    (tmp_path / "acme/core/target/classes").mkdir(parents=True)
    (tmp_path / "acme/core/src/main/java").mkdir(parents=True)
    return tmp_path / "acme"


def names(entries: tuple[str, ...]) -> list[str]:
    return [Path(entry).name for entry in entries]


@pytest.mark.usefixtures("home")
def test_a_project_of_modules_gets_classes_jars_and_what_they_need(project: Path) -> None:
    found = own_build(project)
    assert found.entries[0] == str(project / "core/target/classes")
    assert names(found.entries[1:]) == ["lib-1.5.jar", "deep-7.jar"], "managed: not deep 1"
    assert found.missing == ("org.gone:gone:3",)
    assert "org.gone:gone:3" in str(found)


@pytest.mark.usefixtures("home")
def test_the_nearest_build_file_counts(project: Path) -> None:
    found = own_build(project / "core/src/main/java")
    assert found.file == project / "core/pom.xml"
    assert names(found.entries) == ["classes", "lib-1.5.jar", "deep-7.jar"]


def test_another_version_is_better_than_none(home: Path, tmp_path: Path) -> None:
    store(home, "org/old/old/1.9")
    store(home, "org/old/old/1.10")
    store(home, "org/old/old/1.10-beta")
    (tmp_path / "pom.xml").write_text(
        "<project><artifactId>a</artifactId><dependencies><dependency><groupId>org.old</groupId>"
        "<artifactId>old</artifactId><version>[1,3)</version></dependency></dependencies></project>"
    )
    assert names(own_build(tmp_path).entries) == ["old-1.10.jar"]


def test_gradle_projects_name_theirs(home: Path, tmp_path: Path) -> None:
    cached = home / ".gradle/caches/modules-2/files-2.1/com.acme/tool/2.1/0abc/tool-2.1.jar"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"")
    (tmp_path / "build.gradle.kts").write_text(
        'dependencies {\n    implementation("com.acme:tool:2.1")\n'
        '    api("org.lib:lib:1.5")\n    testImplementation("junit:junit:4")\n'
        '    implementation("no.such:thing:1")\n}\n'
    )
    found = own_build(tmp_path)
    assert names(found.entries) == ["tool-2.1.jar", "lib-1.5.jar", "deep-1.jar"]
    assert found.missing == ("no.such:thing:1",)


@pytest.mark.usefixtures("home")
def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert with_own_build(("a.jar",), tmp_path) == (("a.jar",), [])
    with pytest.raises(UserError, match=r"no pom\.xml or build\.gradle or .* at or above"):
        with_own_build(("auto",), tmp_path)
    with pytest.raises(UserError, match="is not for lua, but for java"):
        with_own_build(("auto",), tmp_path / "a.lua")
    (tmp_path / "pom.xml").write_text("<project")
    with pytest.raises(UserError, match="not XML"):
        own_build(tmp_path)


@absent.needs_jdk
@pytest.mark.usefixtures("home")
def test_check_and_corpus_take_it(
    project: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    library, classes = tmp_path / "Library.java", project / "core/target/classes"
    library.write_text(
        "package org.core; public class Library { public static int one() { return 1; } }"
    )
    jdk_javac = find_jdk().javac
    subprocess.run([jdk_javac, "-d", str(classes), str(library)], check=True, timeout=120)
    use = project / "core/src/main/java/Use.java"
    use.write_text(
        "import org.core.Library;\npublic class Use {\n    /** Two, made of ones. */\n"
        "    public int two() { return Library.one() + Library.one(); }\n}\n"
    )
    for jar in (tmp_path / "home").rglob("*.jar"):
        jar.unlink()  # empty files are no jars
    assert main(["check", str(use)]) == 1
    assert main(["check", str(use), "--class-path", "auto"]) == 0
    assert "core/pom.xml: 1 entries; not here: org.lib:lib:1.5" in capfd.readouterr().err
    out = tmp_path / "tasks.jsonl"
    assert main(["corpus", "build", str(use), "--class-path", "auto", "--out", str(out)]) == 0
    assert "1 tasks" in capfd.readouterr().out
