"""Number theory of digits, powers, bases and sequences."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

import math
import random

from generator.spec import Choice, Spec, template
from generator.vocabulary import COMPARE, comparisons, divisibility

N = "int n|num|value"
LIMIT = "int n|num|limit"
DIGITS = comparisons(range(2, 8)) + divisibility((2, 3, 4))


@template("number theory", cond=DIGITS, what=("sum", "count", "product"))
def digits_where(cond: Choice, what: str) -> Spec:
    update = {"sum": "result += x;", "count": "result++;", "product": "result *= x;"}[what]
    empty = " (1 if there are none)" if what == "product" else " (0 if there are none)"

    def oracle(n: int) -> int:
        found = [int(c) for c in str(n) if cond(int(c))]
        return {"sum": sum(found), "count": len(found), "product": math.prod(found)}[what]

    return Spec(
        says=(
            f"[find|compute] the {what} of the decimal digits of a positive integer that are $cond{empty}",
            f"return the {what} of those digits of {{n}}, a positive number, that are $cond{empty}",
            f"go through the digits of a positive integer and return the {what} of the digits that are $cond{empty}",
            f"[calculate|determine] the {what} of all digits of the positive number {{n}} that are $cond{empty}",
        ),
        names=f"{what}Digits|digit{what.capitalize()}|{what}$cond|digits$cond",
        params=(N,),
        returns="int",
        body=f"""
            int result = {int(what == "product")};
            while (n > 0) {{
                int x = n % 10;
                if ($cond) {{
                    {update}
                }}
                n /= 10;
            }}
            return result;
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(10, 10 ** r.randint(2, 6)),),
        edges=((7,), (100,)),
    )


@template(
    "number theory",
    base=range(2, 10),
    mod=(7, 10, 11, 13, 17, 19, 97, 100, 101, 1000),
    extra=range(4),
    where=lambda base, mod, extra: len({pow(base, n, mod) for n in range(4, 20)}) > 2,
)
def power_mod(base: int, mod: int, extra: int) -> Spec:
    exponent = "exponent" if not extra else "exponent + $extra"
    words = "{exponent}" if not extra else "{exponent} + $extra"
    return Spec(
        says=(
            f"[compute|find] the remainder of $base to the power of {words} when divided by $mod",
            f"return $base raised to the power {words}, modulo $mod",
            f"[calculate|determine] ($base to the power of {words}) modulo $mod, without overflow",
            f"get what is left when $base to the power {words} is divided by $mod",
        ),
        names="powerMod|powMod|powerOf$base|modPower",
        params=("int exponent|n|e|power",),
        returns="long",
        body=f"""
            long result = 1;
            for (int i = 0; i < {exponent}; i++) {{
                result = result * $base % $mod;
            }}
            return result;
        """,
        oracle=lambda n: pow(base, n + extra, mod),
        inputs=lambda r: (r.randint(1, 40),),
        edges=((0,),) if extra else ((1,),),
    )


@template("number theory", power=(2, 3, 4), offset=range(12))
def is_power_plus(power: int, offset: int) -> Spec:
    name = {
        2: "the square of a non-negative integer",
        3: "the cube of a non-negative integer",
        4: "the fourth power of a non-negative integer",
    }[power]
    product = " * ".join(["i"] * power)
    plus = f" plus {offset}" if offset else ""

    def oracle(n: int) -> bool:
        return any(i**power + offset == n for i in range(100))

    return Spec(
        says=(
            f"check whether a number is {name}{plus}",
            f"return true if {{n}} equals {name}{plus}, and false otherwise",
            f"[test|determine] whether {{n}} can be written as {name}{plus}",
            f"tell if the [given |]number is equal to {name}{plus}",
        ),
        names="isPower|isPower$power|checkPower|powerPlus$offset",
        params=("int n|number|num|value",),
        returns="boolean",
        body=f"""
            int i = 0;
            while ({product}{f" + {offset}" if offset else ""} < n) {{
                i++;
            }}
            return {product}{f" + {offset}" if offset else ""} == n;
        """,
        oracle=oracle,
        inputs=lambda r: (
            max(
                0,
                r.randint(0, 9 if power < 4 else 5) ** power
                + offset
                + r.choice((0, 0, 1, -1, 2, -offset)),
            ),
        ),
        edges=((offset,), (0,)),
    )


