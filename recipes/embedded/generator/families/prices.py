"""Arithmetic word problems about prices, wages and taxes: mostly int, with branches and remainders."""

# ruff: noqa: E501 (descriptions stay whole sentences)

from __future__ import annotations

from generator.spec import Spec, template


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
        params=("int price|cost|unitPrice", "int quantity|count|number"),
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
        params=("int hours|worked|h", "int wage|rate|salary"),
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


@template("arithmetic", size=range(3, 25), cost=range(2, 9))
def boxes_cost(size: int, cost: int) -> Spec:
    return Spec(
        says=(
            "find the cost of the boxes needed for {n} apples if a box holds $size apples and costs $cost",
            "[compute|calculate] what it costs to pack {n} bottles into boxes of $size, at $cost a box; a box that is not full costs the same",
            "return the price of packing {n} books when every box holds up to $size of them and costs $cost",
            "work out the total price of boxes for {n} cups, with at most $size cups in a box and $cost for each box",
        ),
        names="boxCost|packingCost|costOfBoxes|boxes",
        params=("int n|count|total",),
        returns="int",
        body="""
            int boxes = n / $size;
            if (n % $size != 0) {
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
        params=("int age|years|a", "int count|persons|n"),
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


@template("arithmetic", base=range(2, 10), free=range(1, 7), rate=range(2, 8))
def taxi_fare(base: int, free: int, rate: int) -> Spec:
    after = "for every kilometre after the first" + (f" {free}" if free > 1 else "")
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
        """,
        oracle=lambda d: base + rate * max(0, d - free),
        inputs=lambda r: (r.randint(1, 30),),
        edges=((free,), (0,)),
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
            "return the tax for {income} when the first $free are free, the next $width are taxed at $low percent and the rest at $high percent",
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


@template("arithmetic", k=range(2, 20), free=(1, 2, 3))
def buy_some_get_free(k: int, free: int) -> Spec:
    one = {1: "one is free", 2: "two are free", 3: "three are free"}[free]
    group = k + free

    def oracle(n: int, price: int) -> int:
        return price * sum(1 for i in range(n) if i % group < k)

    return Spec(
        says=(
            f"[compute|find] the price of {{count}} tickets at {{price}} each, when after every $k that are paid the next {one}",
            f"return the cost of {{count}} pens that cost {{price}} each, given that in each group of {group} the last {one}",
            f"calculate what {{count}} lamps cost at {{price}} apiece if out of every {group} the last {one}",
            f"work out the bill for {{count}} cakes at {{price}} each; for every $k paid, the following {one}",
        ),
        names="payFor|groupPrice|dealPrice|cost",
        params=("int count|quantity|n", "int price|cost|rate"),
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


@template("arithmetic", held_out=True, base=range(2, 10), block=range(15, 70, 15), rate=range(2, 7))
def parking_fee(base: int, block: int, rate: int) -> Spec:
    return Spec(
        says=(
            "compute the fee for parking {minutes} minutes: $base to start and $rate for every $block minutes, a begun block counting as a whole one",
            "return what {minutes} minutes of parking cost if the basic fee is $base and each block of $block minutes, also one that is not full, costs $rate",
            "find the price of parking for {minutes} minutes, with a base price of $base plus $rate for each $block minutes or part of them",
        ),
        names="parkingFee|parkingCost|fee",
        params=("int minutes|mins|m",),
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
