"""Arithmetic word problems: prices, wages, journeys, savings, mixtures; int, long and double."""

from __future__ import annotations

from rlcf.tasks.embedded.spec import Spec, template

GOODS = ("apples", "books", "tickets", "pens", "lamps", "chairs")


@template(
    "arithmetic", percent=range(5, 55, 5), limit=range(20, 200, 20), over=("more than", "at least")
)
def discount(percent: int, limit: int, over: str) -> Spec:
    sign = ">" if over == "more than" else ">="

    def oracle(price: int, count: int) -> float:
        total = float(price * count)
        big = total > limit if over == "more than" else total >= limit
        return total * (100 - percent) / 100 if big else total

    return Spec(
        says=(
            "[compute|calculate] the total for {quantity} items at {price} each, with a discount of $percent percent if the total is $over $limit",
            "return what a customer pays for {quantity} pieces that cost {price} each; totals of $over $limit are reduced by $percent percent",
            "find the cost of {quantity} articles at {price} apiece, given that a bill of $over $limit gets $percent percent off",
            "work out the bill for {quantity} units priced {price} each, where $percent percent is taken off if it is $over $limit",
        ),
        names="totalPrice|billAmount|discounted|finalPrice",
        params=("int price|cost|unitPrice", "int quantity|count|pieces"),
        returns="double",
        body=f"""
            double total = price * quantity;
            if (total {sign} $limit) {{
                total = total * (100 - $percent) / 100;
            }}
            return total;
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(2, limit // 3), r.randint(1, 8)),
        edges=((limit // 10, 10),),
    )


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
    also = f" and then {extra} is added" if extra else ""
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
        params=("int speed|velocity|kmh", "int duration|time|length"),
        returns="double",
        body=f"""
            int moving = Math.max(0, {moving});
            return (double) speed * moving{factor} / {per};
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(2, 30) * 5, r.randint(4, 60) * 5),
        edges=((50, stop),),
    )


@template("arithmetic", limit=range(20, 50), factor=(2, 3, 4))
def overtime_pay(limit: int, factor: int) -> Spec:
    times = {2: "double", 3: "three times", 4: "four times"}[factor]
    return Spec(
        says=(
            f"compute the pay for {{hours}} hours at {{wage}} an hour, where every hour after the first $limit is paid {times} the wage",
            f"return what a worker earns in {{hours}} hours at an hourly wage of {{wage}}; hours above $limit count {times}",
            f"calculate a weekly wage: {{hours}} hours at {{wage}} each, but {times} for hours over $limit",
            f"find the total pay for {{hours}} hours if the first $limit cost {{wage}} each and any more cost {times} that",
        ),
        names="weeklyPay|overtimePay|wageFor|totalPay",
        params=("int hours|time|h", "int wage|rate|pay"),
        returns="int",
        body="""
            if (hours <= $limit) {
                return hours * wage;
            }
            int extra = hours - $limit;
            return $limit * wage + extra * wage * $factor;
        """,
        oracle=lambda hours, wage: wage * (min(hours, limit) + factor * max(0, hours - limit)),
        inputs=lambda r: (r.randint(limit - 15, limit + 15), r.randint(5, 40)),
        edges=((limit, 10),),
    )


