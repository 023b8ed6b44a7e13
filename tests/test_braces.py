"""What hides braces, language by language: quotes, patterns, comments, expressions in strings."""

from __future__ import annotations

from typing import Any

import pytest

from rlcf.tasks.blocks import BlockEnd
from rlcf.tasks.braces import blanked, braces

# What may stand in a method without ending it; the method closes where each text ends.
HIDDEN = {
    "perl": [
        # Quotes of any delimiter, and brackets that nest.
        "my $s = q{it's {a} \\} b}; }",
        "my $s = qq{it's }; my $t = qq(} (\") \\) '); }",
        "my @a = qw(a ' b }); my @b = qw/} '/; my @c = qw <} '>; }",
        "my $r = qr{'}; return $r; }",
        "my $r = qr/}'/i; $r = qr'}'; return q(a}b)x 2; }",
        "if ($s =~ m{\\}{2}'} or $s =~ m#}# || $s =~ m|}|gc) { return 1; } }",
        "$s =~ s{\"}{'}g; $s =~ s {\\}}\n  [{]; $s =~ s(}) # to\n  /{/; }",
        "$s =~ s|'|}|; s,},{,; ($t = $s) =~ tr/}/{/; y/}{/'\"/; tr{a-z}[\\]}]; }",
        "my @k = map { s/}//r } grep { /}/ } sort @_; }",
        # A bare pattern, by what stands before it, and a division.
        "return 1 if /}/ and /'/ or not /\"/; return /}'/ ? 1 : !/'/; }",
        "my ($x) = /(})/; my @p = split /}/, $s; @p = split //, $s; my @q = (1, /\"/, /'/); }",
        "if ($a && /'/ || (/}/)) { } my @w = map { lc } /[}'](.)/g; return grep /}/, @w; }",
        "$_ eq 'a' and s/}/'/; unless (/ } /) { return $n / 2 + @{$x} / 2 / 1; } # '\n}",
        "my $h = $x->{a}/2; my $m = ($a + $b) / 2; $i++ / 2; PI / 2; $a[0] / '2' / 1; }",
        "my $n = shift // '/'; $x //= {}; $x /= 2; return $n{a} // '}'; }",
        # What is no quote (told before, too): keys, names of subs, variables, file tests.
        "my %h = (y => 1, s=> 2, q  => 3); my $r = { m => 1, tr => 2 }; }",
        "return $h{s} + $h->{y}{q} + $h{ m } + $x->{tr} + @{$h{qw}}; }",
        "my ($q, $s, @y, %m) = @_; $p->y(1); $p -> s; &y(2); sub m { 1 } sub q($x) { 2 } }",
        "return $#s + $#array + $#{$y} + $#$q + -s $file; } ",
        "my $u = $' . $\"; my $v = $`; local $/ = undef; local $, = '}'; local $; ; }",
        "return $Foo::s + Foo::q(2) + @$m / %$y + ($x =~ y::}:r); }",
        # Comments, documentation, here-documents and strings of several lines.
        "my $x = { # it's }\n  a => 1 };# '}\n return $x; }",
        "\n=pod\n\nit's } {\n\n=cut it's\n\nreturn 1; }",
        "my $s = \"a\n}\n\"; my $t = '\n}'; my $u = `echo }`; return $s x 2; }",
        "f(<<A, <<'B B') or do {\n} $x's\nA\n } \" { \nB B\n  1 }; }",
        'print $fh <<~EOT;\n  }\n  EOT }\n  EOT\nmy $y = 1 << 2; $y<<N; print <<"";\n}\'\n\n}',
    ],
    "csharp": [
        'var s = $"""a "}" {d["}"]} { f("{") }"""; }',
        'var s = """"a """ } """"; var t = """}"""; var e = ""; }',
        'var s = $$"""{ } {{d["}}"]}} {{{a}}} """ + $"" + $"{{" + $"}}"; }',
        'var s = $@"{d["}"]} ""}"" {{ \\"; var t = @$"{a}\n}"; }',
        'var s = $"{(a ? "}" : $"{b["}"]:x}")}}}" + "}"; var t = @"a""}"; }',
        "#region it's } \"a\n  int a = 1;\n # error }'\n#endregion }\n}",
        '#if DEBUG\n#warning don\'t }\n f("}");\n#endif\n}',
    ],
    "c": [
        "int a = 1; // goes on \\\n } ' \\\r\n } \\ \n }\n }",
        "int a = '}}' + '\\'}' + L'}' + u8'}' + '\"'; int b = 0xA'B + '}'; }",
        "#error it's }\n# pragma omp }\n}",
    ],
    "cpp": [
        "int a = 1; // goes on \\\n } \"\n auto b = 0xFF'FFu + 1'000; f(u'}', '}}'); }",
    ],
    "java": ["int a; // it's }\rif (a) {// }\r\n } char b = '}'; }"],
    "kotlin": [
        'val s = """a ${m["}"]} ${"""}""" + "}"} } """"; }',
        'val s = "${a.map { "${it["}"].map { "}${"}"}" }}" }}" + "$a}"; val e = ""; }',
    ],
    "scala": [
        's"""a ${m("}")} ${s"${b("}" + s"${"}"}")}"} } """; f(s"}", "", \'}\') }',
        'f("${"); g("}"); f("""${ \\"""); g("""}"""); }',
    ],
    "swift": [
        'let s = "\\(d["}"]!) } \\"}" + #"a"} \\#(d["}"]!)"#; }',
        'let s = """\n } " \\(a.map { "}\\($0["}"])" })\n """; }',
        'let e = ""; let f = #"""\n } """ \\#(d["}"]!) \n"""#; }',
    ],
    "php": [
        '$s = "{$a["}"]} } {$f(function () { return "}"; })} ${b} \\{"; # }\r return "" . $s; }',
        "$a = 1 << B;\n if ($a) { $s = <<<'E'\n } \nE; }\n return <<<E\n }\n  E . 'E'; }",
    ],
    "javascript": [
        "if (f(')', (1))) /}'/.test(s) && g(); while (a) /'}/g.exec(s); }",
        "for (const a of b)\n  /}/.test(a) || c(a); return (a) / 2 + x.if(a) / '}' / 1; }",
        "return `a${`b${`c${`d${'}'}}` + {a: `}`}.a}}`}}`}} $ \\${`; }",
        "return `${a.map(b => { if (b) /}`/.test(b); return `${b}}`; })}`; }",
    ],
    "typescript": ["const f = (a: string): boolean => { if (a) /}/.test(a); return !a }; }"],
}
CASES = [(language, text) for language, texts in HIDDEN.items() for text in texts]


