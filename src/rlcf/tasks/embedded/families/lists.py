"""Templates over `List<Integer>` and `List<String>`: filter, map, slice, merge, sort, group."""

from __future__ import annotations

from rlcf.tasks.embedded.spec import Choice, Spec, template
from rlcf.tasks.embedded.vocabulary import (
    CONDITIONS,
    INT_LIST,
    TRANSFORMS,
    WORD_CONDITIONS,
    WORD_LIST,
    comparisons,
    ints,
    mixed,
    words,
    words_for,
)


@template("lists and maps", cond=CONDITIONS, f=(Choice("", "", "x", lambda x: x), *TRANSFORMS[::5]))
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
        fns = {"": str, "upper": str.upper, "reverse": lambda w: w[::-1], "length": len}
        return [fns[change](w) for w in ws if cond(w)]

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
    part=("first", "last", "all but the first", "all but the last"),
    k=range(1, 9),
    order=("", "reversed", "ascending"),
)
def slice_list(part: str, k: int, order: str) -> Spec:
    n = "numbers.size()"
    ends = {
        "first": ("0", f"Math.min($k, {n})"),
        "last": (f"Math.max(0, {n} - $k)", n),
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
            "first": a[:k],
            "last": a[-k:],
            "all but the first": a[k:],
            "all but the last": a[:-k],
        }[part]
        return {"": cut, "reversed": cut[::-1], "ascending": sorted(cut)}[order]

    short = "an empty list" if part.startswith("all") else "all of them"
    return Spec(
        says=(
            f"return $part $k elements of a list{then}; if there are fewer than $k elements, take {short}".replace(
                "return first", "return the first"
            ).replace("return last", "return the last"),
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
        """.replace("            \n", ""),
        oracle=oracle,
        inputs=lambda r: (ints(r, 0, 40, 1, 9),),
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
        inputs=lambda r: (lambda a: (a + r.sample(a, 2),))(ints(r, 0, 2 * k, 3, 7)),
        edges=(([],),),
    )


@template("lists and maps", sign=("plus", "minus", "times"), k=range(12), cut=("shorter", "longer"))
def combine_lists(sign: str, k: int, cut: str) -> Spec:
    op = {"plus": "+", "minus": "-", "times": "*"}[sign]
    extra = f" + {k}" if k else ""
    more = f", plus {k}" if k else ""
    phrase = {"plus": "sum", "minus": "difference", "times": "product"}[sign]
    bound = "min" if cut == "shorter" else "max"
    get = (
        (lambda v: f"{v}.get(i)")
        if cut == "shorter"
        else (lambda v: f"(i < {v}.size() ? {v}.get(i) : 1)")
    )
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
                result.add({get("first")} {op} {get("second")}{extra});
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


@template("lists and maps", held_out=True, cond=WORD_CONDITIONS[::2], k=range(1, 4))
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
        """.replace("hasAtLeast1", "hasAny"),
        oracle=lambda ws: sum(1 for w in ws if cond(w)) >= k,
        inputs=lambda r: (words_for(r, cond, 2, 5, k + 1),),
        edges=(([],),),
    )


@template(
    "lists and maps",
    held_out=True,
    cond=comparisons(range(12)),
    f=TRANSFORMS[::3],
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