@template(
    "arithmetic",
    big=(10, 20, 25, 50, 100),
    mid=(2, 3, 4, 5, 6, 8),
    want=("pieces", "mid", "rest"),
    where=lambda big, mid, want: mid < big,
)
def make_change(big: int, mid: int, want: str) -> Spec:
    head = {
        "pieces": "the total number of coins",
        "mid": f"the number of {mid}-coins",
        "rest": "the number of 1-coins",
    }[want]
    result = {"pieces": "bigs + mids + rest", "mid": "mids", "rest": "rest"}[want]

    def oracle(amount: int) -> int:
        bigs, left = divmod(amount, big)
        mids, rest = divmod(left, mid)
        return {"pieces": bigs + mids + rest, "mid": mids, "rest": rest}[want]

    return Spec(
        says=(
            f"pay {{amount}} with as many coins of $big as possible, then as many of $mid as possible and the rest in coins of 1, and return {head}",
            f"return {head} when {{amount}} is changed into coins of $big, then of $mid, then of 1, always taking as many as possible",
            f"find {head} needed for {{amount}}, using first coins worth $big, then $mid, then 1, as many of each as fit",
            f"compute {head} if {{amount}} is paid greedily in coins of $big, $mid and 1",
        ),
        names="makeChange|coins|countCoins|payWith$big",
        params=("int amount|sum|money",),
        returns="int",
        body=f"""
            int bigs = amount / $big;
            int left = amount % $big;
            int mids = left / $mid;
            int rest = left % $mid;
            return {result};
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(1, 5 * big),),
        edges=((0,), (big,)),
    )


@template("arithmetic", size=range(3, 25), cost=range(2, 9), goods=GOODS[:3])
def boxes_cost(size: int, cost: int, goods: str) -> Spec:
    return Spec(
        says=(
            "find the cost of the boxes needed for {items} $goods if a box holds $size $goods and costs $cost",
            "[compute|calculate] what it costs to pack {items} $goods into boxes of $size, at $cost a box; a box that is not full costs the same",
            "return the price of packing {items} $goods when every box holds up to $size of them and costs $cost",
            "work out the total price of boxes for {items} $goods, with at most $size $goods in a box and $cost for each box",
        ),
        names="boxCost|packingCost|costOfBoxes|pack${goods}",
        params=("int items|n|count",),
        returns="int",
        body="""
            int boxes = items / $size;
            if (items % $size != 0) {
                boxes++;
            }
            return boxes * $cost;
        """,
        oracle=lambda n: -(-n // size) * cost,
        inputs=lambda r: (r.randint(1, 6 * size),),
        edges=((size,), (0,)),
    )


@template(
    "arithmetic",
    child=range(6, 19, 3),
    senior=range(55, 76, 5),
    prices=("3/5/8", "2/6/10", "4/7/12", "5/6/9"),
)
def ticket_price(child: int, senior: int, prices: str) -> Spec:
    low, reduced, full = map(int, prices.split("/"))
    return Spec(
        says=(
            f"compute the price of {{count}} tickets for people of age {{age}}: {low} each below $child, {reduced} each from $senior on, otherwise {full} each",
            f"return what {{count}} tickets cost at age {{age}}, if a ticket is {low} for ages under $child, {reduced} for ages of $senior or more and {full} for all others",
            f"find the total for {{count}} visitors aged {{age}}; one pays {low} when younger than $child, {reduced} when at least $senior, else {full}",
            f"calculate the entrance fee of a group of {{count}} persons aged {{age}}: {low} a person under $child, {reduced} a person of $senior or older, {full} otherwise",
        ),
        names="ticketPrice|entranceFee|groupPrice|ticketCost",
        params=("int age|years|a", "int count|persons|people"),
        returns="int",
        body=f"""
            int price = {full};
            if (age < $child) {{
                price = {low};
            }} else if (age >= $senior) {{
                price = {reduced};
            }}
            return price * count;
        """,
        oracle=lambda age, n: n * (low if age < child else reduced if age >= senior else full),
        inputs=lambda r: (
            r.choice((r.randint(2, child), r.randint(child, senior), r.randint(senior, 95))),
            r.randint(1, 7),
        ),
        edges=((child, 2), (senior, 2)),
    )


@template(
    "arithmetic",
    a=range(1, 8),
    b=range(1, 8),
    c=range(1, 8),
    where=lambda a, b, c: (a + b + c) in (5, 8, 10) and not a == b == c,
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


@template("arithmetic", base=range(2, 10), free=range(0, 6), rate=range(1, 6))
def taxi_fare(base: int, free: int, rate: int) -> Spec:
    after = (
        "for every kilometre"
        if free == 0
        else f"for every kilometre after the first {free}"
        if free > 1
        else "for every kilometre after the first"
    )
    return Spec(
        says=(
            f"[compute|calculate] the fare of a taxi ride of {{distance}} kilometres: $base to start and $rate {after}",
            f"return what a ride of {{distance}} km costs if the basic fee is $base and there is a charge of $rate {after}",
            f"find the price of {{distance}} kilometres by taxi, with a base price of $base plus $rate {after}",
            f"work out a taxi bill for {{distance}} km, given a fixed $base and $rate {after}",
        ),
        names="taxiFare|ridePrice|fare|rideCost",
        params=("int distance|km|length",),
        returns="int",
        body="""
            int charged = Math.max(0, distance - $free);
            return $base + charged * $rate;
        """.replace(" - 0", ""),
        oracle=lambda d: base + rate * max(0, d - free),
        inputs=lambda r: (r.randint(1, 30),),
        edges=((free,), (0,)),
    )


@template("arithmetic", start=range(0, 50, 10), add=range(3, 15), bonus=range(0, 5))
def weeks_to_save(start: int, add: int, bonus: int) -> Spec:
    more = f", and every week {bonus} more than the week before" if bonus else ""
    grow = "step += $bonus;" if bonus else ""

    def oracle(goal: int) -> int:
        total, step, weeks = start, add, 0
        while total < goal:
            total, step, weeks = total + step, step + bonus, weeks + 1
        return weeks

    return Spec(
        says=(
            f"count the weeks until savings reach at least {{goal}}, starting with $start and adding $add in the first week{more or ' and in every other week'}",
            f"find how many weeks it takes to own {{goal}} or more if one has $start and saves $add in the first week{more or ' and each week after it'}",
            f"return the number of weeks needed to save up {{goal}}: there are $start at first, and $add is put aside in the first week{more or ' and in all later ones'}",
            f"compute after how many weeks a sum of $start has become {{goal}} or more when $add is added in the first week{more or ' and in each following week'}",
        ),
        names="weeksToSave|savingWeeks|countWeeks|weeksUntil",
        params=("int goal|target|price",),
        returns="int",
        body=f"""
            int total = $start;
            int step = $add;
            int weeks = 0;
            while (total < goal) {{
                total += step;
                {grow}
                weeks++;
            }}
            return weeks;
        """.replace("                \n", "")
        if bonus
        else """
            int total = $start;
            int weeks = 0;
            while (total < goal) {
                total += $add;
                weeks++;
            }
            return weeks;
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(start, start + 15 * add),),
        edges=((start,), (start + add,)),
    )


