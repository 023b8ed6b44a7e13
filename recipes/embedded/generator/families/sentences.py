"""String templates over words and sentences: split at separators, choose, rebuild, compare."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

import random

from generator.spec import Args, Choice, Spec, template
from generator.vocabulary import (
    EXTREMES,
    TEXT,
    WORD_CONDITIONS,
    WORDS,
    sentence,
    word,
    words_for,
)

SENTENCE = "String sentence|text|line|s"


def _sentence_for(r: random.Random, cond: Choice) -> Args:
    return (" ".join(words_for(r, cond, 2, 5)),)


@template("strings", cond=WORD_CONDITIONS, what=("count", "letters"))
def count_in_sentence(cond: Choice, what: str) -> Spec:
    head = "the number of words" if what == "count" else "the total length of the words"
    update = "count++;" if what == "count" else "count += w.length();"
    return Spec(
        says=(
            f"[find|compute] {head} $cond in a sentence whose words are separated by single spaces",
            f"split {{sentence}} at the spaces and return {head} $cond",
            f"return {head} $cond in a string of words separated by single spaces",
            f"[determine|get] {head} of the [given |]sentence $cond (words are separated by one space)",
        ),
        names="countWords|count$cond|wordsIn|sentenceCount",
        params=(SENTENCE,),
        returns="int",
        body=f"""
            int count = 0;
            for (String w : sentence.split(" ")) {{
                if ($cond) {{
                    {update}
                }}
            }}
            return count;
        """,
        oracle=lambda s: sum(1 if what == "count" else len(w) for w in s.split(" ") if cond(w)),
        inputs=lambda r: _sentence_for(r, cond),
    )


@template("strings", cond=WORD_CONDITIONS, change=("upper", "reverse", "initial", "star"))
def change_words(cond: Choice, change: str) -> Spec:
    java = {
        "upper": "w.toUpperCase()",
        "reverse": "new StringBuilder(w).reverse().toString()",
        "initial": "w.substring(0, 1)",
        "star": '"*"',
    }[change]
    verb = {
        "upper": "put into upper case",
        "reverse": "reversed",
        "initial": "cut to their first letter",
        "star": "replaced by a single '*'",
    }[change]

    def oracle(s: str) -> str:
        def changed(w: str) -> str:
            return {"upper": w.upper(), "reverse": w[::-1], "initial": w[0], "star": "*"}[change]

        return " ".join(changed(w) if cond(w) else w for w in s.split(" "))

    return Spec(
        says=(
            f"return the sentence with the words $cond {verb} and the other words unchanged; words are separated by single spaces",
            f"rebuild {{sentence}}, a string of words separated by single spaces, with the words $cond {verb}",
            f"split a string at the spaces and join it again, the words $cond being {verb}",
            f"change a sentence so that the words $cond are {verb}, keeping all other words and the single spaces between words",
        ),
        names=f"{change}Words|change$cond|rewrite|{change}$cond",
        params=(SENTENCE,),
        returns="String",
        body=f"""
            String[] parts = sentence.split(" ");
            for (int i = 0; i < parts.length; i++) {{
                String w = parts[i];
                if ($cond) {{
                    parts[i] = {java};
                }}
            }}
            return String.join(" ", parts);
        """,
        oracle=oracle,
        inputs=lambda r: _sentence_for(r, cond),
    )


@template("strings", which=EXTREMES, cond=WORD_CONDITIONS[::2], none=("", "none"))
def extreme_word(which: Choice, cond: Choice, none: str) -> Spec:
    adjective = "longest" if which.name == "Max" else "shortest"
    sign = ">" if which.name == "Max" else "<"
    default = f'"{none}"' if none else "an empty string"

    def oracle(s: str) -> str:
        fitting = [w for w in s.split(" ") if cond(w)]
        return which(fitting, key=len) if fitting else none

    return Spec(
        says=(
            f"find the {adjective} of the words $cond in a sentence (the first one if several are equally long), or {default} if there is none",
            f"return the {adjective} one, and of equally long ones the first, among the words of {{sentence}} $cond; return {default} if there are none",
            f"split a string at the spaces and return the {adjective} of the words $cond, or {default} if there is none; of several take the first",
            f"get the first of the {adjective} words among the words $cond in the [given |]sentence ({default} if there are none)",
        ),
        names=f"{adjective}Word|{adjective}$cond|find{adjective.capitalize()}|pickWord",
        params=(SENTENCE,),
        returns="String",
        body=f"""
            String best = null;
            for (String w : sentence.split(" ")) {{
                if ($cond) {{
                    if (best == null || w.length() {sign} best.length()) {{
                        best = w;
                    }}
                }}
            }}
            return best == null ? "$none" : best;
        """,
        oracle=oracle,
        inputs=lambda r: _sentence_for(r, cond),
    )


@template("strings", sep="-:/.;_", index=range(3), change=("", "upper", "reverse", "length"))
def field_of(sep: str, index: int, change: str) -> Spec:
    java = {
        "": "parts[$index]",
        "upper": "parts[$index].toUpperCase()",
        "reverse": "new StringBuilder(parts[$index]).reverse().toString()",
        "length": "parts[$index].length()",
    }[change]
    what = {"": "", "upper": " in upper case", "reverse": " reversed", "length": ""}[change]
    head = "the length of the part" if change == "length" else "the part"
    empty = "0" if change == "length" else '""'
    default = "0" if change == "length" else "an empty string"

    def oracle(s: str) -> object:
        parts = s.split(sep)
        if index >= len(parts):
            return 0 if change == "length" else ""
        p = parts[index]
        return {"": p, "upper": p.upper(), "reverse": p[::-1], "length": len(p)}[change]

    split = '"\\\\."' if sep == "." else '"$sep"'
    return Spec(
        says=(
            f"split a string at each '$sep' and return {head} with index $index (starting from 0){what}, or {default} if there is no such part",
            f"return {head} number $index, counted from 0, of {{text}} split at '$sep'{what and ',' + what}; return {default} if there are too few parts",
            f"split {{text}} at every '$sep' and get {head} at index $index (the first has index 0){what}, or {default} if it has fewer parts",
            f"[cut|divide] the [given |]string at every '$sep' and return {head} at 0-based position $index{what} ({default} if there is none)",
        ),
        names="field|getPart|part$index|splitAt",
        params=(TEXT,),
        returns="int" if change == "length" else "String",
        body=f"""
            String[] parts = text.split({split});
            if (parts.length <= $index) {{
                return {empty};
            }}
            return {java};
        """,
        oracle=oracle,
        inputs=lambda r: (sep.join(r.sample(WORDS, r.randint(1, 4))),),
    )


@template(
    "strings",
    least=range(1, 8),
    how=("first letter", "last letter"),
    case=("upper", "lower", "same"),
)
def initials(least: int, how: str, case: str) -> Spec:
    get = "w.charAt(0)" if how == "first letter" else "w.charAt(w.length() - 1)"
    char = {
        "upper": f"Character.toUpperCase({get})",
        "lower": f"Character.toLowerCase({get})",
        "same": get,
    }[case]
    also = "" if case == "same" else f", in {case} case"

    def oracle(s: str) -> str:
        letters = "".join(
            w[0] if how == "first letter" else w[-1] for w in s.split(" ") if len(w) >= least
        )
        return {"upper": letters.upper(), "lower": letters.lower(), "same": letters}[case]

    return Spec(
        says=(
            f"make a string of the {how}s of all words of a sentence that have at least $least letters{also}",
            f"return the {how} of each word of {{sentence}} with $least or more letters, put together to a string{also}",
            f"build an abbreviation from the {how}s of the words with at least $least letters{also}; words are separated by single spaces",
            f"[collect|concatenate] the {how} of every word that is at least $least letters long{also}",
        ),
        names="initials|abbreviate|acronym|letters",
        params=(SENTENCE,),
        returns="String",
        body=f"""
            StringBuilder sb = new StringBuilder();
            for (String w : sentence.split(" ")) {{
                if (w.length() >= $least) {{
                    sb.append({char});
                }}
            }}
            return sb.toString();
        """,
        oracle=oracle,
        inputs=lambda r: (sentence(r, 2, 5),),
    )


@template("strings", held_out=True, cond=WORD_CONDITIONS, sep="-+_/,")
def join_words_of_sentence(cond: Choice, sep: str) -> Spec:
    return Spec(
        says=(
            "take the words $cond out of a sentence and join them with '$sep' between them",
            "split {sentence} at the spaces and return the words $cond, separated by '$sep'",
            "go through the words of a sentence and return the words $cond, with '$sep' as separator",
        ),
        names="joinWords|pick$cond|extractWords",
        params=(SENTENCE,),
        returns="String",
        body="""
            StringBuilder sb = new StringBuilder();
            for (String w : sentence.split(" ")) {
                if ($cond) {
                    if (sb.length() > 0) {
                        sb.append("$sep");
                    }
                    sb.append(w);
                }
            }
            return sb.toString();
        """,
        oracle=lambda s: sep.join(w for w in s.split(" ") if cond(w)),
        inputs=lambda r: _sentence_for(r, cond),
    )


@template("strings", end=("starts", "ends"), part="aedklnrst", least=range(2, 8))
def check_word(end: str, part: str, least: int) -> Spec:
    call = f"{end}With"

    def inputs(r: random.Random) -> Args:
        w = word(r)
        if r.random() < 0.6:
            w = part + w if end == "starts" else w + part
        return (w[: least - 1] if r.random() < 0.2 else w,)

    return Spec(
        says=(
            "check whether a string $end with '$part' and has at least $least characters",
            "return true if {text} $end with the letter '$part' and its length is $least or more, and false otherwise",
            "[test|determine] whether the [given |]string has a length of at least $least and $end with '$part'",
            "tell whether {text} is at least $least characters long and $end with '$part'",
        ),
        names="checkWord|${end}With${part}|isValid|matches",
        params=(TEXT,),
        returns="boolean",
        body=f"""
            if (text.length() < $least) {{
                return false;
            }}
            return text.{call}("$part");
        """,
        oracle=lambda s: (
            len(s) >= least and (s.startswith(part) if end == "starts" else s.endswith(part))
        ),
        inputs=inputs,
        edges=(("",),),
    )


@template("strings", case=("", "lower"), add=range(6), times=range(1, 5))
def common_prefix(case: str, add: int, times: int) -> Spec:
    lower = ".toLowerCase()" if case else ""
    ignoring = ", ignoring case" if case else ""
    many = {1: "", 2: "twice "}.get(times, f"{times} times ")
    plus = f", plus {add}" if add else ""
    result = ("i" if times == 1 else f"{times} * i") + (f" + {add}" if add else "")

    def oracle(p: str, q: str) -> int:
        n = 0
        if case:
            p, q = p.lower(), q.lower()
        while n < min(len(p), len(q)) and p[n] == q[n]:
            n += 1
        return times * n + add

    def inputs(r: random.Random) -> Args:
        head = word(r)[: r.randint(0, 5)]
        p, q = head + word(r), head + word(r)
        return (p.capitalize() if r.random() < 0.5 else p, q)

    return Spec(
        says=(
            f"[find|compute] {many}the length of the longest common prefix of two strings{ignoring}{plus}",
            f"return {many}the number of characters that {{first}} and {{second}} have in common at their beginning{ignoring}{plus}",
            f"count the characters in which two strings agree from the start until they differ or one ends{ignoring}, and return {many or ''}that count{plus}",
            f"get {many}the length of the common beginning of {{first}} and {{second}}{ignoring}{plus}",
        ),
        names="commonPrefix|prefixLength|sameStart|agree",
        params=("String first|a|left", "String second|b|right"),
        returns="int",
        body=f"""
            String p = first{lower};
            String q = second{lower};
            int i = 0;
            while (i < p.length() && i < q.length() && p.charAt(i) == q.charAt(i)) {{
                i++;
            }}
            return {result};
        """,
        oracle=oracle,
        inputs=inputs,
        edges=(("", "tea"), ("tea", "tea")),
    )