@template("number theory", divisor=range(2, 6), sub=range(1, 6), stop=range(0, 10, 3))
def steps_down(divisor: int, sub: int, stop: int) -> Spec:
    def oracle(n: int) -> int:
        steps = 0
        while n > stop:
            n = n // divisor if n % divisor == 0 else n - sub
            steps += 1
        return steps

    return Spec(
        says=(
            "count the steps until a number is at most $stop, where a step divides it by $divisor if it is divisible by $divisor and subtracts $sub otherwise",
            "return how many steps {n} needs to become $stop or less; a step is a division by $divisor if that leaves no remainder, else a subtraction of $sub",
            "find the number of steps that bring {n} down to at most $stop: divide by $divisor when possible without remainder, otherwise subtract $sub",
            "[compute|determine] how often one must divide by $divisor (if divisible) or else subtract $sub until the number is not greater than $stop",
        ),
        names="stepsDown|countSteps|reduce|stepsTo$stop",
        params=(N,),
        returns="int",
        body="""
            int steps = 0;
            while (n > $stop) {
                if (n % $divisor == 0) {
                    n /= $divisor;
                } else {
                    n -= $sub;
                }
                steps++;
            }
            return steps;
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(1, 120),),
        edges=((stop,),),
    )


@template("number theory", first=range(1, 8), second=range(1, 8), weight=(1, 2, 3))
def recurrence(first: int, second: int, weight: int) -> Spec:
    times = {1: "", 2: "twice ", 3: "three times "}[weight]
    java = f"{weight} * a" if weight > 1 else "a"

    def oracle(n: int) -> int:
        terms = [first, second]
        while len(terms) < n:
            terms.append(weight * terms[-2] + terms[-1])
        return terms[n - 1]

    return Spec(
        says=(
            f"find the {{n}}-th term of the sequence that starts with $first, $second and in which each further term is the last one plus {times}the one before it",
            f"return term number {{n}} (counting from 1) of a sequence: its first terms are $first and $second, then each term is the previous term plus {times}the term before that",
            f"compute the {{n}}-th number of a Fibonacci-like sequence with first terms $first and $second, where a term is the previous one plus {times}the one before",
            f"get the {{n}}-th element (from 1 on) of the sequence beginning $first, $second, each next element being the last plus {times}the second last",
        ),
        names="nthTerm|sequence|term|recurrence",
        params=("int n|index|k|position",),
        returns="long",
        body=f"""
            long a = $first;
            long b = $second;
            for (int i = 1; i < n; i++) {{
                long next = {java} + b;
                a = b;
                b = next;
            }}
            return a;
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(1, 20),),
        edges=((1,), (2,)),
    )


