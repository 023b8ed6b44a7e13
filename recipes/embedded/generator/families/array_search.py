"""Array templates that choose elements by a condition: count, sum, find, test."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

from generator.spec import Choice, Spec, template
from generator.vocabulary import (
    CONDITIONS,
    EXTREMES,
    INT_ARRAY,
    TRANSFORMS,
    around,
    comparisons,
    divisibility,
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


@template("arrays", cond=CONDITIONS, f=TRANSFORMS[::8])
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
        chosen = [x for x in a if cond(x)]
        return (max if which.name == "Max" else min)(chosen, default=none)

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


@template("arrays", held_out=True, f=TRANSFORMS[::2], cond=comparisons(range(7, 36, 4)))
def count_changed_where(f: Choice, cond: Choice) -> Spec:
    near = [x for x in range(-20, 60) if abs(f(x) - cond.at) < 12]
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


@template("arrays", held_out=True, cond=divisibility(range(2, 8)), start=range(4), step=range(2, 5))
def sum_where_at_steps(cond: Choice, start: int, step: int) -> Spec:
    at = f"{start}, {start + step}, {start + 2 * step}"
    return Spec(
        says=(
            f"add up the elements that are $cond among those at the indices {at} and so on",
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
