"""Templates over `int[]`: accumulate, search, compare neighbours, build a new array."""

from __future__ import annotations

import itertools

from rlcf.tasks.embedded.spec import Choice, Spec, template
from rlcf.tasks.embedded.vocabulary import (
    COMPARE,
    CONDITIONS,
    EXTREMES,
    INT_ARRAY,
    TRANSFORMS,
    around,
    comparisons,
    divisibility,
    ints,
    mixed,
)


@template("arrays", cond=CONDITIONS)
def count_where(cond: Choice) -> Spec:
    return Spec(
        says=(
            "count the [numbers|elements] of [the given|an] array that are $cond",
            "find how many [integers|elements] in the [given |]array {numbers} are $cond",
            "return the number of elements in an array of integers that are $cond",
            "[determine|compute] how many values of the array are $cond",
        ),
        names="count$cond|countNumbers$cond|howMany$cond|count",
        params=(INT_ARRAY,),
        returns="int",
        body="""
            int count = 0;
            for (int x : numbers) {
                if ($cond) {
                    count++;
                }
            }
            return count;
        """,
        oracle=lambda a: len([x for x in a if cond(x)]),
        inputs=lambda r: (mixed(r, cond),),
        edges=(([],),),
    )


@template("arrays", cond=CONDITIONS, f=TRANSFORMS[::4])
def sum_where(cond: Choice, f: Choice) -> Spec:
    return Spec(
        says=(
            "[find|compute|calculate] the sum of the [numbers|elements] of an array that are $cond, each $f",
            "add up the elements of the [given |]array {numbers} that are $cond, after each of them is $f",
            "take every [integer|element] of the array that is $cond, [$f|each $f], and return the [total|sum]",
            "return the sum over all elements that are $cond of the element $f",
        ),
        names="sum$cond|sumOf$f|totalOf$cond|sumNumbers",
        params=(INT_ARRAY,),
        returns="int",
        body="""
            int sum = 0;
            for (int x : numbers) {
                if ($cond) {
                    sum += $f;
                }
            }
            return sum;
        """,
        oracle=lambda a: sum(f(x) for x in a if cond(x)),
        inputs=lambda r: (mixed(r, cond),),
        edges=(([],),),
    )


@template("arrays", which=EXTREMES, cond=CONDITIONS[::2], none=(-1, 0, 100))
def extreme_where(which: Choice, cond: Choice, none: int) -> Spec:
    def oracle(a: list[int]) -> int:
        return which([x for x in a if cond(x)], default=none)

    return Spec(
        says=(
            "find the $which element of an array that is $cond, or return $none if there is none",
            "return the $which of the [numbers|integers] in {numbers} that are $cond, or $none if no number is",
            "[compute|determine] the $which value among the elements that are $cond; if there are none, the result is $none",
            "get the $which [number|value] of the [given |]array that is $cond ($none if no element is)",
        ),
        names="find$which|${which}Value|${which}Of$cond|get$which",
        params=(INT_ARRAY,),
        returns="int",
        body="""
            boolean found = false;
            int best = $none;
            for (int x : numbers) {
                if ($cond) {
                    best = found ? $java(best, x) : x;
                    found = true;
                }
            }
            return best;
        """.replace("$java", which.java),
        oracle=oracle,
        inputs=lambda r: (mixed(r, cond),),
    )


@template("arrays", end=("first", "last"), cond=CONDITIONS)
def index_where(end: str, cond: Choice) -> Spec:
    loop = "int i = 0; i < numbers.length; i++"
    if end == "last":
        loop = "int i = numbers.length - 1; i >= 0; i--"
    return Spec(
        says=(
            "find the index of the $end element of an array that is $cond, or -1 if there is none",
            "return the [position|index] (starting from 0) of the $end [number|element] that is $cond, or -1",
            "[search|look through] the array {numbers} for the $end element that is $cond and return its index, or -1 if [no element is|there is none]",
            "get the 0-based index of the $end value in the [given |]array that is $cond; return -1 if there is none",
        ),
        names="${end}Index|index$cond|find$cond|${end}$cond",
        params=(INT_ARRAY,),
        returns="int",
        body=f"""
            for ({loop}) {{
                int x = numbers[i];
                if ($cond) {{
                    return i;
                }}
            }}
            return -1;
        """,
        oracle=lambda a: ([i for i, x in enumerate(a) if cond(x)] or [-1])[
            0 if end == "first" else -1
        ],
        inputs=lambda r: (mixed(r, cond),),
    )


