"""Control flow of small simulations: loops with early exits and changing state."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

import random

from generator.spec import Choice, Spec, template
from generator.vocabulary import COMPARE, CONDITIONS, INT_ARRAY, comparisons, ints, mixed

N = "int n|number|num|value"


@template(
    "control flow", start=range(0, 60, 10), floor=range(-40, 1, 10), want=("balance", "refused")
)
def account(start: int, floor: int, want: str) -> Spec:
    rule = f"a change that would bring the balance below {floor} is skipped"
    head = "the final balance" if want == "balance" else "how many changes were skipped"

    def oracle(changes: list[int]) -> int:
        balance, refused = start, 0
        for x in changes:
            if balance + x < floor:
                refused += 1
            else:
                balance += x
        return balance if want == "balance" else refused

    declare = "" if want == "balance" else "int refused = 0;"
    note = "" if want == "balance" else "refused++;"
    return Spec(
        says=(
            f"apply a list of changes to an account that starts with $start and return {head}; {rule}",
            f"return {head} for an account with $start at first after the changes in {{changes}}, where {rule}",
            f"go through {{changes}} in order, adding each to a balance of $start, and return {head}; {rule}",
            f"simulate an account: the balance is $start, each number in the array is added to it, but {rule}; return {head}",
        ),
        names="account|applyChanges|simulate|process",
        params=("int[] changes|amounts|moves",),
        returns="int",
        body=f"""
            int balance = $start;
            {declare}
            for (int x : changes) {{
                if (balance + x < $floor) {{
                    {note}
                    continue;
                }}
                balance += x;
            }}
            return {want};
        """,
        oracle=oracle,
        inputs=lambda r: ([r.randint(-40, 20) for _ in range(r.randint(2, 6))],),
        edges=(([],),),
    )


def _often_home(r: random.Random, moves: str) -> str:
    up, down, left, right = tuple(moves)
    path = [r.choice(moves) for _ in range(r.randint(1, 7))]
    if r.random() < 0.5:
        path += [{up: down, down: up, left: right, right: left}[c] for c in path]
        r.shuffle(path)
    return "".join(path)


@template(
    "control flow",
    step=range(1, 7),
    moves=("UDLR", "NSWE", "udlr", "nswe"),
    want=("distance", "x", "y", "home"),
)
def walk(step: int, moves: str, want: str) -> Spec:
    up, down, left, right = tuple(moves)

    def oracle(path: str) -> object:
        x = step * (path.count(right) - path.count(left))
        y = step * (path.count(up) - path.count(down))
        return {"distance": abs(x) + abs(y), "x": x, "y": y, "home": x == 0 and y == 0}[want]

    head, result = {
        "distance": ("return |x| + |y| at the end", "Math.abs(x) + Math.abs(y)"),
        "x": ("return x at the end", "x"),
        "y": ("return y at the end", "y"),
        "home": ("return true if it ends where it started", "x == 0 && y == 0"),
    }[want]

    return Spec(
        says=(
            f"follow a path from (0, 0), where '{up}' adds $step to y, '{down}' subtracts $step from y, '{left}' subtracts $step from x and '{right}' adds $step to x, and {head}",
            f"move a robot that starts at x = 0, y = 0: '{up}' means y + $step, '{down}' y - $step, '{right}' x + $step and '{left}' x - $step; {head}",
            f"walk along {{path}}, starting at (0, 0), with steps of $step: '{up}' increases y, '{down}' decreases y, '{right}' increases x, '{left}' decreases x; {head}",
            f"trace the moves in a string from (0, 0) ('{left}': x decreases by $step, '{right}': x increases by $step, '{up}': y increases by $step, '{down}': y decreases by $step) and {head}",
        ),
        names="walk|move|followPath|trace",
        params=("String path|moves|route",),
        returns="boolean" if want == "home" else "int",
        body=f"""
            int x = 0;
            int y = 0;
            for (char c : path.toCharArray()) {{
                if (c == '{up}') {{
                    y += $step;
                }} else if (c == '{down}') {{
                    y -= $step;
                }} else if (c == '{left}') {{
                    x -= $step;
                }} else {{
                    x += $step;
                }}
            }}
            return {result};
        """,
        oracle=oracle,
        inputs=lambda r: (_often_home(r, moves),),
        edges=(("",),),
    )


@template("control flow", stop=CONDITIONS[::2], want=("sum", "count", "last"))
def until_stop(stop: Choice, want: str) -> Spec:
    update = {"sum": "result += x;", "count": "result++;", "last": "result = x;"}[want]
    head = {
        "sum": "the sum of the elements",
        "count": "the number of elements",
        "last": "the last of the elements",
    }[want]
    none = " (0 if there are none)"

    def oracle(a: list[int]) -> int:
        head = a[: next((i for i, x in enumerate(a) if stop(x)), len(a))]
        return {"sum": sum(head), "count": len(head), "last": (head or [0])[-1]}[want]

    return Spec(
        says=(
            f"return {head} before the first element that is $stop{none}; if no element is, use the whole array",
            f"go through the array until an element is $stop, and return {head} before it, or of the whole array if there is no such element{none}",
            f"[compute|find] {head} of {{numbers}} that come before the first one that is $stop{none}; all count if no element is",
            f"read an array from the left, stop at the first number that is $stop, and return {head} read before{none}",
        ),
        names="untilStop|before$stop|readUntil|takeUntil",
        params=(INT_ARRAY,),
        returns="int",
        body=f"""
            int result = 0;
            for (int x : numbers) {{
                if ($stop) {{
                    break;
                }}
                {update}
            }}
            return result;
        """,
        oracle=oracle,
        inputs=lambda r: (mixed(r, stop, 3, 7),),
        edges=(([],),),
    )


@template("control flow", k=range(2, 12), limit=range(20, 120, 10), want=("value", "steps"))
def grow_until(k: int, limit: int, want: str) -> Spec:
    def oracle(n: int) -> int:
        steps = 0
        while n <= limit:
            n, steps = n * 2 + k if n % 2 == 0 else n + k, steps + 1
        return n if want == "value" else steps

    head = "the number reached" if want == "value" else "the number of steps"
    declare = "int steps = 0;" if want == "steps" else ""
    count = "steps++;" if want == "steps" else ""
    return Spec(
        says=(
            f"start with a non-negative number and, while it is at most $limit, replace an even number by twice the number plus $k and an odd number by the number plus $k; return {head}",
            f"return {head} when {{n}} (not negative) grows until it exceeds $limit: an even number is doubled and increased by $k, an odd one is increased by $k",
            f"repeat until {{n}} is greater than $limit: if it is even, multiply by 2 and add $k, otherwise add $k; return {head}",
            f"let {{n}} grow (even: times 2 plus $k; odd: plus $k) as long as it is not greater than $limit, and return {head}",
        ),
        names="growUntil|grow|growAbove$limit|repeat",
        params=(N,),
        returns="int",
        body=f"""
            {declare}
            while (n <= $limit) {{
                if (n % 2 == 0) {{
                    n = n * 2 + $k;
                }} else {{
                    n += $k;
                }}
                {count}
            }}
            return {"n" if want == "value" else "steps"};
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(0, limit + 3),),
        edges=((limit + 1,), (0,)),
    )


