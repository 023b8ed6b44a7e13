"""String templates over single characters: count, filter, replace, find, shift."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

import random
import string

from generator.spec import Args, Char, Choice, Spec, template
from generator.vocabulary import (
    CHAR_CONDITIONS,
    COMPARE,
    TEXT,
    sentence,
    text,
    text_for,
    words,
)

LETTERS = "aeilnorst"
FILLERS = "*#-_.x0"


@template("strings", cond=CHAR_CONDITIONS, weight=range(1, 7))
def count_chars(cond: Choice, weight: int) -> Spec:
    points = "" if weight == 1 else f", {weight} points each"
    times = {1: "", 2: "twice "}.get(weight, f"{weight} times ")
    update = "count++;" if weight == 1 else "count += $weight;"
    return Spec(
        says=(
            f"count the characters of [a|the given] string that are $cond{points}",
            f"return {times}the number of characters of {{text}} that are $cond",
            f"find {times}the number of those characters in the [given |]string that are $cond",
            f"[compute|determine] {times}the count of all characters that are $cond in a string",
        ),
        names="count$cond|countCharacters|number$cond|charCount",
        params=(TEXT,),
        returns="int",
        body=f"""
            int count = 0;
            for (char c : text.toCharArray()) {{
                if ($cond) {{
                    {update}
                }}
            }}
            return count;
        """,
        oracle=lambda s: weight * sum(1 for c in s if cond(c)),
        inputs=lambda r: (text_for(r, cond),),
        edges=(("",),),
    )


@template("strings", cond=CHAR_CONDITIONS, keep=("remove", "keep"))
def filter_chars(cond: Choice, keep: str) -> Spec:
    test = cond.java if keep == "keep" else f"!({cond.java})"
    verb = "[keep only|retain only]" if keep == "keep" else "[remove|delete] all"
    what = "without" if keep == "remove" else "consisting only of"
    return Spec(
        says=(
            f"{verb} the characters that are $cond [of a string|in the given string]",
            f"{verb} characters of {{text}} that are $cond and return the result",
            f"return the string {what} the characters that are $cond",
            f"build a new string {what} those characters of the [given |]string that are $cond",
        ),
        names=f"{keep}$cond|filter|{keep}Characters|{keep}Chars",
        params=(TEXT,),
        returns="String",
        body=f"""
            StringBuilder sb = new StringBuilder();
            for (char c : text.toCharArray()) {{
                if ({test}) {{
                    sb.append(c);
                }}
            }}
            return sb.toString();
        """,
        oracle=lambda s: "".join(c for c in s if cond(c) == (keep == "keep")),
        inputs=lambda r: (text_for(r, cond),),
        edges=(("",),),
    )


@template("strings", cond=CHAR_CONDITIONS, by=FILLERS)
def replace_chars(cond: Choice, by: str) -> Spec:
    return Spec(
        says=(
            "replace the characters of a string that are $cond with '$by'",
            "return the [given |]string with '$by' in place of [the|all] characters that are $cond",
            "[substitute|put] '$by' for all characters of {text} that are $cond",
            "build a string in which characters that are $cond become '$by' and the others stay",
        ),
        names="replace$cond|replaceCharacters|mask$cond|substitute",
        params=(TEXT,),
        returns="String",
        body="""
            StringBuilder sb = new StringBuilder();
            for (char c : text.toCharArray()) {
                sb.append($cond ? '$by' : c);
            }
            return sb.toString();
        """,
        oracle=lambda s: "".join(by if cond(c) else c for c in s),
        inputs=lambda r: (text_for(r, cond),),
    )


@template("strings", k=range(1, 26), direction=("forward", "backward"))
def caesar(k: int, direction: str) -> Spec:
    move = k if direction == "forward" else 26 - k

    def oracle(s: str) -> str:
        a = string.ascii_lowercase
        return s.translate(str.maketrans(a, a[move:] + a[:move]))

    return Spec(
        says=(
            f"[encode|encrypt] a string by moving each lowercase letter $k places {direction} in the alphabet, going round at the end; other characters stay",
            f"shift every lowercase letter of {{text}} {direction} by $k letters in the alphabet (cyclically) and leave other characters unchanged",
            f"return the [given |]string with each letter from 'a' to 'z' moved {direction} by $k, cyclically; all other characters are kept",
            f"apply a Caesar shift of $k letters {direction} to the lowercase letters of a string",
        ),
        names="caesar|shiftLetters|encode|shiftBy$k",
        params=(TEXT,),
        returns="String",
        body=f"""
            StringBuilder sb = new StringBuilder();
            for (char c : text.toCharArray()) {{
                if (c >= 'a' && c <= 'z') {{
                    c = (char) ('a' + (c - 'a' + {move}) % 26);
                }}
                sb.append(c);
            }}
            return sb.toString();
        """,
        oracle=oracle,
        inputs=lambda r: (sentence(r, 1, 3),),
    )


@template("strings", cond=CHAR_CONDITIONS, end=("first", "last"))
def index_of_char(cond: Choice, end: str) -> Spec:
    loop = "int i = 0; i < text.length(); i++"
    if end == "last":
        loop = "int i = text.length() - 1; i >= 0; i--"
    return Spec(
        says=(
            "find the index of the $end of the characters that are $cond, or -1 if there are none",
            "return the [position|index] (starting from 0) of the $end character of {text} that belongs to those that are $cond, or -1",
            "look at the characters of a string that are $cond and return the index of the $end one; return -1 if there are none",
            "get the 0-based index of the $end one among the characters that are $cond in the [given |]string (-1 if there are none)",
        ),
        names="${end}Index|indexOf$cond|find${end}|${end}$cond",
        params=(TEXT,),
        returns="int",
        body=f"""
            for ({loop}) {{
                char c = text.charAt(i);
                if ($cond) {{
                    return i;
                }}
            }}
            return -1;
        """,
        oracle=lambda s: ([i for i, c in enumerate(s) if cond(c)] or [-1])[
            0 if end == "first" else -1
        ],
        inputs=lambda r: (text_for(r, cond),),
        edges=(("",),),
    )


@template(
    "strings",
    k=range(2, 7),
    offset=range(6),
    case=("upper", "lower"),
    where=lambda k, offset, case: offset < k,
)
def case_at_positions(k: int, offset: int, case: str) -> Spec:
    method = f"Character.to{case.capitalize()}Case(c)"
    rule = "divisible by $k" if offset == 0 else "with remainder $offset when divided by $k"

    def oracle(s: str) -> str:
        return "".join(getattr(c, case)() if i % k == offset else c for i, c in enumerate(s))

    return Spec(
        says=(
            f"convert the characters of a string at the indices {rule} to {case} case",
            f"return the [given |]string with its characters at indices {rule} in {case} case",
            f"change the characters at 0-based positions {rule} of {{text}} to {case} case and keep the others",
            f"build a copy of the string in which the characters at indices {rule} are {case} case",
        ),
        names=f"{case}Every$k|{case}CaseAt|change{case.capitalize()}|alternateCase",
        params=(TEXT,),
        returns="String",
        body=f"""
            StringBuilder sb = new StringBuilder();
            for (int i = 0; i < text.length(); i++) {{
                char c = text.charAt(i);
                sb.append(i % $k == $offset ? {method} : c);
            }}
            return sb.toString();
        """,
        oracle=oracle,
        inputs=lambda r: (text(r),),
        edges=(("",),),
    )


@template("strings", factor=range(1, 7), base=range(6), skip=(0, 1, 5))
def sum_of_digits_in_text(factor: int, base: int, skip: int) -> Spec:
    term = "c - '0'" if factor == 1 else "$factor * (c - '0')"
    test = "Character.isDigit(c)" if skip == 0 else f"Character.isDigit(c) && c != '{skip}'"
    which = "digits" if skip == 0 else f"digits other than {skip}"
    times = "" if factor == 1 else " multiplied by $factor"
    plus = "" if base == 0 else " plus $base"
    return Spec(
        says=(
            f"[find|compute] the sum of the {which} in a string{times}{plus}",
            f"add up all {which} that occur in {{text}} and return the sum{times}{plus}",
            f"return the sum of the {which} among the characters of the [given |]string{times}{plus}",
            f"[calculate|determine] the total of the {which} found in a string{times}{plus}",
        ),
        names="sumDigits|digitSum|addDigits|digitTotal",
        params=(TEXT,),
        returns="int",
        body=f"""
            int sum = $base;
            for (char c : text.toCharArray()) {{
                if ({test}) {{
                    sum += {term};
                }}
            }}
            return sum;
        """,
        oracle=lambda s: base + factor * sum(int(c) for c in s if c.isdigit() and int(c) != skip),
        inputs=lambda r: ("".join(r.choice("abkz 0123456789155") for _ in range(r.randint(3, 9))),),
        edges=(("",),),
    )


@template("strings", cmp=COMPARE, k=range(1, 5), a=LETTERS)
def letter_often_enough(cmp: Choice, k: int, a: str) -> Spec:
    def inputs(r: random.Random) -> Args:
        s = list(r.choice(words(r)) + a * r.randint(0, k + 1))
        r.shuffle(s)
        return ("".join(s),)

    return Spec(
        says=(
            "check whether the number of times '$a' occurs in a string is $cmp $k",
            "return true if the count of the letter '$a' in {text} is $cmp $k, and false otherwise",
            "[test|determine] whether the [given |]string contains '$a' a number of times that is $cmp $k",
            "count how often the character '$a' occurs in the string and tell whether that is $cmp $k",
        ),
        names="hasEnough|checkCount|count$cmp$k|letterCheck",
        params=(TEXT,),
        returns="boolean",
        body="""
            int count = 0;
            for (int i = 0; i < text.length(); i++) {
                if (text.charAt(i) == '$a') {
                    count++;
                }
            }
            return count $cmp $k;
        """,
        oracle=lambda s: cmp(s.count(a), k),
        inputs=inputs,
    )


@template("strings", held_out=True, cond=CHAR_CONDITIONS[::2], k=range(2, 6))
def has_enough_chars(cond: Choice, k: int) -> Spec:
    return Spec(
        says=(
            "check whether a string has at least $k characters that are $cond",
            "return true if $k or more characters of {text} are $cond, and false otherwise",
            "[test|determine] whether the number of characters that are $cond is at least $k",
        ),
        names="hasAtLeast$k|enough$cond|checkText",
        params=(TEXT,),
        returns="boolean",
        body="""
            int count = 0;
            for (char c : text.toCharArray()) {
                if ($cond) {
                    count++;
                }
            }
            return count >= $k;
        """,
        oracle=lambda s: sum(1 for c in s if cond(c)) >= k,
        inputs=lambda r: (text_for(r, cond, k + 2)[: r.randint(0, 16)],),
    )


@template("strings", held_out=True, kind=("first", "last"), cond=CHAR_CONDITIONS, none="?-#")
def char_where(kind: str, cond: Choice, none: str) -> Spec:
    loop = "int i = 0; i < text.length(); i++"
    if kind == "last":
        loop = "int i = text.length() - 1; i >= 0; i--"
    return Spec(
        says=(
            "return the $kind of the characters of a string that are $cond, or '$none' if there are none",
            "find the $kind character of {text} among those that are $cond; return '$none' if there are none",
            "look at the characters that are $cond and return the $kind one as a char, or '$none' if there are none",
        ),
        names="${kind}Char|find$cond|pickChar",
        params=(TEXT,),
        returns="char",
        body=f"""
            for ({loop}) {{
                char c = text.charAt(i);
                if ($cond) {{
                    return c;
                }}
            }}
            return '$none';
        """,
        oracle=lambda s: Char(([c for c in s if cond(c)] or [none])[0 if kind == "first" else -1]),
        inputs=lambda r: (text_for(r, cond),),
        edges=(("",),),
    )
