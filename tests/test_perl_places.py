"""Perl's verdicts and places are those of `perl -c` itself."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rlcf.languages import Toolchain, Verdict
from rlcf.languages.registry import load

REJECTED = [
    'my $x = "abc',
    'my $x = 1;\n\nmy $y = "abc\n\n\n',
    "use strict; $x = 1;",
    "use strict;\nmy $x = foo;",
    "use No::Such::Module;",
    "1;\n\nBEGIN { require Nope }",
    "sub f { ",
    "sub f {\n  if (1) {\n}\n\n# end",
    "my $s = <<EOT; foo\n",
    "s/a/b",
    "my %h = (1,2",
    'print "a"; }',
    'BEGIN { die "x\\n" }',
    "1;\nBEGIN { die {} }",
    "use 7;",
    "qw(a b",
    "/[/",
    "${",
    '"$x[1"',
    "1 = 2;",
    "format X =\n",
    "$x = 1;\n@y = ;\n%z = ;\n",
]
ACCEPTED = [
    "print <<X;\n__END__\nX\n",
    "print <<X;\n__END__\nX\n__END__\n}}}",
    "1;\n__DATA__\n}}}",
    "1;\n\x04\n}}}",
    "1;\n\n=pod\n\n}}}\n",
]


@pytest.fixture(scope="module")
def compiler() -> Iterator[Toolchain]:
    if missing := load("perl")().missing():
        pytest.skip(missing)
    if sys.platform != "linux":
        pytest.skip("the jail is Linux only")
    made = Toolchain("perl", seats=1)
    yield made
    made.close()


def plain(folder: Path, program: str) -> tuple[int, str]:
    """Exit status of `perl -c`, and what it says."""
    (folder / "program.pl").write_text(program)
    command = ["perl", "-c", "program.pl"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize("program", REJECTED)
def test_the_first_error_is_where_perl_says(
    program: str, compiler: Toolchain, tmp_path: Path
) -> None:
    status, said = plain(tmp_path, program)
    assert status != 0
    (result,) = compiler.check([program])
    assert result.verdict is Verdict.REJECTED
    place = re.search(r"at program\.pl line (\d+)", said)
    assert place is not None
    assert result.errors[0].line == int(place[1])
    assert 0 <= result.errors[0].start <= result.errors[0].end <= len(program)
    assert " at program.pl line" not in result.errors[0].message


@pytest.mark.parametrize("program", ACCEPTED)
def test_what_stands_behind_an_end_is_not_read(
    program: str, compiler: Toolchain, tmp_path: Path
) -> None:
    """An end in a string is none."""
    assert plain(tmp_path, program)[0] == 0
    (result,) = compiler.check([program])
    assert result.verdict is Verdict.ACCEPTED


def test_an_end_while_compiling_is_not_accepted(compiler: Toolchain) -> None:
    said = 'BEGIN { print STDERR "program.pl syntax OK\\n"; exit 0 }\n}}}\n'
    (result,) = compiler.check([said])
    assert result.verdict is Verdict.REJECTED