@template("arrays", kind=("all", "any", "none"), cond=CONDITIONS)
def all_or_any(kind: str, cond: Choice) -> Spec:
    test = "!(" + cond.java + ")" if kind == "all" else cond.java
    early = "true" if kind == "any" else "false"
    late = "false" if kind == "any" else "true"
    subject = {"all": "every element", "any": "at least one element", "none": "no element"}[kind]
    return Spec(
        says=(
            f"check [whether|if] {subject} of the [given |]array is $cond",
            f"return true if {subject} of the array {{numbers}} is $cond, and false otherwise",
            f"[test|determine|decide] whether {subject} in an array of integers is $cond",
            f"tell whether {subject} of an int array is $cond",
        ),
        names=f"{kind}$cond|check{kind.capitalize()}|{kind}Match|are{kind.capitalize()}$cond",
        params=(INT_ARRAY,),
        returns="boolean",
        body=f"""
            for (int x : numbers) {{
                if ({test}) {{
                    return {early};
                }}
            }}
            return {late};
        """,
        oracle=lambda a: (
            any(map(cond, a)) if kind == "any" else all(cond(x) == (kind == "all") for x in a)
        ),
        inputs=lambda r: (mixed(r, cond, 2, 5),),
    )


@template("arrays", start=range(4), step=range(2, 8), op=("sum", "product", "count of negative"))
def every_kth(start: int, step: int, op: str) -> Spec:
    update = {
        "sum": "result += numbers[i];",
        "product": "result *= numbers[i];",
        "count of negative": "result += numbers[i] < 0 ? 1 : 0;",
    }[op]

    def oracle(a: list[int]) -> int:
        result = 1 if op == "product" else 0
        for x in a[start::step]:
            result = result * x if op == "product" else result + (x if op == "sum" else x < 0)
        return int(result)

    what = f"{op} numbers" if op.startswith("count") else f"{op} of the numbers"
    empty = " (1 if there are none)" if op == "product" else ""
    return Spec(
        says=(
            f"[find|compute] the {what} at every index of the array that is reached from index $start in steps of $step{empty}",
            f"start at index $start of the array, take every element $step positions further, and return the {what} taken{empty}",
            f"return the {what} of {{numbers}} at the indices $start, $start + $step, $start + 2 * $step and so on{empty}",
            f"[calculate|determine] the {what} found when going through the array from index $start with step $step{empty}",
        ),
        names="everyKth|stepThrough|skipBy$step|strideFrom$start",
        params=(INT_ARRAY,),
        returns="int",
        body=f"""
            int result = {int(op == "product")};
            for (int i = $start; i < numbers.length; i += $step) {{
                {update}
            }}
            return result;
        """,
        oracle=oracle,
        inputs=lambda r: (ints(r, -6, 9, 4, 11),),
        edges=(([],), ([7, -3],)),
    )


@template("arrays", side=("left", "right"), k=range(1, 12), extra=range(6))
def rotate(side: str, k: int, extra: int) -> Spec:
    n = "numbers.length"
    target = f"(i + $k) % {n}" if side == "right" else f"(i + {n} - $k % {n}) % {n}"
    plus = f" + {extra}" if extra else ""
    also = f" and add {extra} to each of them" if extra else ""
    shift = k if side == "right" else -k
    return Spec(
        says=(
            f"rotate the elements of [an|the given] array to the $side by $k positions{also}",
            f"move every element of {{numbers}} $k places to the $side, [cyclically|going round at the end]{also}",
            f"return a new array with the elements rotated $side by $k{also}",
            f"shift the array cyclically to the $side by $k positions{also}; the result is a new array",
        ),
        names="rotate|rotateArray|rotateBy$k|shift$k",
        params=(INT_ARRAY,),
        returns="int[]",
        body=f"""
            int[] result = new int[{n}];
            for (int i = 0; i < {n}; i++) {{
                result[{target}] = numbers[i]{plus};
            }}
            return result;
        """,
        oracle=lambda a: [a[(i - shift) % len(a)] + extra for i in range(len(a))],
        inputs=lambda r: (ints(r, -5, 20, 2, 7),),
    )


@template("arrays", f=TRANSFORMS, cond=CONDITIONS[::9])
def change_where(f: Choice, cond: Choice) -> Spec:
    return Spec(
        says=(
            "return a new array in which each number that is $cond is $f, and the others are unchanged",
            "build an array from {numbers}: elements that are $cond are $f, all others are copied",
            "[copy|make a copy of] the array where every element that is $cond is $f",
            "create an array of the same length in which elements that are $cond are $f and other elements stay the same",
        ),
        names="change$cond|transform|update$cond|apply$f",
        params=(INT_ARRAY,),
        returns="int[]",
        body="""
            int[] result = new int[numbers.length];
            for (int i = 0; i < numbers.length; i++) {
                int x = numbers[i];
                result[i] = $cond ? $f : x;
            }
            return result;
        """,
        oracle=lambda a: [f(x) if cond(x) else x for x in a],
        inputs=lambda r: (mixed(r, cond, 2, 6),),
    )


