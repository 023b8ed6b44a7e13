"""Templates that read a `HashMap`: sum, look up, choose keys, change values."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

import random

from generator.spec import Args, Choice, Spec, template
from generator.vocabulary import (
    CONDITIONS,
    EXTREMES,
    MAP,
    TRANSFORMS,
    WORD_CONDITIONS,
    word_map,
    words,
)

VALUE_CONDITIONS = CONDITIONS[::2]


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
