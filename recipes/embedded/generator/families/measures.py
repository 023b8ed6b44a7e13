"""Arithmetic word problems about growth, savings, journeys and measures: mostly double and loops."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

from generator.spec import Spec, template


@template("arithmetic", rate=range(1, 21), want=("interest", "amount"), fee=(0, 5, 10, 25))
def simple_interest(rate: int, want: str, fee: int) -> Spec:
    minus = f" minus a fee of {fee}" if fee else ""
    java_fee = f" - {fee}" if fee else ""
    start = "principal + interest" if want == "amount" else "interest"
    head = (
        "the simple interest"
        if want == "interest"
        else "the amount of money, with simple interest,"
    )

    def oracle(principal: int, years: int) -> float:
        interest = principal * rate * years / 100
        return interest - fee + (principal if want == "amount" else 0)

    return Spec(
        says=(
            f"[compute|calculate] {head} for {{principal}} at $rate percent a year after {{years}} years{minus}",
            f"find {head} that results from investing {{principal}} for {{years}} years at $rate percent a year{minus}",
            f"return {head} after {{years}} years if {{principal}} is lent at $rate percent a year{minus}",
            f"work out {head} on a sum of {{principal}} over {{years}} years at a yearly rate of $rate percent{minus}",
        ),
        names=f"simpleInterest|{want}|interestAt$rate|yearly{want.capitalize()}",
        params=("int principal|sum|capital", "int years|time|n"),
        returns="double",
        body=f"""
            double interest = principal * $rate * years / 100.0;
            return {start}{java_fee};
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(1, 60) * 50, r.randint(1, 10)),
    )


@template("arithmetic", percent=range(1, 21), way=("grows", "shrinks"), extra=(0, 10, 50))
def yearly_change(percent: int, way: str, extra: int) -> Spec:
    sign = "+" if way == "grows" else "-"
    also = f" and then, also every year, gets {extra} more" if extra else ""
    java = f" + {extra}" if extra else ""

    def oracle(value: int, years: int) -> float:
        v = float(value)
        for _ in range(years):
            v = v * (100 + percent if way == "grows" else 100 - percent) / 100 + extra
        return v

    return Spec(
        says=(
            f"[compute|calculate] the value after {{years}} years if {{start}} $way by $percent percent every year{also}",
            f"return what becomes of {{start}} in {{years}} years when it $way by $percent percent each year{also}",
            f"find the size of a stock of {{start}} after {{years}} years; each year it $way by $percent percent{also}",
            f"work out an amount after {{years}} years, given that it is {{start}} at first and every year $way by $percent percent{also}",
        ),
        names="valueAfter|yearlyChange|afterYears|change$percent",
        params=("int start|initial|amount", "int years|periods|n"),
        returns="double",
        body=f"""
            double value = start;
            for (int i = 0; i < years; i++) {{
                value = value * (100 {sign} $percent) / 100{java};
            }}
            return value;
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(1, 40) * 25, r.randint(0, 6)),
        edges=((100, 0),),
    )


@template("arithmetic", stop=range(0, 60, 5), unit=("kilometres", "metres"), per=(60, 3600))
def distance_travelled(stop: int, unit: str, per: int) -> Spec:
    time = "minutes" if per == 60 else "seconds"
    rest = f", {stop} of which are a rest" if stop else ""
    moving = "duration - $stop" if stop else "duration"
    factor = " * 1000" if unit == "metres" else ""

    def oracle(speed: int, duration: int) -> float:
        return speed * max(0, duration - stop) * (1000 if unit == "metres" else 1) / per

    return Spec(
        says=(
            f"[compute|find] the distance in {unit} that a car covers at {{speed}} km per hour in {{duration}} {time}{rest}",
            f"return how many {unit} a train goes in {{duration}} {time} at {{speed}} kilometres an hour{rest}",
            f"calculate how far, in {unit}, one gets at {{speed}} km/h in {{duration}} {time}{rest}",
            f"work out the {unit} travelled at a speed of {{speed}} km per hour during {{duration}} {time}{rest}",
        ),
        names=f"distance|{unit}Covered|distanceIn{unit.capitalize()}|howFar",
        params=("int speed|velocity|kmh", "int duration|time|d"),
        returns="double",
        body=f"""
            int moving = Math.max(0, {moving});
            return (double) speed * moving{factor} / {per};
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(2, 30) * 5, r.randint(4, 60) * 5),
        edges=((50, stop),),
    )


@template(
    "arithmetic",
    a=range(2, 8),
    b=range(2, 8),
    c=range(2, 8),
    where=lambda a, b, c: (a + b + c) in (8, 10, 12, 15) and not a == b == c,
)
def weighted_average(a: int, b: int, c: int) -> Spec:
    return Spec(
        says=(
            "[compute|calculate] the average of three marks that count $a, $b and $c times",
            "return the weighted mean of {first}, {second} and {third} with the weights $a, $b and $c",
            "find the weighted average of three numbers whose weights are $a, $b and $c, in this order",
            "work out the mean of three scores, the first with weight $a, the second with weight $b and the third with weight $c",
        ),
        names="weightedAverage|weightedMean|averageMark|finalScore",
        params=("int first|a|x", "int second|b|y", "int third|c|z"),
        returns="double",
        body=f"""
            int sum = first * $a + second * $b + third * $c;
            int weights = {a + b + c};
            return (double) sum / weights;
        """,
        oracle=lambda x, y, z: (x * a + y * b + z * c) / (a + b + c),
        inputs=lambda r: (r.randint(0, 50), r.randint(0, 50), r.randint(0, 50)),
    )


