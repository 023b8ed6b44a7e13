"""Templates over `List<Integer>`: filter, slice, sort, combine, split."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

import random

from generator.spec import Args, Choice, Spec, template
from generator.vocabulary import (
    CONDITIONS,
    INT_LIST,
    TRANSFORMS,
    comparisons,
    ints,
    mixed,
)


@template(
    "lists and maps", cond=CONDITIONS, f=(Choice("", "", "x", lambda x: x), *TRANSFORMS[::10])
)
def filter_numbers(cond: Choice, f: Choice) -> Spec:
    then = f", each {f.words}" if f.words else ""
    return Spec(
        says=(
            f"return a list of the numbers of the [given |]list that are $cond{then}, in the same order",
            f"[collect|gather] the elements of {{numbers}} that are $cond{then}, into a new list, keeping their order",
            f"[filter|go through] a list of integers and return those that are $cond{then}",
            f"build a list from all elements that are $cond{then}, in their [original|given] order",
        ),
        names="filter$cond|select$cond|keep$cond|getNumbers",
        params=(INT_LIST,),
        returns="List<Integer>",
        body="""
            List<Integer> result = new ArrayList<>();
            for (int x : numbers) {
                if ($cond) {
                    result.add($f);
                }
            }
            return result;
        """,
        oracle=lambda a: [f(x) for x in a if cond(x)],
        inputs=lambda r: (mixed(r, cond),),
        edges=(([],),),
    )


@template(
    "lists and maps",
    part=("the first", "the last", "all but the first", "all but the last"),
    k=range(2, 10),
    order=("", "reversed", "ascending"),
)
def slice_list(part: str, k: int, order: str) -> Spec:
    n = "numbers.size()"
    ends = {
        "the first": ("0", f"Math.min($k, {n})"),
        "the last": (f"Math.max(0, {n} - $k)", n),
        "all but the first": (f"Math.min($k, {n})", n),
        "all but the last": ("0", f"Math.max(0, {n} - $k)"),
    }
    start, end = ends[part]
    step = {
        "": "",
        "reversed": "Collections.reverse(result);",
        "ascending": "Collections.sort(result);",
    }[order]
    then = {"": "", "reversed": ", in reverse order", "ascending": ", sorted in ascending order"}[
        order
    ]

    def oracle(a: list[int]) -> list[int]:
        cut = {
            "the first": a[:k],
            "the last": a[-k:],
            "all but the first": a[k:],
            "all but the last": a[:-k],
        }[part]
        return {"": cut, "reversed": cut[::-1], "ascending": sorted(cut)}[order]

    short = "an empty list" if part.startswith("all") else "all of them"
    return Spec(
        says=(
            f"return $part $k elements of a list{then}; if there are fewer than $k elements, take {short}",
            f"[get|take] a new list of $part $k numbers of {{numbers}}{then} ({short} if there are fewer than $k)",
            f"build a list of $part $k integers of the [given |]list{then}; with fewer than $k integers the result is {short}",
            f"copy $part $k elements of a list of integers to a new list{then}, or {short} if there are fewer than $k",
        ),
        names="slice|takePart|subList$k|cut$k",
        params=(INT_LIST,),
        returns="List<Integer>",
        body=f"""
            int start = {start};
            int end = {end};
            List<Integer> result = new ArrayList<>(numbers.subList(start, end));
            {step}
            return result;
        """,
        oracle=oracle,
        inputs=lambda r: (ints(r, 0, 40, 1, 12),),
        edges=(([],), ([4],)),
    )


@template(
    "lists and maps",
    order=("ascending", "descending"),
    k=range(2, 15),
    kind=("distinct", "remainders"),
)
def distinct_sorted(order: str, k: int, kind: str) -> Spec:
    add = "x" if kind == "distinct" else "x % $k"
    test = "x >= $k && !result.contains(x)" if kind == "distinct" else "!result.contains(x % $k)"
    what = (
        "distinct numbers that are at least $k"
        if kind == "distinct"
        else "distinct remainders of the numbers when divided by $k"
    )
    sort = (
        "Collections.sort(result);"
        if order == "ascending"
        else "Collections.sort(result, Collections.reverseOrder());"
    )

    def oracle(a: list[int]) -> list[int]:
        found = {x for x in a if x >= k} if kind == "distinct" else {x % k for x in a}
        return sorted(found, reverse=order == "descending")

    def inputs(r: random.Random) -> Args:
        a = ints(r, 0, 2 * k, 3, 7)
        return (a + r.sample(a, 2),)

    return Spec(
        says=(
            f"return a list of the {what}, sorted in $order order, for a list of non-negative integers",
            f"find the {what} in {{numbers}} (none is negative) and return them in $order order",
            f"[collect|gather] the {what} [from|of] a list of non-negative integers, each once, in $order order",
            f"build a sorted list, in $order order, of the {what} of the given non-negative integers",
        ),
        names="distinct|uniqueSorted|unique$order|sortedSet",
        params=(INT_LIST,),
        returns="List<Integer>",
        body=f"""
            List<Integer> result = new ArrayList<>();
            for (int x : numbers) {{
                if ({test}) {{
                    result.add({add});
                }}
            }}
            {sort}
            return result;
        """,
        oracle=oracle,
        inputs=inputs,
        edges=(([],),),
    )


@template("lists and maps", sign=("plus", "minus", "times"), k=range(12), cut=("shorter", "longer"))
def combine_lists(sign: str, k: int, cut: str) -> Spec:
    op = {"plus": "+", "minus": "-", "times": "*"}[sign]
    extra = f" + {k}" if k else ""
    more = f", plus {k}" if k else ""
    phrase = {"plus": "sum", "minus": "difference", "times": "product"}[sign]
    bound = "min" if cut == "shorter" else "max"
    a_i, b_i = "first.get(i)", "second.get(i)"
    if cut == "longer":
        a_i = f"(i < first.size() ? {a_i} : 1)"
        b_i = f"(i < second.size() ? {b_i} : 1)"
    fill = (
        " (as far as the shorter list goes)"
        if cut == "shorter"
        else " (missing elements of the shorter list count as 1)"
    )

    def oracle(a: list[int], b: list[int]) -> list[int]:
        n = min(len(a), len(b)) if cut == "shorter" else max(len(a), len(b))
        a, b = a + [1] * (n - len(a)), b + [1] * (n - len(b))
        pairs = zip(a[:n], b[:n], strict=True)
        return [{"plus": p + q, "minus": p - q, "times": p * q}[sign] + k for p, q in pairs]

    return Spec(
        says=(
            f"combine two lists: each element of the result is the {phrase} of the elements at the same index{more}{fill}",
            f"return a list of the {phrase}s of the elements of {{first}} and {{second}} at equal positions{more}{fill}",
            f"[compute|calculate] the element-wise {phrase} of two lists{more}{fill}",
            f"build a list whose element i is element i of {{first}} $sign element i of {{second}}{more}{fill}",
        ),
        names=f"combine|{phrase}Lists|elementwise|{phrase}s",
        params=("List<Integer> first|a|left", "List<Integer> second|b|right"),
        returns="List<Integer>",
        body=f"""
            List<Integer> result = new ArrayList<>();
            int n = Math.{bound}(first.size(), second.size());
            for (int i = 0; i < n; i++) {{
                result.add({a_i} {op} {b_i}{extra});
            }}
            return result;
        """,
        oracle=oracle,
        inputs=lambda r: (ints(r, -5, 15, 1, 5), ints(r, -5, 15, 1, 5)),
    )


@template(
    "lists and maps", size=range(2, 9), what=("chunks", "sums", "maxima"), tail=("keep", "drop")
)
def chunks(size: int, what: str, tail: str) -> Spec:
    last = "i < numbers.size()" if tail == "keep" else "i + $size <= numbers.size()"
    end = "Math.min(i + $size, numbers.size())" if tail == "keep" else "i + $size"
    item = "List<Integer>" if what == "chunks" else "Integer"
    rest = "the last one may be shorter" if tail == "keep" else "an incomplete last one is left out"
    head = {"chunks": "", "sums": "the sums of ", "maxima": "the largest elements of "}[what]
    if what == "chunks":
        add = ["result.add(part);"]
    elif what == "maxima":
        add = ["result.add(Collections.max(part));"]
    else:
        add = ["int sum = 0;", "for (int x : part) {", "    sum += x;", "}", "result.add(sum);"]

    def oracle(a: list[int]) -> list[object]:
        parts = [a[i : i + size] for i in range(0, len(a), size)]
        parts = [p for p in parts if tail == "keep" or len(p) == size]
        return [{"chunks": p, "sums": sum(p), "maxima": max(p)}[what] for p in parts]

    return Spec(
        says=(
            f"split a list into consecutive parts of $size elements ({rest}) and return {head}the parts",
            f"return a list of {head}the successive groups of $size elements of {{numbers}}; {rest}",
            f"divide the [given |]list into blocks of $size elements, where {rest}, and return {head}the blocks",
            f"cut a list of integers into pieces of length $size and return {head}the pieces; {rest}",
        ),
        names="chunks|splitBy$size|groups|partition",
        params=(INT_LIST,),
        returns=f"List<{item}>",
        body=f"""
            List<{item}> result = new ArrayList<>();
            for (int i = 0; {last}; i += $size) {{
                List<Integer> part = numbers.subList(i, {end});
                {(chr(10) + " " * 16).join(add)}
            }}
            return result;
        """,
        oracle=oracle,
        inputs=lambda r: (ints(r, 0, 20, 1, 2 * size + 2),),
        edges=(([],),),
    )


@template(
    "lists and maps",
    held_out=True,
    cond=comparisons(range(12)),
    f=TRANSFORMS[::6],
    order=("ascending", "descending"),
)
def filter_sorted(cond: Choice, f: Choice, order: str) -> Spec:
    sort = (
        "Collections.sort(result);"
        if order == "ascending"
        else "Collections.sort(result, Collections.reverseOrder());"
    )
    return Spec(
        says=(
            "return the numbers of a list that are $cond, each $f, sorted in $order order",
            "collect the elements of {numbers} that are $cond, each $f, and sort the result in $order order",
            "build a list of all elements that are $cond, each $f, in $order order",
        ),
        names="filterSorted|sorted$cond|selectAndSort",
        params=(INT_LIST,),
        returns="List<Integer>",
        body=f"""
            List<Integer> result = new ArrayList<>();
            for (int x : numbers) {{
                if ($cond) {{
                    result.add($f);
                }}
            }}
            {sort}
            return result;
        """,
        oracle=lambda a: sorted((f(x) for x in a if cond(x)), reverse=order == "descending"),
        inputs=lambda r: (mixed(r, cond),),
        edges=(([],),),
    )
