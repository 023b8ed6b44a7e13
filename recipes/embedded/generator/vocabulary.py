"""What templates share: comparisons, conditions, transformations, words, and input drawers.

Conditions are Java expressions over a fixed variable (`x` a number, `w` a word, `c` a character),
so that the same idiom recurs in many templates and a model can recombine it.
"""

from __future__ import annotations

import operator
import random
import string
from collections.abc import Iterable

from generator.spec import Char, Choice

INT_ARRAY = "int[] numbers|values|arr|nums"
INT_LIST = "List<Integer> numbers|values|list|nums"
TEXT = "String text|s|str|input"
WORD_LIST = "List<String> words|strings|names|tokens"
MAP = "HashMap<String, Integer> map|scores|prices|stock"

COMPARE = (
    Choice("GreaterThan", "[greater than|larger than|more than]", ">", operator.gt),
    Choice("LessThan", "[less than|smaller than]", "<", operator.lt),
    Choice("AtLeast", "[at least|greater than or equal to]", ">=", operator.ge),
    Choice("AtMost", "[at most|less than or equal to]", "<=", operator.le),
)
EXTREMES = (
    Choice("Max", "[largest|maximum|greatest]", "Math.max", max),
    Choice("Min", "[smallest|minimum]", "Math.min", min),
)


def quotient(a: int, b: int) -> int:
    """Java's `a / b` for ints: truncates toward zero."""
    q = abs(a) // abs(b)
    return q if (a < 0) == (b < 0) else -q


def remainder(a: int, b: int) -> int:
    """Java's `a % b` for ints: takes the sign of `a`."""
    return a - b * quotient(a, b)


def _camel(k: int) -> str:
    return str(k) if k >= 0 else f"Minus{-k}"


def comparisons(ks: Iterable[int]) -> tuple[Choice, ...]:
    """Conditions that compare `x` with a constant.

    Of integers, `x > 4` and `x >= 5` mean the same; they count as two keys because a model must
    read each operator and constant as it is worded.
    """
    return tuple(
        Choice(
            f"{c.name}{_camel(k)}",
            f"{c.words} {k}",
            f"x {c.java} {k}",
            lambda x, c=c, k=k: c(x, k),
            k,
        )
        for k in ks
        for c in COMPARE
    )


def divisibility(ks: Iterable[int]) -> tuple[Choice, ...]:
    """Conditions that `x` is divisible by a constant, or is not."""
    return tuple(
        condition
        for k in ks
        for condition in (
            Choice(
                f"DivisibleBy{k}",
                f"divisible by {k}" if k > 2 else "even",
                f"x % {k} == 0",
                lambda x, k=k: x % k == 0,
                k,
            ),
            Choice(
                f"NotDivisibleBy{k}",
                f"not divisible by {k}" if k > 2 else "odd",
                f"x % {k} != 0",
                lambda x, k=k: x % k != 0,
                k,
            ),
        )
    )


def intervals(los: Iterable[int], widths: Iterable[int]) -> tuple[Choice, ...]:
    """Conditions that `x` lies between two constants, ends included."""
    return tuple(
        Choice(
            f"Between{_camel(a)}And{_camel(a + d)}",
            f"between {a} and {a + d} [inclusive|(inclusive)]",
            f"x >= {a} && x <= {a + d}",
            lambda x, a=a, d=d: a <= x <= a + d,
            a,
        )
        for a in los
        for d in widths
    )


CONDITIONS = comparisons(range(-4, 16)) + divisibility(range(2, 10)) + intervals((0, 2, 5), (4, 9))
"""Conditions on an integer `x` that may be negative."""

TRANSFORMS = (
    *(
        Choice(f"Times{k}", f"multiplied by {k}", f"x * {k}", lambda x, k=k: x * k)
        for k in range(2, 10)
    ),
    *(
        Choice(f"Plus{k}", f"increased by {k}", f"x + {k}", lambda x, k=k: x + k)
        for k in range(1, 10)
    ),
    *(
        Choice(f"Minus{k}", f"decreased by {k}", f"x - {k}", lambda x, k=k: x - k)
        for k in range(1, 10)
    ),
    Choice("Squared", "squared", "x * x", lambda x: x * x),
    *(
        Choice(
            f"SquaredPlus{k}",
            f"squared and then increased by {k}",
            f"x * x + {k}",
            lambda x, k=k: x * x + k,
        )
        for k in range(1, 6)
    ),
    *(
        Choice(
            f"Times{a}Plus{b}",
            f"multiplied by {a} and then increased by {b}",
            f"x * {a} + {b}",
            lambda x, a=a, b=b: x * a + b,
        )
        for a in (2, 3, 5)
        for b in (1, 4, 7)
    ),
)
"""What to do with an integer `x`; as words, they follow "each number"."""

_LETTERS = "abcdeghilmnoprst"
_LENGTH_WORDS = {
    ">": "[longer than|with more than] {} letters",
    "<": "[shorter than|with less than] {} letters",
    ">=": "[with|that have] at least {} letters",
    "<=": "[with|that have] at most {} letters",
}
WORD_CONDITIONS = (
    *(
        Choice(
            f"Length{c.name}{k}",
            _LENGTH_WORDS[c.java].format(k),
            f"w.length() {c.java} {k}",
            lambda w, c=c, k=k: c(len(w), k),
            k,
        )
        for k in range(3, 8)
        for c in COMPARE
    ),
    *(
        Choice(
            f"StartingWith{a.upper()}",
            f"[starting with|that start with] '{a}'",
            f'w.startsWith("{a}")',
            lambda w, a=a: w.startswith(a),
        )
        for a in _LETTERS
    ),
    *(
        Choice(
            f"EndingWith{a.upper()}",
            f"[ending with|that end with] '{a}'",
            f'w.endsWith("{a}")',
            lambda w, a=a: w.endswith(a),
        )
        for a in "degklmnorsty"
    ),
    *(
        Choice(
            f"Containing{a.upper()}",
            f"[containing|that contain] '{a}'",
            f'w.contains("{a}")',
            lambda w, a=a: a in w,
        )
        for a in _LETTERS
    ),
)
"""Conditions on a word `w`; as words, they follow "the words"."""

