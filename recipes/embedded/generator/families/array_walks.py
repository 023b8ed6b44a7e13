"""Array templates over positions: steps, rotation, neighbours, running totals, new arrays."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

import itertools

from generator.spec import Choice, Spec, template
from generator.vocabulary import (
    COMPARE,
    CONDITIONS,
    INT_ARRAY,
    TRANSFORMS,
    ints,
    mixed,
)


@template("arrays", start=range(4), step=range(2, 8), op=("sum", "product", "count of negative"))
def every_kth(start: int, step: int, op: str) -> Spec:
    at = f"{start}, {start + step}, {start + 2 * step}"
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
            f"return the {what} of {{numbers}} at the indices {at} and so on{empty}",
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
    also = f", with {extra} added to each of them" if extra else ""
    shift = k if side == "right" else -k
    return Spec(
        says=(
            f"rotate the elements of [an|the given] array to the $side by $k positions{also}",
            f"move every element of {{numbers}} $k places to the $side, [cyclically|going round at the end]{also}",
            f"return a new array with the elements rotated $side by $k{also}",
            f"shift the array cyclically to the $side by $k positions{also}, and return a new array",
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

    def oracle(a: list[int]) -> int:
        pairs = itertools.pairwise(a)
        values = [
            {"difference": abs(p - q), "sum": p + q, "product": p * q}[kind] for p, q in pairs
        ]
        return len([v for v in values if cmp(v, k)])

    return Spec(
        says=(
            f"count the pairs of [adjacent|neighbouring] elements of an array whose {words} is $cmp $k",
            f"find how many [pairs of neighbours|adjacent pairs] in {{numbers}} have a value $cmp $k as their {words}",
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
        oracle=oracle,
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


@template("arrays", cmp=COMPARE[::2], k=range(5, 45), what=("index", "count"))
def running_total(cmp: Choice, k: int, what: str) -> Spec:
    def oracle(a: list[int]) -> int:
        sums = [sum(a[: i + 1]) for i in range(len(a))]
        hits = [i for i, s in enumerate(sums) if cmp(s, k)]
        return len(hits) if what == "count" else (hits or [-1])[0]

    hit = "count++;" if what == "count" else "return i;"
    start = "int count = 0;" if what == "count" else ""
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
            {start}
            for (int i = 0; i < numbers.length; i++) {{
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