@template("arithmetic", start=range(0, 50, 10), add=range(3, 15), bonus=range(5))
def weeks_to_save(start: int, add: int, bonus: int) -> Spec:
    more = f", and every week {bonus} more than the week before" if bonus else ""
    declare, step, grow = (
        ("int step = $add;", "step", "step += $bonus;") if bonus else ("", "$add", "")
    )

    def oracle(goal: int) -> int:
        total, step, weeks = start, add, 0
        while total < goal:
            total, step, weeks = total + step, step + bonus, weeks + 1
        return weeks

    return Spec(
        says=(
            f"count the weeks until savings reach at least {{goal}}, starting with $start and adding $add in the first week{more or ' and in each later week'}",
            f"find how many weeks it takes to own {{goal}} or more if one has $start and saves $add in the first week{more or ' and each week after it'}",
            f"return the number of weeks needed to save up {{goal}}: there are $start at first, and $add is put aside in the first week{more or ' and in all later ones'}",
            f"compute after how many weeks a sum of $start has become {{goal}} or more when $add is added in the first week{more or ' and in each following week'}",
        ),
        names="weeksToSave|savingWeeks|countWeeks|weeksUntil",
        params=("int goal|target|price",),
        returns="int",
        body=f"""
            int total = $start;
            {declare}
            int weeks = 0;
            while (total < goal) {{
                total += {step};
                {grow}
                weeks++;
            }}
            return weeks;
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(start, start + 15 * add),),
        edges=((start,), (start + add,)),
    )


@template("arithmetic", width=range(1, 9), cost=range(1, 9), what=("path", "fence"))
def garden(width: int, cost: int, what: str) -> Spec:
    if what == "path":
        thing = "of a path $width metres wide laid around a rectangular garden of {length} by {breadth} metres, at $cost a square metre"
        java = "(length + 2 * $width) * (breadth + 2 * $width) - length * breadth"
    else:
        thing = "of a fence around a rectangular garden of {length} by {breadth} metres with a gate of $width metres left open, at $cost a metre"
        java = "2 * (length + breadth) - $width"

    def oracle(a: int, b: int) -> int:
        size = 2 * (a + b) - width if what == "fence" else 2 * width * (a + b) + 4 * width * width
        return size * cost

    return Spec(
        says=(
            f"[compute|calculate] the cost {thing}",
            f"return the price {thing}",
            f"find the total cost {thing}",
            f"work out the price {thing}",
        ),
        names=f"{what}Cost|{what}Price|gardenCost|costOf{what.capitalize()}",
        params=("int length|a|x", "int breadth|b|y"),
        returns="long",
        body=f"""
            int size = {java};
            return (long) size * $cost;
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(3, 40), r.randint(3, 40)),
    )


@template(
    "arithmetic",
    factor=range(2, 10),
    divisor=range(2, 10),
    offset=range(0, 40, 4),
    where=lambda factor, divisor, offset: factor % divisor and divisor % factor,
)
def convert_units(factor: int, divisor: int, offset: int) -> Spec:
    plus = f" and adding {offset}" if offset else ""
    java = f" + {offset}" if offset else ""
    return Spec(
        says=(
            f"convert a temperature to another scale by multiplying it by $factor, dividing by $divisor{plus}",
            f"return the reading {{value}} on a scale obtained by multiplying by $factor, dividing by $divisor{plus}",
            "[compute|find] the converted measure of {value}: multiply by $factor, divide by $divisor"
            + (f", add {offset}" if offset else ""),
            "change units: the result is {value} times $factor divided by $divisor"
            + (f", plus {offset}" if offset else ""),
        ),
        names="convert|toScale|convertUnits|rescale",
        params=("double value|degrees|x",),
        returns="double",
        body=f"""
            double scaled = value * $factor / $divisor;
            return scaled{java};
        """,
        oracle=lambda v: v * factor / divisor + offset,
        inputs=lambda r: (r.randint(-40, 200) / 2,),
    )


@template("arithmetic", held_out=True, percent=range(5, 50, 5), limit=range(10, 100, 10))
def years_until_below(percent: int, limit: int) -> Spec:
    def oracle(value: int) -> int:
        v, years = float(value), 0
        while v > limit:
            v, years = v * (100 - percent) / 100, years + 1
        return years

    return Spec(
        says=(
            "count the years until a value that shrinks by $percent percent every year is no longer more than $limit",
            "find how many years it takes until {start}, which loses $percent percent each year, is at most $limit",
            "return the number of years after which {start} has become $limit or less when it shrinks by $percent percent every year",
        ),
        names="yearsUntil|countYears|yearsToShrink",
        params=("int start|initial|amount",),
        returns="int",
        body="""
            double value = start;
            int years = 0;
            while (value > $limit) {
                value = value * (100 - $percent) / 100;
                years++;
            }
            return years;
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(limit - 5, 8 * limit),),
        edges=((limit,),),
    )
