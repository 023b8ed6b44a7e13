"""Number theory of divisors, multiples and primes."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

import math
import random

from generator.spec import Args, Choice, Spec, template
from generator.vocabulary import TRANSFORMS, comparisons, divisibility

N = "int n|num|value"
LIMIT = "int n|num|limit"
WHOLE = divisibility(range(2, 12))


def _meet(a: Choice, b: Choice) -> bool:
    return any(a(x) and b(x) for x in range(1, 150))


def _is_prime(n: int) -> bool:
    return n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1))


# The others hardly ever give a prime, so that a constant answer would be right.
PRIME_TRANSFORMS = tuple(f for f in TRANSFORMS if sum(_is_prime(f(n)) for n in range(1, 60)) >= 8)


@template("number theory", cond=WHOLE, f=TRANSFORMS[::4], start=(0, 1))
def sum_up_to(cond: Choice, f: Choice, start: int) -> Spec:
    return Spec(
        says=(
            "[find|compute] the sum over the integers from $start to {n} that are $cond of the number $f",
            "add up the integers between $start and {n} (both included) that are $cond, each $f",
            "return the sum of all numbers from $start to {n} that are $cond, after each is $f",
            "[calculate|determine] the total of the integers from $start up to and including {n} that are $cond, each $f",
        ),
        names="sumUpTo|sum$cond|total$cond|addNumbers",
        params=(LIMIT,),
        returns="int",
        body="""
            int sum = 0;
            for (int x = $start; x <= n; x++) {
                if ($cond) {
                    sum += $f;
                }
            }
            return sum;
        """,
        oracle=lambda n: sum(f(x) for x in range(start, n + 1) if cond(x)),
        inputs=lambda r: (r.randint(1, 40),),
        edges=((start,),),
    )


@template(
    "number theory",
    a=WHOLE,
    b=WHOLE,
    join=("and", "or"),
    where=lambda a, b, join: a.at < b.at and (join == "or" or _meet(a, b)),
)
def count_in_range(a: Choice, b: Choice, join: str) -> Spec:
    op = "&&" if join == "and" else "||"

    def inputs(r: random.Random) -> Args:
        low = r.randint(1, 40)
        return low, low + r.randint(0, 150)

    return Spec(
        says=(
            "count the integers from {low} to {high} that are $a $join $b",
            "find how many numbers between {low} and {high}, both included, are $a $join $b",
            "return the number of integers in the range from {low} to {high} (inclusive) that are $a $join $b",
            "[compute|determine] the number of integers x with {low} <= x <= {high} that are $a $join $b",
        ),
        names="countInRange|count$a|countBoth|howMany",
        params=("int low|start|first", "int high|end|last"),
        returns="int",
        body=f"""
            int count = 0;
            for (int x = low; x <= high; x++) {{
                if ($a {op} $b) {{
                    count++;
                }}
            }}
            return count;
        """,
        oracle=lambda p, q: sum(
            1 for x in range(p, q + 1) if ((a(x) and b(x)) if join == "and" else (a(x) or b(x)))
        ),
        inputs=inputs,
        edges=((9, 3),),
    )


@template(
    "number theory",
    cond=comparisons(range(3, 9)) + divisibility(range(2, 7)),
    what=("count", "sum"),
)
def divisors_where(cond: Choice, what: str) -> Spec:
    update = "result++;" if what == "count" else "result += x;"
    head = "the number of" if what == "count" else "the sum of the"
    return Spec(
        says=(
            f"[find|compute] {head} divisors of a positive integer that are $cond (1 and the number itself are divisors)",
            f"return {head} divisors of {{n}}, from 1 to {{n}}, that are $cond",
            f"[calculate|determine] {head} positive divisors of {{n}} that are $cond",
            f"go through the divisors of a positive integer (from 1 to the number itself) and return {head} divisors that are $cond",
        ),
        names=f"{what}Divisors|divisors$cond|{what}$cond|divisor{what.capitalize()}",
        params=(N,),
        returns="int",
        body=f"""
            int result = 0;
            for (int x = 1; x <= n; x++) {{
                if (n % x == 0 && $cond) {{
                    {update}
                }}
            }}
            return result;
        """,
        oracle=lambda n: sum(
            (1 if what == "count" else x) for x in range(1, n + 1) if n % x == 0 and cond(x)
        ),
        inputs=lambda r: (
            r.choice((r.randint(1, 60), 12 * r.randint(1, 9), 30 * r.randint(1, 5))),
        ),
        edges=((1,),),
    )


@template(
    "number theory",
    f=(Choice("", "", "x", lambda x: x), *PRIME_TRANSFORMS),
    want=("prime", "composite"),
)
def is_prime_after(f: Choice, want: str) -> Spec:
    yes, no = ("true", "false") if want == "prime" else ("false", "true")
    then = f" after it is {f.words}" if f.words else ""
    name = "a prime number" if want == "prime" else "not a prime number"
    m = f.java.replace("x", "n")
    return Spec(
        says=(
            f"check whether a number is {name}{then}",
            f"return true if {{n}}{then} is {name}, and false otherwise",
            f"[test|determine] whether a [given |]positive integer{then} is {name}",
            f"tell whether {{n}} is {name}{then}",
        ),
        names="isPrime|checkPrime|primeAfter$f|primeCheck"
        if want == "prime"
        else "isNotPrime|notPrime|checkNotPrime|isComposite",
        params=("int n|number|num|k",),
        returns="boolean",
        body=f"""
            int m = {m};
            if (m < 2) {{
                return {no};
            }}
            for (int i = 2; i * i <= m; i++) {{
                if (m % i == 0) {{
                    return {no};
                }}
            }}
            return {yes};
        """,
        oracle=lambda n: _is_prime(f(n)) == (want == "prime"),
        inputs=lambda r: (r.randint(1, 60),),
        edges=((1,), (2,)),
    )


@template("number theory", kind=("gcd", "lcm"), a=range(1, 7), b=range(9))
def gcd_lcm(kind: str, a: int, b: int) -> Spec:
    name = "greatest common divisor" if kind == "gcd" else "least common multiple"
    result = "x" if kind == "gcd" else "first / x * second"
    times = f"{a} times " if a > 1 else ""
    java = f"{a} * " if a > 1 else ""
    plus = f" plus {b}" if b else ""
    java_plus = f" + {b}" if b else ""

    def inputs(r: random.Random) -> Args:
        common = r.randint(1, 9)
        return common * r.randint(1, 9), common * r.randint(1, 9)

    return Spec(
        says=(
            f"[find|compute] {times}the {name} of two positive integers{plus}",
            f"return {times}the {name} of {{first}} and {{second}}{plus}",
            f"[calculate|determine] {times}the {name} of two [given |]positive numbers{plus}",
            f"get {times}the {name} of the positive integers {{first}} and {{second}}{plus}",
        ),
        names=f"{kind}|{kind}Of|{'greatestCommonDivisor' if kind == 'gcd' else 'leastCommonMultiple'}|common",
        params=("int first|a|m", "int second|b|n"),
        returns="int",
        body=f"""
            int x = first;
            int y = second;
            while (y != 0) {{
                int rest = x % y;
                x = y;
                y = rest;
            }}
            return {java}{"(" if a > 1 and kind == "lcm" else ""}{result}{")" if a > 1 and kind == "lcm" else ""}{java_plus};
        """,
        oracle=lambda p, q: a * (math.gcd(p, q) if kind == "gcd" else math.lcm(p, q)) + b,
        inputs=inputs,
    )


@template(
    "number theory",
    mod=range(2, 11),
    rest=range(10),
    want=("count", "sum"),
    where=lambda mod, rest, want: rest < mod and math.gcd(mod, rest) == 1,
)
def primes_with_rest(mod: int, rest: int, want: str) -> Spec:
    head = "count" if want == "count" else "add up"
    noun = "the number" if want == "count" else "the sum"
    update = "result++;" if want == "count" else "result += i;"
    return Spec(
        says=(
            f"{head} the primes up to {{n}} that leave the remainder $rest when divided by $mod",
            f"return {noun} of the prime numbers not greater than {{n}} with remainder $rest on division by $mod",
            f"[find|compute] {noun} of all primes p <= {{n}} with p % $mod == $rest",
            f"[calculate|determine] {noun} of the primes from 2 to {{n}} whose remainder modulo $mod is $rest",
        ),
        names=f"{want}Primes|primes{want.capitalize()}|primesMod$mod|primes",
        params=(LIMIT,),
        returns="int",
        body=f"""
            int result = 0;
            for (int i = 2; i <= n; i++) {{
                boolean prime = true;
                for (int d = 2; d * d <= i; d++) {{
                    if (i % d == 0) {{
                        prime = false;
                    }}
                }}
                if (prime && i % $mod == $rest) {{
                    {update}
                }}
            }}
            return result;
        """,
        oracle=lambda n: sum(
            (1 if want == "count" else p)
            for p in range(2, n + 1)
            if _is_prime(p) and p % mod == rest
        ),
        inputs=lambda r: (r.randint(2, 80),),
        edges=((1,), (2,)),
    )


@template(
    "number theory",
    side=("smallest", "largest"),
    k=range(2, 14),
    other=range(2, 6),
    where=lambda side, k, other: k % other != 0,
)
def nearest_multiple(side: str, k: int, other: int) -> Spec:
    step = "++" if side == "smallest" else "--"
    rel = "greater" if side == "smallest" else "less"

    def oracle(n: int) -> int:
        x = n
        while True:
            x += 1 if side == "smallest" else -1
            if x % k == 0 and x % other != 0:
                return x

    return Spec(
        says=(
            f"find the $side number {rel} than {{n}} that is divisible by $k but not by $other",
            f"return the $side integer {rel} than {{n}} which is a multiple of $k and not a multiple of $other",
            f"[compute|determine] the $side multiple of $k that is {rel} than {{n}} and not divisible by $other",
            f"get the $side number that is {rel} than {{n}}, divisible by $k and not divisible by $other",
        ),
        names=f"{side}Multiple|multipleOf$k|nearest|next"
        if side == "smallest"
        else f"{side}Multiple|multipleOf$k|nearest|previous",
        params=("int n|number|num|bound",),
        returns="int",
        body=f"""
            int x = n{" + 1" if step == "++" else " - 1"};
            while (x % $k != 0 || x % $other == 0) {{
                x{step};
            }}
            return x;
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(1, 150),),
        edges=((k,),),
    )


@template("number theory", held_out=True, cond=divisibility(range(2, 8)), none=(0, -1, 1, 100))
def largest_proper_divisor(cond: Choice, none: int) -> Spec:
    return Spec(
        says=(
            "find the largest divisor of a positive integer, other than the integer itself, that is $cond, or $none if there is none",
            "return the largest proper divisor of {n} (a divisor less than {n}) that is $cond, or $none if there is none",
            "get the greatest divisor of {n} below {n} that is $cond; return $none if there is no such divisor",
        ),
        names="largestDivisor|properDivisor|divisor$cond",
        params=(N,),
        returns="int",
        body="""
            int best = $none;
            for (int x = 1; x < n; x++) {
                if (n % x == 0 && $cond) {
                    best = x;
                }
            }
            return best;
        """,
        oracle=lambda n: max((x for x in range(1, n) if n % x == 0 and cond(x)), default=none),
        inputs=lambda r: (r.choice((r.randint(1, 60), cond.at * r.randint(1, 30))),),
        edges=((1,),),
    )