@pytest.mark.parametrize(("language", "text"), CASES)
@pytest.mark.parametrize("stop", ["class", "method"])
def test_the_brace_that_counts_is_found(language: str, text: str, stop: Any) -> None:
    prompt = "class A {\nf(int a) {\n" if stop == "method" else "f(int a) {\n"
    end = BlockEnd.of_prompt(language, prompt, stop)
    assert end is not None
    whole = text.rstrip()
    assert end.find(whole + "\n}\nmore }") == len(whole)
    # While it is being written, nothing that is hidden ends it either.
    assert [i for i in range(len(whole)) if end.find(whole[:i]) is not None] == []


@pytest.mark.parametrize(("language", "text"), CASES)
def test_what_is_blanked_has_the_same_braces(language: str, text: str) -> None:
    bare = blanked(language, text)
    assert len(bare) == len(text)
    assert all(bare[at] == text[at] for at, _ in braces(language, text))
    assert sum(map(bare.count, "{}")) == len(list(braces(language, text)))


def test_what_is_left_of_strings_is_the_code_in_them() -> None:
    assert blanked("kotlin", 'f("a ${b + "}"} c") // d') == "f(    {b +    }   )     "
    assert blanked("perl", "$q = q{}} . $x / 2; # a") == "$q =    } . $x / 2;    "
