"""Control flow by branches and switches, and nested loops."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

import random

from generator.spec import Args, Char, Choice, Spec, template
from generator.vocabulary import COMPARE, CONDITIONS, INT_ARRAY, comparisons, mixed

N = "int n|number|num|value"


@template(
    "control flow",
    top=range(80, 96, 5),
    step=(8, 10, 12, 15, 20),
    letters=("ABC", "XYZ", "HML", "123"),
)
def grade(top: int, step: int, letters: str) -> Spec:
    first, second, third = tuple(letters)
    mid = top - step
    return Spec(
        says=(
            f"return '{first}' for a score of at least $top, '{second}' for a score of at least {mid} but less than $top, and '{third}' otherwise",
            f"grade a test: {{score}} gives '{first}' from $top on, '{second}' from {mid} on, and '{third}' below that",
            f"find the grade of a score as a char: $top or more is '{first}', {mid} or more is '{second}', anything else is '{third}'",
            f"[convert|turn] a score into a letter: '{third}' if it is below {mid}, '{second}' if it is below $top, else '{first}'",
        ),
        names="grade|getGrade|gradeOf|letterFor",
        params=("int score|points|marks",),
        returns="char",
        body=f"""
            if (score >= $top) {{
                return '{first}';
            }} else if (score >= {mid}) {{
                return '{second}';
            }} else {{
                return '{third}';
            }}
        """,
        oracle=lambda s: Char(first if s >= top else second if s >= mid else third),
        inputs=lambda r: (r.randint(mid - 2 * step, top + 15),),
        edges=((top,), (mid,), (mid - 1,)),
    )


@template(
    "control flow",
    a=range(2, 8),
    b=range(3, 10),
    pair=("Fizz/Buzz", "Tick/Tock", "Red/Blue", "Ping/Pong"),
    where=lambda a, b, pair: b % a != 0 and a % b != 0,
)
def fizz_buzz(a: int, b: int, pair: str) -> Spec:
    one, two = pair.split("/")

    def oracle(n: int) -> str:
        return (one if n % a == 0 else "") + (two if n % b == 0 else "") or str(n)

    return Spec(
        says=(
            f'return "{one}" for multiples of $a, "{two}" for multiples of $b, "{one}{two}" for multiples of both, and otherwise the number as a string',
            f'say "{one}" if {{n}} is divisible by $a, "{two}" if it is divisible by $b, "{one}{two}" if by both, else the number itself (as a string)',
            f'[convert|turn] a number into "{one}" (divisible by $a), "{two}" (divisible by $b), "{one}{two}" (divisible by both) or its decimal digits',
            f'give the word for {{n}}: "{one}{two}" if both $a and $b divide it, "{one}" if only $a does, "{two}" if only $b does, and the number as text if neither does',
        ),
        names="say|wordFor|fizz|name",
        params=(N,),
        returns="String",
        body=f"""
            String result = "";
            if (n % $a == 0) {{
                result += "{one}";
            }}
            if (n % $b == 0) {{
                result += "{two}";
            }}
            return result.isEmpty() ? String.valueOf(n) : result;
        """,
        oracle=oracle,
        inputs=lambda r: (
            r.choice((a * r.randint(1, 9), b * r.randint(1, 9), a * b, r.randint(1, 60))),
        ),
        edges=((a * b,),),
    )


@template(
    "control flow",
    low=range(-5, 20, 5),
    high=range(5, 50, 5),
    outside=("clamp", "zero", "wrap"),
    where=lambda low, high, outside: high > low,
)
def keep_in_range(low: int, high: int, outside: str) -> Spec:
    below = {"clamp": str(low), "zero": "0", "wrap": str(high)}[outside]
    above = {"clamp": str(high), "zero": "0", "wrap": str(low)}[outside]
    return Spec(
        says=(
            f"return {below} for numbers less than $low, {above} for numbers greater than $high, and any other number unchanged",
            f"map {{n}} to {below} if it is below $low, to {above} if it is above $high, and otherwise to itself",
            f"return {{n}} if it lies between $low and $high (both included), {below} if it is smaller and {above} if it is larger",
            f"replace a number below $low by {below} and a number above $high by {above}; return other numbers as they are",
        ),
        names="keepInRange|limit|restrict|adjust",
        params=(N,),
        returns="int",
        body=f"""
            if (n < $low) {{
                return {below};
            }}
            if (n > $high) {{
                return {above};
            }}
            return n;
        """,
        oracle=lambda n: int(below) if n < low else int(above) if n > high else n,
        inputs=lambda r: (r.randint(low - 10, high + 10),),
        edges=((low,), (high,)),
    )


@template(
    "control flow",
    names=("add/sub/mul", "plus/minus/times", "up/down/scale", "inc/dec/grow"),
    k=range(2, 11),
    other=("0", "-1", "n"),
)
def switch_on_word(names: str, k: int, other: str) -> Spec:
    add, sub, mul = names.split("/")
    default = "the number unchanged" if other == "n" else other

    def oracle(op: str, n: int) -> int:
        results = {add: n + k, sub: n - k, mul: n * k}
        return results.get(op, n if other == "n" else int(other))

    return Spec(
        says=(
            f'return {{n}} plus $k if the command is "{add}", {{n}} minus $k if it is "{sub}", {{n}} times $k if it is "{mul}", and {default} for any other command',
            f'apply a command to {{n}}: "{add}" adds $k, "{sub}" subtracts $k, "{mul}" multiplies by $k; for other commands return {default}',
            f'carry out {{command}} on a number and return the result, where "{add}" means adding $k, "{sub}" subtracting $k and "{mul}" multiplying by $k; anything else gives {default}',
            f'compute the result of a command, which is "{add}" (add $k), "{sub}" (subtract $k) or "{mul}" (multiply by $k); unknown commands give {default}',
        ),
        names="apply|execute|runCommand|calculate",
        params=("String command|op|action", "int n|number|value"),
        returns="int",
        body=f"""
            switch (command) {{
                case "{add}":
                    return n + $k;
                case "{sub}":
                    return n - $k;
                case "{mul}":
                    return n * $k;
                default:
                    return $other;
            }}
        """,
        oracle=oracle,
        inputs=lambda r: (r.choice((add, sub, mul, "stop")), r.randint(1, 30)),
    )


@template(
    "control flow",
    fill="#xo.+=",
    shape=("square", "rising", "falling"),
    sep=("\n", "/", "|"),
    extra=(0, 1, 2),
)
def draw_rows(fill: str, shape: str, sep: str, extra: int) -> Spec:
    between = "line breaks" if sep == "\n" else f"'{sep}'"
    java_sep = "\\n" if sep == "\n" else sep
    more = {0: "", 1: " + 1", 2: " + 2"}[extra]
    width = {"square": f"n{more}", "rising": f"i{more}", "falling": f"n - i + {extra + 1}"}[shape]
    rule = {
        "square": f"{{n}}{more} characters",
        "rising": f"k{more} characters in row number k"
        if extra
        else "k characters in row number k",
        "falling": f"{{n}} - k + {extra + 1} characters in row number k",
    }[shape]

    def oracle(n: int) -> str:
        rows = {"square": [n] * n, "rising": range(1, n + 1), "falling": range(n, 0, -1)}[shape]
        return sep.join(fill * (row + extra) for row in rows)

    each = "each of" if shape == "square" else "with"
    return Spec(
        says=(
            f"draw {{n}} rows of the character '$fill', {each} {rule}, with {between} between the rows"
            + ("" if shape == "square" else "; rows are counted from 1"),
            f"return a string of {{n}} rows {each} {rule}, all '$fill', separated by {between}"
            + ("" if shape == "square" else "; the first row is number 1"),
            f"build a pattern of {{n}} rows of '$fill', {each} {rule}, joined by {between}"
            + ("" if shape == "square" else "; k starts at 1"),
            f"make a picture with {{n}} rows of '$fill' signs, {each} {rule}, and {between} between one row and the next"
            + ("" if shape == "square" else ", k counting from 1"),
        ),
        names=f"draw|pattern|{shape}|rows",
        params=("int n|size|count",),
        returns="String",
        body=f"""
            StringBuilder sb = new StringBuilder();
            for (int i = 1; i <= n; i++) {{
                if (i > 1) {{
                    sb.append("{java_sep}");
                }}
                for (int j = 0; j < {width}; j++) {{
                    sb.append('$fill');
                }}
            }}
            return sb.toString();
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(1, 6),),
        edges=((0,),),
    )


