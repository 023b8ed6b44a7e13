"""Templates over `List<String>`: filter, count, join, find, sort."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

from generator.spec import Choice, Spec, template
from generator.vocabulary import (
    WORD_CONDITIONS,
    WORD_LIST,
    words,
    words_for,
)


@template("lists and maps", cond=WORD_CONDITIONS, change=("", "upper", "reverse", "length"))
def filter_words(cond: Choice, change: str) -> Spec:
    java = {
        "": "w",
        "upper": "w.toUpperCase()",
        "reverse": "new StringBuilder(w).reverse().toString()",
        "length": "w.length()",
    }[change]
    item = "Integer" if change == "length" else "String"
    what = {"": "", "upper": ", in upper case", "reverse": ", each reversed", "length": ""}[change]
    head = "the lengths of the words" if change == "length" else "the words"

    def oracle(ws: list[str]) -> list[object]:
        chosen = [w for w in ws if cond(w)]
        if change == "length":
            return [len(w) for w in chosen]
        return [{"": w, "upper": w.upper(), "reverse": w[::-1]}[change] for w in chosen]

    return Spec(
        says=(
            f"return a list of {head} $cond{what}",
            f"[collect|gather] {head} of {{words}} $cond{what}, in the same order",
            f"go through a list of strings and return {head} $cond{what}",
            f"build a list of {head} in the [given |]list $cond{what}, keeping the order",
        ),
        names="filter$cond|select$cond|wordList|pickWords",
        params=(WORD_LIST,),
        returns=f"List<{item}>",
        body=f"""
            List<{item}> result = new ArrayList<>();
            for (String w : words) {{
                if ($cond) {{
                    result.add({java});
                }}
            }}
            return result;
        """,
        oracle=oracle,
        inputs=lambda r: (words_for(r, cond),),
        edges=(([],),),
    )


@template("lists and maps", cond=WORD_CONDITIONS, what=("count", "letters"))
def count_words(cond: Choice, what: str) -> Spec:
    update = "count++;" if what == "count" else "count += w.length();"
    head = "the number of words" if what == "count" else "the total length of the words"
    return Spec(
        says=(
            f"[find|compute] {head} $cond in a list",
            f"return {head} of {{words}} $cond",
            f"[calculate|determine] {head} in the [given |]list of strings $cond",
            f"go through the list and return {head} $cond",
        ),
        names="count$cond|countWords|total$cond|howMany$cond",
        params=(WORD_LIST,),
        returns="int",
        body=f"""
            int count = 0;
            for (String w : words) {{
                if ($cond) {{
                    {update}
                }}
            }}
            return count;
        """,
        oracle=lambda ws: sum(1 if what == "count" else len(w) for w in ws if cond(w)),
        inputs=lambda r: (words_for(r, cond),),
        edges=(([],),),
    )


@template("lists and maps", cond=WORD_CONDITIONS[::2], sep="-,+/ _")
def join_words(cond: Choice, sep: str) -> Spec:
    name = "a space" if sep == " " else "'$sep'"
    return Spec(
        says=(
            f"join the words $cond with {name} between them",
            f"return a string of the words of {{words}} $cond, separated by {name}",
            f"[concatenate|connect] all words of the list $cond, with {name} as separator",
            f"build one string from the words $cond, putting {name} between them",
        ),
        names="join$cond|joinWords|connect|concatenate",
        params=(WORD_LIST,),
        returns="String",
        body="""
            StringBuilder sb = new StringBuilder();
            for (String w : words) {
                if ($cond) {
                    if (sb.length() > 0) {
                        sb.append("$sep");
                    }
                    sb.append(w);
                }
            }
            return sb.toString();
        """,
        oracle=lambda ws: sep.join(w for w in ws if cond(w)),
        inputs=lambda r: (words_for(r, cond),),
        edges=(([],),),
    )


@template("lists and maps", end=("first", "last"), cond=WORD_CONDITIONS, none=("none", "", "?"))
def find_word(end: str, cond: Choice, none: str) -> Spec:
    default = f'"{none}"' if none else "an empty string"
    hit = "return w;" if end == "first" else "result = w;"
    return Spec(
        says=(
            f"find the $end of the words $cond, or return {default} if there is none",
            f"return the $end one among the words of {{words}} $cond; if there is none, return {default}",
            f"get the $end one of the words in the [given |]list $cond, or {default} if there is no such word",
            f"look through a list of strings for the words $cond and return the $end one ({default} if there is none)",
        ),
        names="find$end|${end}$cond|${end}Word|getWord",
        params=(WORD_LIST,),
        returns="String",
        body=f"""
            String result = "$none";
            for (String w : words) {{
                if ($cond) {{
                    {hit}
                }}
            }}
            return result;
        """,
        oracle=lambda ws: ([w for w in ws if cond(w)] or [none])[0 if end == "first" else -1],
        inputs=lambda r: (words_for(r, cond),),
        edges=(([],),),
    )


@template(
    "lists and maps",
    by=("length", "last letter"),
    order=("ascending", "descending"),
    take=range(1, 9),
)
def sort_words(by: str, order: str, take: int) -> Spec:
    key = "w.length()" if by == "length" else "w.charAt(w.length() - 1)"
    compare = f"Comparator.comparing((String w) -> {key})" + (
        ".reversed()" if order == "descending" else ""
    )

    def oracle(ws: list[str]) -> list[str]:
        fn = len if by == "length" else (lambda w: w[-1])
        return sorted(ws, key=fn, reverse=order == "descending")[:take]

    return Spec(
        says=(
            "sort words by their $by in $order order and return the first $take of them (all if there are fewer)",
            "return the first $take words (or all, if fewer) of the list after sorting it by $by, $order; equal ones keep their order",
            "order {words} by $by ($order, stable) and return at most $take words from the front",
            "[get|find] the first $take strings when the [given |]list is sorted stably by $by in $order order, or all if there are fewer",
        ),
        names="sortWords|firstSorted|order$order|top$take",
        params=(WORD_LIST,),
        returns="List<String>",
        body=f"""
            List<String> sorted = new ArrayList<>(words);
            sorted.sort({compare});
            int end = Math.min($take, sorted.size());
            return new ArrayList<>(sorted.subList(0, end));
        """,
        oracle=oracle,
        inputs=lambda r: (words(r, 2, 7),),
        edges=(([],),),
    )


@template("lists and maps", held_out=True, cond=WORD_CONDITIONS[::2], k=range(2, 5))
def enough_words(cond: Choice, k: int) -> Spec:
    return Spec(
        says=(
            "check whether a list has at least $k words $cond",
            "return true if $k or more of {words} are words $cond, and false otherwise",
            "[test|determine] whether the number of words $cond is at least $k",
        ),
        names="hasAtLeast$k|enoughWords|check$cond",
        params=(WORD_LIST,),
        returns="boolean",
        body="""
            int count = 0;
            for (String w : words) {
                if ($cond) {
                    count++;
                }
            }
            return count >= $k;
        """,
        oracle=lambda ws: sum(1 for w in ws if cond(w)) >= k,
        inputs=lambda r: (words_for(r, cond, 2, 5, k + 1),),
        edges=(([],),),
    )