@template(
    "arithmetic",
    free=range(100, 1000, 100),
    low=(5, 10, 15),
    high=(20, 25, 30, 40),
    width=(100, 500),
)
def tax(free: int, low: int, high: int, width: int) -> Spec:
    top = free + width

    def oracle(income: int) -> float:
        if income <= free:
            return 0.0
        if income <= top:
            return (income - free) * low / 100
        return width * low / 100 + (income - top) * high / 100

    return Spec(
        says=(
            f"compute the tax on an income: nothing up to $free, $low percent of the part between $free and {top}, and $high percent of the part above {top}",
            f"return the tax for {{income}} when the first $free are free, the next $width are taxed at $low percent and the rest at $high percent",
            f"calculate how much tax is due on {{income}}, with rates of 0 percent up to $free, $low percent from there to {top} and $high percent beyond",
            f"find the tax to pay: income up to $free is free, income from $free to {top} costs $low percent and income over {top} costs $high percent",
        ),
        names="incomeTax|tax|taxDue|computeTax",
        params=("int income|salary|earnings",),
        returns="double",
        body=f"""
            if (income <= $free) {{
                return 0.0;
            }}
            if (income <= {top}) {{
                return (income - $free) * $low / 100.0;
            }}
            return $width * $low / 100.0 + (income - {top}) * $high / 100.0;
        """,
        oracle=oracle,
        inputs=lambda r: (
            r.choice((r.randint(0, free), r.randint(free, top), r.randint(top, 3 * top))),
        ),
        edges=((free,), (top,)),
    )


@template("arithmetic", k=range(2, 14), free=(1, 2), goods=GOODS)
def buy_some_get_free(k: int, free: int, goods: str) -> Spec:
    one = "one is free" if free == 1 else "two are free"
    group = k + free

    def oracle(n: int, price: int) -> int:
        return price * sum(1 for i in range(n) if i % group < k)

    return Spec(
        says=(
            f"[compute|find] the price of {{count}} $goods at {{price}} each, when after every $k that are paid the next {one}",
            f"return the cost of {{count}} $goods that cost {{price}} each, given that in each group of {group} the last {one}",
            f"calculate what {{count}} $goods cost at {{price}} apiece if out of every {group} the last {one}",
            f"work out the bill for {{count}} $goods at {{price}} each; for every $k paid, the following {one}",
        ),
        names="priceOf${goods}|groupPrice|dealPrice|cost",
        params=("int count|quantity|number", "int price|cost|each"),
        returns="int",
        body=f"""
            int groups = count / {group};
            int left = Math.min(count % {group}, $k);
            return (groups * $k + left) * price;
        """,
        oracle=oracle,
        inputs=lambda r: (r.randint(1, 4 * group), r.randint(1, 12)),
        edges=((group, 3), (k, 2)),
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
            f"[compute|find] the converted measure of {{value}}: multiply by $factor, divide by $divisor"
            + (f", add {offset}" if offset else ""),
            f"change units: the result is {{value}} times $factor divided by $divisor"
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


@template("arithmetic", held_out=True, base=range(2, 10), block=range(15, 70, 15), rate=range(1, 6))
def parking_fee(base: int, block: int, rate: int) -> Spec:
    return Spec(
        says=(
            "compute the fee for parking {minutes} minutes: $base to start and $rate for every $block minutes, a begun block counting as a whole one",
            "return what {minutes} minutes of parking cost if the basic fee is $base and each block of $block minutes, also one that is not full, costs $rate",
            "find the price of parking for {minutes} minutes, with a base price of $base plus $rate for each $block minutes or part of them",
        ),
        names="parkingFee|parkingCost|fee",
        params=("int minutes|time|duration",),
        returns="int",
        body="""
            int blocks = minutes / $block;
            if (minutes % $block != 0) {
                blocks++;
            }
            return $base + blocks * $rate;
        """,
        oracle=lambda m: base + rate * -(-m // block),
        inputs=lambda r: (r.randint(1, 6 * block),),
        edges=((block,), (0,)),
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