@template("control flow", a=range(2, 8), b=range(2, 8), cmp=COMPARE)
def which_is_larger(a: int, b: int, cmp: Choice) -> Spec:
    def oracle(p: int, q: int) -> str:
        x, y = a * p, q + b * p
        return "first" if cmp(x, y) else "equal" if x == y else "second"

    def inputs(r: random.Random) -> Args:
        p = r.randint(-5, 9)
        return p, (a - b) * p + r.choice((0, 0, r.randint(-9, 9)))

    equal = cmp.name in ("GreaterThan", "LessThan")
    third = (
        ', "equal" if both are equal, and "second" otherwise'
        if equal
        else ', and "second" otherwise'
    )
    return Spec(
        says=(
            f'return "first" if $a times {{p}} is $cmp {{q}} plus $b times {{p}}{third}',
            f'compare $a * {{p}} with {{q}} + $b * {{p}}: return "first" if the former is $cmp the latter{third}',
            f'decide between $a times {{p}} and the sum of {{q}} and $b times {{p}}: "first" if the former is $cmp the latter{third}',
            f'tell whether $a * {{p}} is $cmp {{q}} + $b * {{p}}; the answer is "first" if it is{third}',
        ),
        names="compareValues|decide|which|choose",
        params=("int p|x|first", "int q|y|second"),
        returns="String",
        body="""
            int left = $a * p;
            int right = q + $b * p;
            if (left $cmp right) {
                return "first";
            }
            return LAST;
        """.replace("LAST", 'left == right ? "equal" : "second"' if equal else '"second"'),
        oracle=oracle,
        inputs=inputs,
    )