@template("arrays", cmp=COMPARE, k=range(1, 13), kind=("difference", "sum", "product"))
def adjacent_pairs(cmp: Choice, k: int, kind: str) -> Spec:
    java = {"difference": "Math.abs(a - b)", "sum": "a + b", "product": "a * b"}[kind]
    words = "absolute difference" if kind == "difference" else kind
    fn = {
        "difference": lambda a, b: abs(a - b),
        "sum": lambda a, b: a + b,
        "product": lambda a, b: a * b,
    }[kind]
    return Spec(
        says=(
            f"count the pairs of [adjacent|neighbouring] elements of an array whose {words} is $cmp $k",
            f"find how many times two [neighbours|adjacent numbers] in {{numbers}} have [a|an] {words} $cmp $k".replace(
                "[a|an]", "an" if words[0] == "a" else "a"
            ),
            f"return the number of positions i where the {words} of element i and element i + 1 is $cmp $k",
            f"[compute|determine] the number of [consecutive|adjacent] pairs with {words} $cmp $k in the [given |]array",
        ),
        names="countPairs|adjacentPairs|countNeighbours|pairs$cmp$k",
        params=(INT_ARRAY,),
        returns="int",
        body=f"""
            int count = 0;
            for (int i = 0; i + 1 < numbers.length; i++) {{
                int a = numbers[i];
                int b = numbers[i + 1];
                if ({java} $cmp $k) {{
                    count++;
                }}
            }}
            return count;
        """,
        oracle=lambda a: sum(1 for p, q in itertools.pairwise(a) if cmp(fn(p, q), k)),
        inputs=lambda r: (ints(r, -2, 9 + k // 2, 3, 8),),
        edges=(([5],),),
    )


@template("arrays", a=range(1, 6), b=range(1, 6), kind=("sum", "difference", "product"))
def combine_extremes(a: int, b: int, kind: str) -> Spec:
    sign = {"sum": "+", "difference": "-", "product": "*"}[kind]
    lo = "min" if b == 1 else "$b * min"
    hi = "max" if a == 1 else "$a * max"
    low = "the smallest element" if b == 1 else "$b times the smallest element"
    high = "the largest element" if a == 1 else "$a times the largest element"
    verb = {"sum": "plus", "difference": "minus", "product": "multiplied by"}[kind]

    def oracle(xs: list[int]) -> int:
        p, q = a * max(xs), b * min(xs)
        return {"sum": p + q, "difference": p - q, "product": p * q}[kind]

    return Spec(
        says=(
            f"[compute|calculate|find] {high} {verb} {low} of a non-empty array",
            f"return {high} of the array {verb} {low}",
            f"get {high} {verb} {low}, for an array {{numbers}} with at least one element",
            f"[determine|work out] the value of {high} {verb} {low} in the [given |]array",
        ),
        names=f"{kind}OfExtremes|maxAndMin|combine|extreme{kind.capitalize()}",
        params=(INT_ARRAY,),
        returns="int",
        body=f"""
            int max = numbers[0];
            int min = numbers[0];
            for (int x : numbers) {{
                max = Math.max(max, x);
                min = Math.min(min, x);
            }}
            return {hi} {sign} {lo};
        """,
        oracle=oracle,
        inputs=lambda r: (ints(r, -9, 30, 1, 7),),
    )


@template("arrays", cond=CONDITIONS, none=(0, -1))
def average_where(cond: Choice, none: int) -> Spec:
    def oracle(a: list[int]) -> float:
        chosen = [x for x in a if cond(x)]
        return sum(chosen) / len(chosen) if chosen else float(none)

    return Spec(
        says=(
            "[compute|calculate|find] the average of the [numbers|elements] of an array that are $cond, or $none.0 if there are none",
            "return the mean of the elements of {numbers} that are $cond; return $none.0 if no element is",
            "[get|determine] the [arithmetic mean|average] of all integers in the array that are $cond ($none.0 if there are none)",
            "take the elements that are $cond and return their average as a double, or $none.0 if there are none",
        ),
        names="average$cond|mean$cond|averageOf|getAverage",
        params=(INT_ARRAY,),
        returns="double",
        body="""
            int sum = 0;
            int count = 0;
            for (int x : numbers) {
                if ($cond) {
                    sum += x;
                    count++;
                }
            }
            return count == 0 ? $none.0 : (double) sum / count;
        """,
        oracle=oracle,
        inputs=lambda r: (mixed(r, cond),),
        edges=(([],),),
    )


@template("arrays", cond=CONDITIONS)
def longest_run(cond: Choice) -> Spec:
    def oracle(a: list[int]) -> int:
        marks = "".join("1" if cond(x) else " " for x in a)
        return max(map(len, marks.split()), default=0)

    return Spec(
        says=(
            "find the length of the longest run of consecutive elements of an array that are $cond",
            "return how many elements the longest [stretch|run] of neighbouring numbers that are $cond has (0 if there is none)",
            "[compute|determine] the longest sequence of adjacent elements in {numbers} that are all $cond and return its length",
            "get the length of the longest block of consecutive values that are $cond",
        ),
        names="longestRun|longest$cond|runOf$cond|maxStreak",
        params=(INT_ARRAY,),
        returns="int",
        body="""
            int best = 0;
            int run = 0;
            for (int x : numbers) {
                run = $cond ? run + 1 : 0;
                best = Math.max(best, run);
            }
            return best;
        """,
        oracle=oracle,
        inputs=lambda r: (mixed(r, cond, 4, 10),),
        edges=(([],),),
    )


@template("arrays", cmp=COMPARE[::2], k=range(5, 45), what=("index", "count"))
def running_total(cmp: Choice, k: int, what: str) -> Spec:
    def oracle(a: list[int]) -> int:
        sums = [sum(a[: i + 1]) for i in range(len(a))]
        hits = [i for i, s in enumerate(sums) if cmp(s, k)]
        return len(hits) if what == "count" else (hits or [-1])[0]

    hit = "count++;" if what == "count" else "return i;"
    start = "int count = 0;\n            " if what == "count" else ""
    return Spec(
        says=(
            "go through the array adding up its elements, and return the first index at which the running total is $cmp $k, or -1 if that never happens",
            "find the first index i such that the sum of the elements from index 0 to i is $cmp $k; return -1 if there is none",
            "return the 0-based position where the cumulative sum of {numbers} is $cmp $k for the first time, or -1",
            "determine the smallest index at which the prefix sum (including that element) is $cmp $k, or -1 if there is none",
        )
        if what == "index"
        else (
            "go through the array adding up its elements, and count how often the running total is $cmp $k",
            "count the indices i such that the sum of the elements from index 0 to i is $cmp $k",
            "return the number of positions where the cumulative sum of {numbers} is $cmp $k",
            "determine how many prefix sums of the [given |]array are $cmp $k",
        ),
        names="runningTotal|prefixSum|cumulative$cmp$k|total$cmp$k",
        params=(INT_ARRAY,),
        returns="int",
        body=f"""
            int sum = 0;
            {start}for (int i = 0; i < numbers.length; i++) {{
                sum += numbers[i];
                if (sum $cmp $k) {{
                    {hit}
                }}
            }}
            return {"count" if what == "count" else "-1"};
        """,
        oracle=oracle,
        inputs=lambda r: (ints(r, k // 10 - 3, k // 3 + 3, 3, 8),),
    )


@template("arrays", held_out=True, f=TRANSFORMS[::2], cond=comparisons(range(3, 30, 4)))
def count_changed_where(f: Choice, cond: Choice) -> Spec:
    near = [x for x in range(-20, 40) if abs(f(x) - cond.at) < 12]
    return Spec(
        says=(
            "count the elements of an array that are $cond after being $f",
            "find how many numbers of {numbers} are $cond when they are $f",
            "return the number of elements that, once $f, are $cond",
        ),
        names="countChanged|countAfter$f|howMany",
        params=(INT_ARRAY,),
        returns="int",
        body="""
            int count = 0;
            for (int y : numbers) {
                int x = $expr;
                if ($cond) {
                    count++;
                }
            }
            return count;
        """.replace("$expr", f.java.replace("x", "y")),
        oracle=lambda a: len([x for x in a if cond(f(x))]),
        inputs=lambda r: ([r.choice(near) for _ in range(r.randint(3, 7))],),
        edges=(([],),),
    )


@template("arrays", held_out=True, cond=divisibility(range(2, 8)), start=range(3), step=range(1, 4))
def sum_where_at_steps(cond: Choice, start: int, step: int) -> Spec:
    return Spec(
        says=(
            "add up the elements that are $cond among those at the indices $start, $start + $step, $start + 2 * $step and so on",
            "start at index $start of the array {numbers}, go on in steps of $step, and return the sum of the elements met that are $cond",
            "return the sum of the numbers that are $cond, looking only at every index reached from $start in steps of $step",
        ),
        names="sumAtSteps|sum$cond|sumFrom$start",
        params=(INT_ARRAY,),
        returns="int",
        body="""
            int sum = 0;
            for (int i = $start; i < numbers.length; i += $step) {
                int x = numbers[i];
                if ($cond) {
                    sum += x;
                }
            }
            return sum;
        """,
        oracle=lambda a: sum(x for x in a[start::step] if cond(x)),
        inputs=lambda r: (around(r, 10, 10, 4, 10),),
        edges=(([],),),
    )
