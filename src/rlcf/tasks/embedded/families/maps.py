"""Templates over `HashMap`: count, look up, sum, filter, update, group, merge."""

from __future__ import annotations

import random
from collections import Counter

from rlcf.tasks.embedded.spec import Args, Choice, Spec, template
from rlcf.tasks.embedded.vocabulary import (
    CONDITIONS,
    EXTREMES,
    INT_LIST,
    MAP,
    TRANSFORMS,
    WORD_CONDITIONS,
    WORD_LIST,
    comparisons,
    ints,
    mixed,
    word_map,
    words,
)

VALUE_CONDITIONS = CONDITIONS[::2]


@template("lists and maps", cond=CONDITIONS, weight=range(1, 4))
def frequencies(cond: Choice, weight: int) -> Spec:
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
        oracle=lambda a: {x: weight * n for x, n in sorted(Counter(a).items()) if cond(x)},
        inputs=lambda r: (lambda a: (a + [r.choice(a) for _ in range(3)],))(mixed(r, cond, 2, 5)),
        edges=(([],),),
    )


@template("lists and maps", cond=WORD_CONDITIONS, weight=range(1, 4))
def word_frequencies(cond: Choice, weight: int) -> Spec:
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
        oracle=lambda ws: {w: weight * n for w, n in sorted(Counter(ws).items()) if cond(w)},
        inputs=inputs,
        edges=(([],),),
    )


@template("lists and maps", cond=CONDITIONS, start=(0, 1, 10, 100))
def sum_values(cond: Choice, start: int) -> Spec:
    plus = "" if start == 0 else f", plus {start}"
    return Spec(
        says=(
            f"[compute|calculate] the sum of the values of a map that are $cond{plus}",
            f"add up all values in {{map}} that are $cond and return the total{plus}",
            f"return the [total|sum] of those values of the [given |]map that are $cond{plus}",
            f"go through the values of a map and sum those that are $cond{plus}",
        ),
        names="sumValues|total$cond|sum$cond|addValues",
        params=(MAP,),
        returns="int",
        body="""
            int sum = $start;
            for (int x : map.values()) {
                if ($cond) {
                    sum += x;
                }
            }
            return sum;
        """,
        oracle=lambda m: start + sum(x for x in m.values() if cond(x)),
        inputs=lambda r: (word_map(r, cond.at),),
        edges=(({},),),
    )


@template("lists and maps", cond=CONDITIONS, order=("ascending", "descending"))
def keys_where(cond: Choice, order: str) -> Spec:
    sort = (
        "Collections.sort(keys);"
        if order == "ascending"
        else "Collections.sort(keys, Collections.reverseOrder());"
    )
    alphabet = "alphabetical order" if order == "ascending" else "reverse alphabetical order"
    return Spec(
        says=(
            f"return the keys of a map whose values are $cond, in {alphabet}",
            f"[find|collect] all keys of {{map}} with a value that is $cond, and sort them in {alphabet}",
            f"[get|list] the keys whose value is $cond, sorted in {alphabet}",
            f"build a list, in {alphabet}, of the keys that the [given |]map maps to numbers that are $cond",
        ),
        names="keysWhere|keys$cond|findKeys|select$cond",
        params=(MAP,),
        returns="List<String>",
        body=f"""
            List<String> keys = new ArrayList<>();
            for (String key : map.keySet()) {{
                int x = map.get(key);
                if ($cond) {{
                    keys.add(key);
                }}
            }}
            {sort}
            return keys;
        """,
        oracle=lambda m: sorted(
            (w for w, x in m.items() if cond(x)), reverse=order == "descending"
        ),
        inputs=lambda r: (word_map(r, cond.at),),
        edges=(({},),),
    )


@template("lists and maps", f=TRANSFORMS, cond=CONDITIONS[::10])
def update_values(f: Choice, cond: Choice) -> Spec:
    return Spec(
        says=(
            "return a new map with the same keys, where values that are $cond are $f and other values are unchanged",
            "copy {map}, but with every value that is $cond $f",
            "build a map from the given one in which each value that is $cond is $f; the others stay as they are",
            "[change|update] the values of a map that are $cond: each is $f; return the result as a new map",
        ),
        names="updateValues|change$cond|mapValues|apply$f",
        params=(MAP,),
        returns="HashMap<String, Integer>",
        body="""
            HashMap<String, Integer> result = new HashMap<>();
            for (String key : map.keySet()) {
                int x = map.get(key);
                result.put(key, $cond ? $f : x);
            }
            return result;
        """,
        oracle=lambda m: {w: f(x) if cond(x) else x for w, x in m.items()},
        inputs=lambda r: (word_map(r, cond.at, 1, 4),),
        edges=(({},),),
    )