@template("number theory", base=range(2, 10), want=("text", "sum", "count", "reverse"))
def in_base(base: int, want: str) -> Spec:
    def digits(n: int) -> list[int]:
        return [] if n == 0 else [*digits(n // base), n % base]

    def oracle(n: int) -> object:
        ds = digits(n)
        text = "".join(map(str, ds))
        return {"text": text, "sum": sum(ds), "count": len(ds), "reverse": text[::-1]}[want]

    head = {
        "text": "the digits, as a string,",
        "sum": "the sum of the digits",
        "count": "the number of digits",
        "reverse": "the digits in reverse order, as a string,",
    }[want]
    is_text = want in ("text", "reverse")
    start = "StringBuilder sb = new StringBuilder();" if is_text else "int result = 0;"
    update = {
        "text": "sb.insert(0, n % $base);",
        "reverse": "sb.append(n % $base);",
        "sum": "result += n % $base;",
        "count": "result++;",
    }[want]
    return Spec(
        says=(
            f"[find|compute] {head} of a positive integer written in base $base",
            f"return {head} of {{n}} in base $base, for a positive number",
            f"write a positive integer in base $base and return {head} of that notation",
            f"[get|determine] {head} of the positive number {{n}} in the number system with base $base",
        ),
        names=f"toBase$base|base${{base}}{want.capitalize()}|{want}InBase$base|convert",
        params=("int n|number|num|value",),
        returns="String" if is_text else "int",
        body=f"""
            {start}
            while (n > 0) {{
                {update}
                n /= $base;
            }}
            return {"sb.toString()" if is_text else "result"};
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(1, 500),),
        edges=((base,),),
    )


def _often_palindrome(r: random.Random) -> int:
    palindromes = (11, 22, 101, 121, 313, 44, 252)
    return r.choice(palindromes) if r.random() < 0.4 else r.randint(10, 3000)


@template("number theory", add=range(12), want=("number", "palindrome", "larger", "difference"))
def reversed_digits(add: int, want: str) -> Spec:
    plus = f" plus {add}" if add else ""
    m = "n" if not add else f"n + {add}"
    result = {
        "number": "result",
        "palindrome": "result == m",
        "larger": "result > m",
        "difference": "Math.abs(result - m)",
    }[want]
    target = "{n}" + plus

    def oracle(n: int) -> object:
        k = int(str(n + add)[::-1])
        return {
            "number": k,
            "palindrome": k == n + add,
            "larger": k > n + add,
            "difference": abs(k - n - add),
        }[want]

    head = {
        "number": f"return the number whose decimal digits are those of {target} in reverse order",
        "palindrome": f"[check|test] whether {target} reads the same when its decimal digits are reversed",
        "larger": f"[check|test] whether reversing the decimal digits of {target} gives a larger number",
        "difference": f"return the absolute difference between {target} and the number with its digits reversed",
    }[want]
    return Spec(
        says=(
            head,
            f"{head}, for a positive integer",
            f"{head}; {{n}} is positive",
            f"take a positive integer {{n}} and {head}",
        ),
        names="reverseDigits|reversed|checkReverse|reversePlus$add"
        if want != "palindrome"
        else "isPalindrome|sameReversed|checkReverse|palindromePlus$add",
        params=("int n|number|num|value",),
        returns="boolean" if want in ("palindrome", "larger") else "int",
        body=f"""
            int m = {m};
            int result = 0;
            for (int rest = m; rest > 0; rest /= 10) {{
                result = result * 10 + rest % 10;
            }}
            return {result};
        """,
        oracle=oracle,
        inputs=lambda r: (max(1, _often_palindrome(r) - r.choice((add, add, 0))),),
    )


@template("number theory", held_out=True, k=range(2, 14), cmp=COMPARE, limit=range(10, 15))
def count_by_digit_sum(k: int, cmp: Choice, limit: int) -> Spec:
    return Spec(
        says=(
            "count the multiples of $k from $k to {n} whose digit sum is $cmp $limit",
            "find how many numbers from 1 to {n} are divisible by $k and have a sum of digits that is $cmp $limit",
            "return the number of positive integers up to {n} that are divisible by $k and whose digits add up to a sum $cmp $limit",
        ),
        names="countByDigitSum|countMultiples|digitSumCount",
        params=(LIMIT,),
        returns="int",
        body="""
            int count = 0;
            for (int x = $k; x <= n; x += $k) {
                int sum = 0;
                for (int m = x; m > 0; m /= 10) {
                    sum += m % 10;
                }
                if (sum $cmp $limit) {
                    count++;
                }
            }
            return count;
        """,
        oracle=lambda n: sum(1 for x in range(k, n + 1, k) if cmp(sum(map(int, str(x))), limit)),
        inputs=lambda r: (r.randint(1, 90 * k),),
        edges=((0,),),
    )
