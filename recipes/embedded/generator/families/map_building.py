"""Templates that build a `HashMap`: frequencies, groups, unions."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

import random
from collections import Counter

from generator.spec import Args, Choice, Spec, template
from generator.vocabulary import (
    CONDITIONS,
    INT_LIST,
    WORD_CONDITIONS,
    WORD_LIST,
    comparisons,
    ints,
    mixed,
    word_map,
    words,
)


@template("lists and maps", cond=CONDITIONS, weight=range(1, 4))
def frequencies(cond: Choice, weight: int) -> Spec:
    def inputs(r: random.Random) -> Args:
        a = mixed(r, cond, 2, 5)
        return (a + [r.choice(a) for _ in range(3)],)

    def oracle(a: list[int]) -> dict[int, int]:
        return {x: weight * n for x, n in sorted(Counter(a).items()) if cond(x)}

    times = "" if weight == 1 else f", counting {weight} for each occurrence"
    return Spec(
        says=(
            f"count how often each number that is $cond occurs in a list{times}, and return the counts as a map",
            f"return a map from each element of {{numbers}} that is $cond to the number of its occurrences{times}",
            f"build a frequency map of the elements that are $cond{times}",
            f"[make|create] a HashMap that gives for each integer of the list that is $cond how many times it occurs{times}",
        ),
        names="frequencies|count$cond|occurrences|frequencyMap",
        params=(INT_LIST,),
        returns="HashMap<Integer, Integer>",
        body="""
            HashMap<Integer, Integer> counts = new HashMap<>();
            for (int x : numbers) {
                if ($cond) {
                    counts.put(x, counts.getOrDefault(x, 0) + $weight);
                }
            }
            return counts;
        """,
        oracle=oracle,
        inputs=inputs,
        edges=(([],),),
    )


@template("lists and maps", cond=WORD_CONDITIONS, weight=range(1, 4))
def word_frequencies(cond: Choice, weight: int) -> Spec:
    def oracle(ws: list[str]) -> dict[str, int]:
        return {w: weight * n for w, n in sorted(Counter(ws).items()) if cond(w)}

    def inputs(r: random.Random) -> Args:
        ws = words(r, 2, 5)
        ws += [r.choice(ws) for _ in range(r.randint(1, 3))]
        return (ws,)

    times = "" if weight == 1 else f", counting {weight} for each occurrence"
    return Spec(
        says=(
            f"count how often each of the words $cond occurs in a list{times}, and return the counts as a map",
            f"return a map from the words of {{words}} $cond to the number of their occurrences{times}",
            f"build a frequency map of the words $cond{times}",
            f"[make|create] a HashMap that gives for the words $cond how many times each occurs in the list{times}",
        ),
        names="wordCounts|count$cond|countWords|frequencyMap",
        params=(WORD_LIST,),
        returns="HashMap<String, Integer>",
        body="""
            HashMap<String, Integer> counts = new HashMap<>();
            for (String w : words) {
                if ($cond) {
                    counts.put(w, counts.getOrDefault(w, 0) + $weight);
                }
            }
            return counts;
        """,
        oracle=oracle,
        inputs=inputs,
        edges=(([],),),
    )


@template(
    "lists and maps",
    by=("length", "first letter"),
    cond=comparisons(range(3, 8)),
    what=("lists", "counts"),
)
def group_words(by: str, cond: Choice, what: str) -> Spec:
    key_type = "Integer" if by == "length" else "String"
    key = "w.length()" if by == "length" else "w.substring(0, 1)"
    value = "List<String>" if what == "lists" else "Integer"
    store = (
        "groups.computeIfAbsent(key, k -> new ArrayList<>()).add(w);"
        if what == "lists"
        else "groups.put(key, groups.getOrDefault(key, 0) + 1);"
    )
    to = "the list of words" if what == "lists" else "the number of words"
    test = cond.java.replace("x", "w.length()")
    java_key = {"Integer": "int", "String": "String"}[key_type]

    def oracle(ws: list[str]) -> dict[object, object]:
        groups: dict[object, list[str]] = {}
        for w in ws:
            if cond(len(w)):
                groups.setdefault(len(w) if by == "length" else w[0], []).append(w)
        return {k: v if what == "lists" else len(v) for k, v in groups.items()}

    return Spec(
        says=(
            f"group the words whose length is $cond by their $by: return a map from each $by to {to} with it",
            f"return a map from $by to {to} of {{words}} with that $by, for words with a length that is $cond",
            f"build a HashMap that gives for every $by {to} that have it, considering only words of a length that is $cond",
            f"[collect|arrange] the words of the list by $by into a map to {to}, leaving out words unless their length is $cond",
        ),
        names="groupWords|groupBy|wordsBy|arrange",
        params=(WORD_LIST,),
        returns=f"HashMap<{key_type}, {value}>",
        body=f"""
            HashMap<{key_type}, {value}> groups = new HashMap<>();
            for (String w : words) {{
                if ({test}) {{
                    {java_key} key = {key};
                    {store}
                }}
            }}
            return groups;
        """,
        oracle=oracle,
        inputs=lambda r: (words(r, 3, 7),),
        edges=(([],),),
    )


@template("lists and maps", op=("add", "larger", "smaller"), bonus=range(10))
def merge_maps(op: str, bonus: int) -> Spec:
    combine = {
        "add": "map.get(key) + x",
        "larger": "Math.max(map.get(key), x)",
        "smaller": "Math.min(map.get(key), x)",
    }[op]
    extra = f" + {bonus}" if bonus else ""
    phrase = {
        "add": "the sum of both values",
        "larger": "the larger of both values",
        "smaller": "the smaller of both values",
    }[op]
    plus = f" plus {bonus}" if bonus else ""

    def oracle(p: dict[str, int], q: dict[str, int]) -> dict[str, int]:
        both = {
            k: {"add": p[k] + q[k], "larger": max(p[k], q[k]), "smaller": min(p[k], q[k])}[op]
            for k in p
            if k in q
        }
        return {**p, **q, **{k: v + bonus for k, v in both.items()}}

    def inputs(r: random.Random) -> Args:
        p, q = word_map(r, 10, 2, 3), word_map(r, 10, 1, 2)
        return p, {**q, r.choice(list(p)): r.randint(1, 20)}

    return Spec(
        says=(
            f"merge two maps: a key that is in both gets {phrase}{plus}, other keys keep their value",
            f"return a map with all keys of {{map}} and {{other}}; keys of both have {phrase}{plus}, the rest have their only value",
            f"combine two maps into a new one where a common key has {phrase}{plus} and every other key its own value",
            f"build the union of two maps, giving keys that occur in both {phrase}{plus}, and leaving other values as they are",
        ),
        names="merge|mergeMaps|combine|union",
        params=(
            "HashMap<String, Integer> map|first|left",
            "HashMap<String, Integer> other|second|right",
        ),
        returns="HashMap<String, Integer>",
        body=f"""
            HashMap<String, Integer> result = new HashMap<>(map);
            for (String key : other.keySet()) {{
                int x = other.get(key);
                result.put(key, map.containsKey(key) ? {combine}{extra} : x);
            }}
            return result;
        """,
        oracle=oracle,
        inputs=inputs,
    )


@template(
    "lists and maps",
    held_out=True,
    cond=comparisons(range(1, 4))[3:],
    order=("ascending", "descending"),
    low=range(-5, 6, 2),
)
def repeated_numbers(cond: Choice, order: str, low: int) -> Spec:
    sort = (
        "Collections.sort(result);"
        if order == "ascending"
        else "Collections.sort(result, Collections.reverseOrder());"
    )

    def oracle(a: list[int]) -> list[int]:
        found = [v for v, n in Counter(a).items() if cond(n) and v >= low]
        return sorted(found, reverse=order == "descending")

    def inputs(r: random.Random) -> Args:
        a = ints(r, low - 2, low + 6, 2, 4)
        a += [r.choice(a) for _ in range(4)]
        r.shuffle(a)
        return (a,)

    return Spec(
        says=(
            "return the distinct numbers of a list that are at least $low and occur a number of times that is $cond, in $order order",
            "find the elements of {numbers} that are at least $low and whose number of occurrences is $cond; list each once, in $order order",
            "count the occurrences of each number that is at least $low and return, in $order order, those numbers with a count that is $cond",
        ),
        names="repeated|occurring$cond|findRepeated",
        params=(INT_LIST,),
        returns="List<Integer>",
        body=f"""
            HashMap<Integer, Integer> counts = new HashMap<>();
            for (int v : numbers) {{
                counts.put(v, counts.getOrDefault(v, 0) + 1);
            }}
            List<Integer> result = new ArrayList<>();
            for (int v : counts.keySet()) {{
                int x = counts.get(v);
                if ($cond && v >= $low) {{
                    result.add(v);
                }}
            }}
            {sort}
            return result;
        """,
        oracle=oracle,
        inputs=inputs,
        edges=(([],),),
    )