@template("lists and maps", default=range(25), kind=("sum", "max", "list"))
def look_up(default: int, kind: str) -> Spec:
    head = {"sum": "the sum of", "max": "the largest of", "list": "a list of"}[kind]
    start = {
        "sum": "int result = 0;",
        "max": "int result = 0;",
        "list": "List<Integer> result = new ArrayList<>();",
    }[kind]
    get = "prices.getOrDefault(w, $default)"
    update = {
        "sum": f"result += {get};",
        "max": f"result = Math.max(result, {get});",
        "list": f"result.add({get});",
    }[kind]
    zero = "" if kind == "list" else " (0 for an empty list)"

    def oracle(m: dict[str, int], ws: list[str]) -> object:
        found = [m.get(w, default) for w in ws]
        return {"sum": sum(found), "max": max([0, *found]), "list": found}[kind]

    def inputs(r: random.Random) -> Args:
        m = {k: v + 12 for k, v in word_map(r, 10).items()}
        ws = [r.choice((*m, *words(r, 1, 1))) for _ in range(r.randint(1, 4))]
        return m, ws

    return Spec(
        says=(
            f"return {head} the prices of the given words, where a word that is not in the map has the price $default{zero}",
            f"look up every word of {{words}} in {{prices}} and return {head} the values found, using $default for words that are missing{zero}",
            f"[compute|find] {head} the values that the map gives for the words of a list; missing words count as $default{zero}",
            f"get {head} the prices of all words in the list, with $default for each word without a price{zero}",
        ),
        names="lookUp|priceOf|totalPrice|getPrices",
        params=("HashMap<String, Integer> prices|map|values", "List<String> words|items|names"),
        returns="List<Integer>" if kind == "list" else "int",
        body=f"""
            {start}
            for (String w : words) {{
                {update}
            }}
            return result;
        """,
        oracle=oracle,
        inputs=inputs,
        edges=(({"tea": 5}, []),),
    )


@template("lists and maps", which=EXTREMES, cond=WORD_CONDITIONS, none=("none", ""))
def key_of_extreme(which: Choice, cond: Choice, none: str) -> Spec:
    sign = ">" if which.name == "Max" else "<"
    default = '"none"' if none else "an empty string"

    def oracle(m: dict[str, int]) -> str:
        fitting = [w for w in m if cond(w)]
        return which(fitting, key=lambda w: m[w]) if fitting else none

    def inputs(r: random.Random) -> Args:
        fitting = [w for w in words(r, 9, 9) if cond(w)]
        keys = dict.fromkeys(words(r, 2, 4) + fitting[:2])
        return (dict(zip(keys, r.sample(range(1, 50), len(keys)), strict=True)),)

    return Spec(
        says=(
            f"look at the words $cond among the keys of a map and return the one with the $which value (values are distinct), or {default} if there is none",
            f"find the key with the $which value, considering only the words $cond; return {default} if there are none (all values differ)",
            f"return, of the words in {{map}} $cond, the one whose value is the $which, or {default} if there is no such word; no two values are equal",
            f"[get|determine] the word with the $which value among the words $cond in the map, where no value occurs twice; return {default} if there are none",
        ),
        names="keyOf$which|${which}Key|best$cond|find$which",
        params=(MAP,),
        returns="String",
        body=f"""
            String best = "$none";
            for (String w : map.keySet()) {{
                if ($cond) {{
                    if (best.equals("$none") || map.get(w) {sign} map.get(best)) {{
                        best = w;
                    }}
                }}
            }}
            return best;
        """,
        oracle=oracle,
        inputs=inputs,
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
        fn = {"add": lambda a, b: a + b, "larger": max, "smaller": min}[op]
        return {
            k: fn(p[k], q[k]) + bonus if k in p and k in q else {**p, **q}[k] for k in {**p, **q}
        }

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


@template("lists and maps", held_out=True, cond=VALUE_CONDITIONS, f=TRANSFORMS[::9])
def select_entries(cond: Choice, f: Choice) -> Spec:
    return Spec(
        says=(
            "return a new map with only those entries whose value is $cond, each value $f",
            "build a map from the entries of {map} that have a value that is $cond, with each of these values $f",
            "keep the entries of a map with values that are $cond, and return them in a new map with each value $f",
        ),
        names="selectEntries|keep$cond|filterMap",
        params=(MAP,),
        returns="HashMap<String, Integer>",
        body="""
            HashMap<String, Integer> result = new HashMap<>();
            for (String key : map.keySet()) {
                int x = map.get(key);
                if ($cond) {
                    result.put(key, $f);
                }
            }
            return result;
        """,
        oracle=lambda m: {w: f(x) for w, x in m.items() if cond(x)},
        inputs=lambda r: (word_map(r, cond.at),),
        edges=(({},),),
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