@template("control flow", cmp=COMPARE, k=range(3, 30), want=("count", "exists"))
def pairs_of_elements(cmp: Choice, k: int, want: str) -> Spec:
    def oracle(a: list[int]) -> object:
        hits = [1 for i, p in enumerate(a) for q in a[i + 1 :] if cmp(p + q, k)]
        return len(hits) if want == "count" else bool(hits)

    head = "count the pairs of" if want == "count" else "check whether there are"
    two = (
        "two elements at different positions"
        if want == "exists"
        else "elements at different positions"
    )
    hit = "count++;" if want == "count" else "return true;"
    start = "int count = 0;" if want == "count" else ""
    noun = (
        "the number of pairs i < j for which"
        if want == "count"
        else "true if there are indices i < j for which"
    )
    return Spec(
        says=(
            f"{head} {two} of an array whose sum is $cmp $k",
            f"return {noun} the sum of the elements at i and j is $cmp $k",
            f"{head} {two} in {{numbers}} that add up to a value $cmp $k",
            f"look at all pairs of elements of an array (i < j) and return {'how many have' if want == 'count' else 'whether one of them has'} a sum $cmp $k",
        ),
        names="pairs|pairSums|countPairs|sum$cmp$k"
        if want == "count"
        else "hasPair|pairExists|anyPair|sum$cmp$k",
        params=(INT_ARRAY,),
        returns="int" if want == "count" else "boolean",
        body=f"""
            {start}
            for (int i = 0; i < numbers.length; i++) {{
                for (int j = i + 1; j < numbers.length; j++) {{
                    if (numbers[i] + numbers[j] $cmp $k) {{
                        {hit}
                    }}
                }}
            }}
            return {"count" if want == "count" else "false"};
        """,
        oracle=oracle,
        inputs=lambda r: (
            ints(r, k // 2 - 6, k // 2 + 6, 2, 5)
            if want == "count"
            else ints(r, k // 2 - 4, k // 2 + 4, 2, 3),
        ),
        edges=(([],),),
    )


@template(
    "control flow",
    held_out=True,
    start=range(5, 30, 5),
    good=range(1, 5),
    bad=range(1, 5),
    cond=comparisons((0, 5)),
)
def game_points(start: int, good: int, bad: int, cond: Choice) -> Spec:
    def oracle(throws: list[int]) -> int:
        points = start
        for x in throws:
            points += good if cond(x) else -bad
            if points <= 0:
                return 0
        return points

    return Spec(
        says=(
            "play a game that starts with $start points: a throw that is $cond adds $good points, any other takes $bad away; return the points at the end, or 0 as soon as they are 0 or less",
            "return the points after all throws in {rolls}, starting from $start; numbers that are $cond add $good, all others subtract $bad, and when the points are 0 or less the game ends with 0",
            "go through {rolls} with $start points, adding $good for every number that is $cond and subtracting $bad for every other; stop and return 0 if the points fall to 0 or below, else return the points",
        ),
        names="play|points|gamePoints",
        params=("int[] rolls|numbers|values",),
        returns="int",
        body="""
            int points = $start;
            for (int x : rolls) {
                if ($cond) {
                    points += $good;
                } else {
                    points -= $bad;
                }
                if (points <= 0) {
                    return 0;
                }
            }
            return points;
        """,
        oracle=oracle,
        inputs=lambda r: (ints(r, cond.at - 8, cond.at + 6, 2, 8),),
        edges=(([],),),
    )