CHAR_CONDITIONS = (
    Choice(
        "Vowels",
        "[lowercase vowels|lowercase vowels (a, e, i, o or u)]",
        '"aeiou".indexOf(c) >= 0',
        lambda c: c in "aeiou",
    ),
    Choice("Digits", "digits", "Character.isDigit(c)", str.isdigit),
    Choice("Letters", "letters", "Character.isLetter(c)", str.isalpha),
    Choice(
        "UppercaseLetters",
        "[uppercase|upper case] letters",
        "Character.isUpperCase(c)",
        str.isupper,
    ),
    Choice(
        "LowercaseLetters",
        "[lowercase|lower case] letters",
        "Character.isLowerCase(c)",
        str.islower,
    ),
    Choice("Spaces", "spaces", "c == ' '", lambda c: c == " "),
    *(
        Choice(
            f"Letter{a.upper()}",
            f"equal to '{a}'",
            f"c == '{a}'",
            lambda c, a=a: c == a,
        )
        for a in _LETTERS
    ),
    *(
        Choice(
            f"LettersAfter{a.upper()}",
            f"lowercase letters after '{a}' in the alphabet",
            f"c > '{a}' && c <= 'z'",
            lambda c, a=a: a < c <= "z",
        )
        for a in "cfhkmp"
    ),
    *(
        Choice(
            f"LettersUpTo{a.upper()}",
            f"lowercase letters from 'a' to '{a}'",
            f"c >= 'a' && c <= '{a}'",
            lambda c, a=a: "a" <= c <= a,
        )
        for a in "cfhkmp"
    ),
)
"""Conditions on a character `c`; as words, they follow "characters that are"."""

_WORDS = """
    apple bread chair dance eagle field grape house island jungle kettle lemon mango night
    ocean paper queen river stone table under violet water yellow zebra cat dog sun map ice
    tea pen red blue green gold silver tree leaf seed rain snow wind storm cloud light
    shadow music story bird horse tiger rabbit monkey hand head road bridge tower garden
    market school train ticket note at on in up go do level noon radar kayak civic lion egg
    arm oak ship moss plum rope disk mint nest letter pepper summer yogurt engine orange
    apricot elephant notebook mountain telescope
"""
WORDS = tuple(_WORDS.split())


def ints(
    r: random.Random, low: int = -9, high: int = 20, least: int = 3, most: int = 8
) -> list[int]:
    """A list of integers."""
    return [r.randint(low, high) for _ in range(r.randint(least, most))]


def around(r: random.Random, at: int, spread: int = 8, least: int = 3, most: int = 8) -> list[int]:
    """A list of integers on both sides of a value, which often is among them."""
    numbers = [at + r.randint(-spread, spread) for _ in range(r.randint(least, most))]
    if r.random() < 0.4:
        numbers[r.randrange(len(numbers))] = at
    return numbers


def mixed(r: random.Random, condition: Choice, least: int = 3, most: int = 8) -> list[int]:
    """Integers of which some meet the condition and some do not, or now and then all or none."""
    numbers = around(r, condition.at, 9, least, most)
    bias = r.random()
    if bias < 0.15:
        numbers = [x for x in numbers if condition(x)] or numbers
    elif bias < 0.3:
        numbers = [x for x in numbers if not condition(x)] or numbers
    return numbers


def word(r: random.Random) -> str:
    """A lowercase word."""
    return r.choice(WORDS)


def words(r: random.Random, least: int = 3, most: int = 6) -> list[str]:
    """A list of words; repetitions are rare."""
    return [r.choice(WORDS) for _ in range(r.randint(least, most))]


def words_for(
    r: random.Random, condition: Choice, least: int = 3, most: int = 6, fits: int = 2
) -> list[str]:
    """A list of words of which some meet the condition."""
    result = words(r, least, most)
    fitting = [w for w in WORDS if condition(w)]
    for _ in range(r.randint(0, fits)):
        result[r.randrange(len(result))] = r.choice(fitting)
    return result


def sentence(r: random.Random, least: int = 2, most: int = 5) -> str:
    """Words separated by single spaces, some capitalised."""
    return " ".join(w.capitalize() if r.random() < 0.25 else w for w in words(r, least, most))


def text(r: random.Random) -> str:
    """Mixed text: words, capitals, digits and spaces."""
    parts = [
        r.choice((w, w, w.capitalize(), w.upper(), w + str(r.randint(0, 99))))
        for w in words(r, 1, 3)
    ]
    return r.choice(("", " ", " ")).join(parts)


def text_for(r: random.Random, condition: Choice, most: int = 3) -> str:
    """Text in which some characters meet the condition."""
    result = text(r)
    fitting = [c for c in string.ascii_letters + string.digits + " " if condition(c)]
    for _ in range(r.randint(0, most)):
        i = r.randint(0, len(result))
        result = result[:i] + r.choice(fitting) + result[i:]
    return result


def word_map(r: random.Random, at: int = 10, least: int = 2, most: int = 5) -> dict[str, int]:
    """A map from distinct words to integers around a value."""
    keys = r.sample(WORDS, r.randint(least, most))
    return dict(zip(keys, around(r, at, 9, len(keys), len(keys)), strict=True))


def letter(r: random.Random) -> Char:
    """A lowercase letter as a Java `char`."""
    return Char(r.choice(string.ascii_lowercase))