@template(
    "control flow",
    first=comparisons((5, 8, 10)),
    second=comparisons((0, 2, 4)),
    labels=("high/low/middle", "hot/cold/mild", "up/down/flat"),
)
def label_number(first: Choice, second: Choice, labels: str) -> Spec:
    one, two, three = labels.split("/")
    return Spec(
        says=(
            f'return "{one}" if a number is $first, else "{two}" if it is $second, else "{three}"',
            f'label {{x}}: "{one}" if it is $first; if not, "{two}" if it is $second; otherwise "{three}"',
            f'give the label of a number: first test whether it is $first ("{one}"), then whether it is $second ("{two}"); if neither holds, it is "{three}"',
            f'[classify|describe] {{x}} as "{one}" when it is $first, as "{two}" when that does not hold but it is $second, and as "{three}" in all other cases',
        ),
        names="label|describe|classify|labelOf",
        params=("int x",),
        returns="String",
        body=f"""
            if ($first) {{
                return "{one}";
            }} else if ($second) {{
                return "{two}";
            }}
            return "{three}";
        """,
        oracle=lambda x: one if first(x) else two if second(x) else three,
        inputs=lambda r: (r.randint(-5, 15),),
        edges=((first.at,), (second.at,)),
    )


@template(
    "control flow",
    held_out=True,
    cond=CONDITIONS[::3],
    many=range(1, 4),
    labels=("many/few", "rich/poor", "good/bad"),
)
def label_by_count(cond: Choice, many: int, labels: str) -> Spec:
    yes, no = labels.split("/")
    return Spec(
        says=(
            f'return "{yes}" if at least $many elements of an array are $cond, and "{no}" otherwise',
            f'describe {{numbers}} as "{yes}" when $many or more of the numbers are $cond, else as "{no}"',
            f'count the elements that are $cond and return "{yes}" if there are $many or more of them, otherwise "{no}"',
        ),
        names="describe|labelArray|rate",
        params=(INT_ARRAY,),
        returns="String",
        body=f"""
            int count = 0;
            for (int x : numbers) {{
                if ($cond) {{
                    count++;
                }}
            }}
            if (count >= $many) {{
                return "{yes}";
            }}
            return "{no}";
        """,
        oracle=lambda a: yes if sum(1 for x in a if cond(x)) >= many else no,
        inputs=lambda r: (mixed(r, cond, 2, 6),),
        edges=(([],),),
    )
