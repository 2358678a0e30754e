"""Random rules for a drawn input: metrics first, then scores, bands, CLV and segments that read them.

Each metric carries its type and whether it may be null, so that what is drawn is always well typed and its result
pinned down by the contract: no band or mean of a float, no preset on a score that may be null.
"""

from decimal import Decimal

import expr
import overrides
import presets
import sides
from generate import CATEGORIES, CHANNELS, REGIONS, STATUSES
from rules import Band, Metric, Rules, Score, Segmentation

TEXT_COLUMNS = {"status": sorted(set(STATUSES)), "channel": CHANNELS, "category": CATEGORIES, "region": REGIONS}
WINDOWS = [1, 7, 30, 90, 180, 365, 730]
STATUS = expr.name("status")
# filters that leave rows to work with; the rest are as random as those of metrics
USUAL_FILTERS = [
    expr.binary("=", STATUS, expr.lit("completed")),
    expr.binary("<>", STATUS, expr.lit("cancelled")),
    expr.any_of(expr.is_in(STATUS, ["completed", "refunded"]), expr.is_null(STATUS)),
    expr.is_null(expr.name("category"), inverted=True),
    expr.negate(expr.binary("=", expr.name("channel"), expr.lit("web"))),
]
COMPARISONS = ["=", "<>", "<", "<=", ">", ">="]


def draw(rng, orders, merging=False):
    """The rules of one case; `path` is left for the writer of the files. Those that are `merging` have aggregates that
    a cache can extend by further days."""
    roles = orders.roles
    rules = Rules("cross_check", "", roles["customer"], roles["order"], roles["time"], roles["amount"])
    rules.timezone = "" if orders.timezone == "UTC" and rng.random() < 0.5 else orders.timezone
    rules.grain, rules.scale = orders.grain, orders.scale
    if rng.random() < 0.5:
        rules.where = rng.choice(USUAL_FILTERS) if rng.random() < 0.6 else row_condition(rng, orders, roles["amount"])
    rules.sides = sides.draw(rng, orders, row_condition, merging)
    rules.metrics = list(draw_metrics(rng, orders, rules, merging))
    rules.scores = list(draw_scores(rng, readable(rules), groupable(rules)))
    exact = [m for m in readable(rules) if is_exact(m)]
    for i in range(rng.choice([0, 1, 1, 2]) if exact else 0):
        rules.bands.append(draw_band(rng, f"band_{i}", groupable(rules), exact))
        band = rules.bands[-1]
        if not band.top and rng.random() < 0.3:
            band.preset = rng.choice(list(presets.BANDS))
            band.bounds = presets.BANDS[band.preset]
    if rng.random() < 0.4:
        rules.clv = (rng.choice([30, 90, 365]), rng.choice([Decimal("0.30"), Decimal("0.125"), 1]))
    rules.segments = list(draw_segments(rng, rules))
    rules.overrides = overrides.draw(rng, orders, rules)
    if rules.overrides:
        ask_for_overrides(rng, rules)
    rules.declared = rng.sample(rules.segments, len(rules.segments))
    if rng.random() < 0.2:
        names = rules.output_columns()
        rest = names[1:]
        rng.shuffle(rest)
        rules.columns = names[:1] + rest[: rng.randint(1, len(rest))] if rest else names
    rules.keeps_blank_ids = rng.random() < 0.2
    return rules


def ask_for_overrides(rng, rules):
    """Lets a rule of a later segmentation read what was done by hand in an earlier one."""
    for earlier, s in zip(rules.segments, rules.segments[1:]):
        if s.rules and rng.random() < 0.5:
            (label, when), *rest = s.rules
            asked = overrides.reads(rng, earlier.name)
            s.rules = [(label, rng.choice([expr.all_of, expr.any_of])(when, asked)), *rest]


BOUNDS = [
    {"A": Decimal("0.80"), "B": Decimal("0.95"), "C": 1},
    {"A": Decimal("0.70"), "B": Decimal("0.90"), "C": 1},
    {"top": Decimal("0.5"), "rest": 1},
    {"p1": Decimal("0.01"), "p5": Decimal("0.05"), "p25": Decimal("0.25"), "tail": 1},
]
TOPS = [
    {"diamond": "1%", "gold": "5%", "silver": 10, "rest": "all"},
    {"first": 1, "ten": 10, "rest": "all"},
    {"few": "0.5%", "third": "33.333333%", "two_thirds": "66.666667%", "rest": "100%"},
    {"three": 3, "half": "50%", "nine": 9, "rest": "all"},
    {"all": "all"},
]


def draw_band(rng, name, groups, exact):
    """Bands by share or from the top, for all or for each group."""
    within, min_group = draw_within(rng, groups)
    top = rng.random() < 0.4
    return Band(name, rng.choice(exact).name, rng.choice(TOPS if top else BOUNDS), top, within, min_group)


def groupable(rules):
    """Metrics and attributes of which groups are made: small numbers, days that many share, texts, null or empty or not."""
    everything = (rules.sides.attribute_metrics() if rules.sides else []) + rules.metrics
    return [m.name for m in everything if m.type in ("str", "count", "int", "days", "bool", "date")]


def draw_within(rng, groups):
    """(what makes the groups, or nothing; the smallest group, or nothing)"""
    if not groups or rng.random() < 0.6:
        return "", None
    return rng.choice(groups), rng.choice([None, 1, 2, 3, 5, 20])


def is_number(m):
    return m.type != "str" and not m.leaf


def is_exact(m):
    return is_number(m) and m.type != "double"


def row_condition(rng, orders, amount):
    """A condition over the rows of the input; `amount` is the name of the amount where the condition stands."""

    def leaf():
        kind = rng.random()
        column = rng.choice(list(TEXT_COLUMNS))
        values = TEXT_COLUMNS[column]
        if kind < 0.35:
            return expr.binary(rng.choice(["=", "<>"]), expr.name(column), expr.lit(rng.choice(values)))
        if kind < 0.5:
            return expr.is_in(expr.name(column), rng.sample(values, 2), rng.random() < 0.3)
        if kind < 0.6:
            return expr.is_null(expr.name(column), rng.random() < 0.6)
        if kind < 0.7:
            return expr.like(expr.name(column), rng.choice(["b%", "%e%", "_eb", "%服%", "s%"]), rng.random() < 0.3)
        if kind < 0.8:
            return expr.between(expr.name("quantity"), expr.lit(rng.randint(-1, 1)), expr.lit(rng.randint(1, 3)), rng.random() < 0.2)
        if kind < 0.85 and orders.hive:
            return expr.binary("=", expr.name("store"), expr.lit("harbour"))
        if kind < 0.95 and orders.amount_is_coarse:
            # halves and wholes only: the same number in binary and decimal
            threshold = rng.choice([0, 0, 5, 10, Decimal("0.5"), Decimal("100.5")])
            return expr.binary(rng.choice(COMPARISONS), expr.name(amount), expr.lit(threshold))
        return expr.binary(rng.choice([">", "<="]), expr.name("cost"), expr.lit(Decimal("2.50")))

    return combine(rng, leaf)


def combine(rng, leaf):
    """One to three leaves under and, or, not."""
    kind = rng.random()
    if kind < 0.5:
        return leaf()
    if kind < 0.65:
        return expr.all_of(leaf(), leaf())
    if kind < 0.8:
        return expr.any_of(leaf(), leaf())
    if kind < 0.88:
        return expr.negate(leaf())
    if kind < 0.94:
        return expr.any_of(leaf(), expr.all_of(leaf(), leaf()))
    return expr.all_of(leaf(), expr.negate(expr.any_of(leaf(), leaf())))


def draw_metrics(rng, orders, rules, merging):
    metrics = []
    if rng.random() < 0.85:
        metrics += [
            Metric("recency_days", "days", "days_since_last"),
            Metric("order_count", "count", rng.choice(["rows" if merging else "orders", "rows", "purchase_days"])),
            Metric("revenue", "money", "sum", "amount"),
        ]
    for i in range(rng.randint(1, 8)):
        metrics.append(draw_aggregate(rng, orders, f"m{i}", metrics, merging))
    if rules.sides:
        for i in range(len(rules.sides.events) * rng.randint(1, 3)):
            divisors = [m.name for m in metrics if is_exact(m)]
            metrics.append(sides.draw_metric(rng, f"e{i}", rng.choice(rules.sides.events), divisors))
        if rules.sides.people:
            # nobody knows when a prospect ordered last
            for m in metrics:
                m.nullable = m.nullable or m.type == "days"
    attributes = readable_attributes(rules)
    for i in range(rng.choice([0, 1, 2, 4])):
        metrics.append(draw_derived(rng, f"d{i}", attributes + metrics, rules.money_scale))
    return metrics


def readable_attributes(rules):
    """The attributes that conditions, scores and derived metrics read."""
    attributes = rules.sides.attribute_metrics() if rules.sides else []
    return [a for a in attributes if a.type in ("str", "int", "dec")]


def readable(rules):
    """Everything that scores, bands and rules read."""
    return readable_attributes(rules) + rules.metrics


MERGING = "days_since_last days_since_first last_gap purchase_days purchase_days rows count sum sum min max avg".split()


def draw_aggregate(rng, orders, name, earlier, merging=False):
    kind = rng.choice(MERGING) if merging else rng.choice(
        "days_since_last days_since_first last_gap gap_quantile purchase_days orders rows monthly_cv count count_distinct "
        "sum sum sum min max avg avg first last first last top top".split()
    )
    numbers = {"amount": "money", "cost": "dec", "quantity": "int"}
    texts = dict.fromkeys(TEXT_COLUMNS, "str")
    m = Metric(name, "count", kind)
    if kind.startswith("days_since") or kind in ("last_gap", "gap_quantile"):
        m.type = "days"
        m.nullable = kind in ("last_gap", "gap_quantile")
        if kind == "gap_quantile":
            m.part = rng.choice([Decimal("0.8"), Decimal("0.5"), Decimal("0.95"), Decimal("0.333333"), Decimal("0.000001"), 1])
    elif kind == "monthly_cv":
        m.type, m.nullable, m.leaf = "double", True, True
        m.window_days = rng.choice([30, 90, 360])
    elif kind in ("count", "count_distinct"):
        m.of = rng.choice(list(numbers | texts))
    elif kind in ("sum", "avg"):
        m.of = rng.choice(["amount", "amount", "cost", "quantity"])
        m.type = numbers[m.of] if kind == "sum" else "double"
        m.nullable = kind == "avg"
    elif kind != "orders" and kind != "rows" and kind != "purchase_days":
        everything = numbers if merging else numbers | texts
        m.of = rng.choice(["channel", "category", "region", "quantity"] if kind == "top" else list(everything))
        m.type, m.nullable = everything[m.of], True
        if kind == "top":
            m.weight = rng.choice([("sum", "amount"), ("rows", None), ("sum", "quantity"), ("sum", "cost")])
    unbounded = merging and kind in ("days_since_last", "days_since_first", "last_gap", "min", "max")
    if kind != "monthly_cv" and not unbounded and rng.random() < 0.35:
        m.window_days = rng.choice(WINDOWS)
    if rng.random() < 0.3 and not (merging and kind == "last_gap"):
        m.where = row_condition(rng, orders, "amount")
    if (m.window_days or m.where) and m.type == "days":
        m.nullable = True
    divisors = [e.name for e in earlier if is_exact(e)]
    if m.type in ("money", "dec", "int", "count") and divisors and rng.random() < 0.2:
        m.per, m.type, m.nullable = rng.choice(divisors), "double", True
    return m


def draw_derived(rng, name, earlier, money_scale):
    exact = [m for m in earlier if is_exact(m)]
    certain = [m for m in exact if not m.nullable]
    doubles = [m for m in earlier if m.type == "double" and not m.leaf]
    nullable = [m for m in exact + doubles if m.nullable]
    texts = [m for m in earlier if m.type == "str"]

    def pick(metrics):
        return expr.name(rng.choice(metrics).name)

    def may_be_null(node):
        return any(m.nullable for m in earlier if m.name in expr.names_in(node))

    if not exact:
        return Metric(name, "days", "days_since_first")
    kinds = ["ratio", "sum", "product", "case", "label", "abs", "scaled"]
    kinds += ["round"] * 2 + ["best"] * bool(certain) + ["coalesce"] * bool(nullable) + ["text"] * bool(texts)
    kind = rng.choice(kinds)
    if kind == "ratio":
        node = expr.binary("/", pick(exact), pick(exact))
        return Metric(name, "double", derived=node, nullable=True)
    if kind == "sum":
        node = expr.binary(rng.choice("+-"), pick(exact), rng.choice([pick(exact), expr.lit(3), expr.lit(Decimal("0.25"))]))
    elif kind == "product":
        # a difference inside a product needs its parentheses
        inner = expr.binary("-", pick([m for m in exact if m.type != "exact"] or [earlier[0]]), expr.lit(rng.choice([1, Decimal("0.5")])))
        node = expr.binary("*", inner, expr.lit(rng.choice([2, -3, Decimal("0.25")])))
    elif kind == "case":
        branch = (condition(rng, earlier), pick(exact))
        node = expr.case([branch], rng.choice([expr.lit(0), pick(exact)]))
    elif kind == "label":
        node = expr.case([(condition(rng, earlier), expr.lit("many")), (condition(rng, earlier), expr.lit("some"))], expr.lit("few"))
        return Metric(name, "str", derived=node)
    elif kind == "abs":
        node = expr.call("abs", pick(exact))
    elif kind == "best":
        node = expr.call(rng.choice(["least", "greatest"]), pick(certain), pick(certain), expr.lit(rng.randint(0, 50)))
    elif kind == "coalesce":
        chosen = rng.choice(nullable)
        node = expr.call("coalesce", expr.name(chosen.name), expr.lit(rng.choice([0, -1, Decimal("0.5")])))
        return Metric(name, "double" if chosen.type == "double" else "exact", derived=node)
    elif kind == "text":
        return Metric(name, "str", derived=expr.call("coalesce", pick(texts), expr.lit("none")))
    elif kind == "scaled":
        node = expr.binary("*", expr.binary("/", pick(exact), pick(exact)), expr.lit(100))
        return Metric(name, "double", derived=node, nullable=True, leaf=True)
    elif rng.random() < 0.5:
        money = [m for m in exact if m.type in ("money", "dec")]
        if money:
            # fewer places than the value has, so that there is something to round
            node = expr.call("round", pick(money), expr.lit(rng.randint(0, min(1, money_scale))))
        else:
            node = expr.call("abs", pick(exact))
    else:
        digits = rng.randint(0, 3)
        value = expr.binary("/", pick(exact), pick(exact))
        node = expr.call("round", value, expr.lit(digits))
        return Metric(name, "double", derived=node, nullable=True, leaf=True, round_digits=digits, unrounded=value)
    return Metric(name, "exact", derived=node, nullable=may_be_null(node) or kind == "case")


def condition(rng, metrics, scores=(), bands=(), labels=None, clv=False):
    """A condition over a customer's row. `labels` maps a segmentation to the labels it can give."""

    def leaf():
        usable = [m for m in metrics if not m.leaf]
        kind = rng.random()
        if labels and kind < 0.2:
            segmentation = rng.choice(list(labels))
            some = rng.sample(labels[segmentation], min(2, len(labels[segmentation])))
            return expr.is_in(expr.name(segmentation), some, rng.random() < 0.3)
        if bands and kind < 0.35:
            band = rng.choice(list(bands))
            return expr.binary(rng.choice(["=", "<>"]), expr.name(band.name), expr.lit(rng.choice(list(band.bounds))))
        if scores and kind < 0.65:
            score = rng.choice(list(scores))
            return expr.binary(rng.choice(COMPARISONS), expr.name(score.name), expr.lit(rng.randint(1, 4)))
        if clv and kind < 0.7:
            return expr.binary(rng.choice("<>"), expr.name("clv"), expr.lit(Decimal("17.31234567")))
        m = rng.choice(usable)
        if m.nullable and rng.random() < 0.25:
            return expr.is_null(expr.name(m.name), rng.random() < 0.5)
        if m.type == "str":
            values = TEXT_COLUMNS.get(m.of, ["many", "few"])
            return expr.is_in(expr.name(m.name), rng.sample(values, 2), rng.random() < 0.3)
        thresholds = {"days": [1, 30, 90, 365], "count": [0, 1, 3, 5], "int": [0, 2, 10]}
        low = rng.choice(thresholds.get(m.type, [0, 1, 10, 100, Decimal("0.5"), Decimal("12.25")]))
        if rng.random() < 0.2:
            return expr.between(expr.name(m.name), expr.lit(low), expr.lit(low + rng.choice([1, 20, 200])), rng.random() < 0.2)
        return expr.binary(rng.choice(COMPARISONS), expr.name(m.name), expr.lit(low))

    return combine(rng, leaf)


def draw_scores(rng, metrics, groups):
    by_name = {m.name: m for m in metrics}
    scores = []
    if "revenue" in by_name and rng.random() < 0.6:
        bins = rng.choice([5, 4, 2, 2])
        for name, of, best in (("r", "recency_days", "low"), ("f", "order_count", rng.choice(["", "high"])), ("m", "revenue", "")):
            scores.append(draw_score(rng, name, by_name[of], bins, best, groups))
    for i in range(rng.choice([0, 1, 3])):
        usable = [m for m in metrics if is_number(m)]
        if usable:
            bins = rng.choice([2, 2, 3, 4, 5, 10, 100])
            scores.append(draw_score(rng, f"s{i}", rng.choice(usable), bins, rng.choice(["", "high", "low"]), groups))
    yield from scores
    if len(scores) >= 2 and rng.random() < 0.5:
        parts = rng.sample(scores, min(3, len(scores)))
        weights = {2: ["0.4", "0.6"], 3: ["0.2", "0.305", "0.495"]}[len(parts)]
        yield Score("value", "weighted", weights={s.name: Decimal(w) for s, w in zip(parts, weights)})


def draw_score(rng, name, metric, bins, best, groups):
    score = draw_cut(rng, name, metric, bins, best)
    if score.kind != "breaks":
        score.within, score.min_group = draw_within(rng, groups)
    return score


def draw_cut(rng, name, metric, bins, best):
    kinds = ["quantiles", "quantiles", "split"] + ["breaks"] * (bins <= 5) + ["mean"] * (4 * (bins == 2 and metric.type != "double"))
    kind = rng.choice(kinds)
    if kind == "breaks":
        pool = {"days": [1, 7, 30, 90, 180, 365], "count": [1, 2, 3, 4, 8]}
        values = pool.get(metric.type, [0, 1, Decimal("10.5"), 20, Decimal("100.25"), 1000])
        return Score(name, "breaks", metric.name, bins, sorted(rng.sample(values, bins - 1)), best=best)
    if kind == "mean":
        return Score(name, "mean", metric.name, 2, best=best)
    return Score(name, "quantiles", metric.name, bins, split_ties=kind == "split", best=best)


# whatever is drawn ascends
QUANTILES = {
    "active": [Decimal("0.000001"), Decimal("0.5"), Decimal("0.75"), Decimal("0.8")],
    "at_risk": [Decimal("0.85"), Decimal("0.9"), Decimal("0.933333")],
    "dormant": [Decimal("0.95"), Decimal("0.99"), 1],
}


def draw_list(rng, metrics, labels):
    """A preset of conditions over whatever numbers there are: what is drawn need not make sense, but it has one meaning."""
    usable = {
        "since_first": [m for m in metrics if m.type == "days"],
        "recency": [m for m in metrics if m.type == "days"],
        "last_gap": [m for m in metrics if m.type in ("days", "count")],
        "orders": [m for m in metrics if m.type == "count" and not m.leaf],
        "amount": [m for m in metrics if m.type in ("money", "dec")],
    }
    preset = rng.choice(["lifecycle-retail", "purchase-2x2"])
    roles = presets.ROLES[preset]
    if any(not usable[role] for role in roles):
        return
    columns = {role: rng.choice(usable[role]).name for role in roles}
    columns = {role: column for role, column in columns.items() if column != roles[role]}
    variables = {}
    for name in presets.VARIABLES[preset]:
        if rng.random() < 0.7:
            variables[name] = rng.choice([1, 2, 3] if "orders" in name else [1, 7, 30, 60, 100, 300])
    if "large_amount" in variables and rng.random() < 0.5:
        variables["large_amount"] = Decimal("10.25")
    fitted = {}
    if preset == "lifecycle-retail" and rng.random() < 0.7:
        fitted["by"] = rng.choice(["store", "customer"])
        for name, (key, _) in presets.LEARNED.items():
            if rng.random() < 0.8:
                variables.pop(name, None)
            if rng.random() < 0.5:
                fitted[key] = rng.choice(QUANTILES[key])
        if fitted["by"] == "customer" and rng.random() < 0.7:
            fitted["min_gaps"] = rng.choice([1, 2, 4])
    labels["listed"] = presets.labels(preset)
    yield Segmentation("listed", preset, metrics=columns, variables=variables, fitted=fitted)


def draw_segments(rng, rules):
    labels = {}
    names = {s.name: s for s in rules.scores}
    if "r" in names and rng.random() < 0.8:
        preset = {5: "rfm-11", 4: "braze-10", 2: "cn-8"}[names["r"].bins]
        labels["rfm"] = presets.labels(preset)
        yield Segmentation("rfm", preset, ("r", "f", "m"))
        if preset == "cn-8" and rng.random() < 0.7:
            churn = {"churn_days": rng.choice([1, 7, 30, 90])} if rng.random() < 0.7 else {}
            labels["four"] = presets.labels("cn-4")
            yield Segmentation("four", "cn-4", ("r", "f", "m"), variables=churn)
    if rng.random() < 0.4:
        yield from draw_list(rng, rules.metrics, labels)
    for i in range(rng.choice([0, 1, 1, 2])):
        if all(m.leaf for m in rules.metrics):
            return
        ids = ["alpha", "beta", "gamma", "delta"][: rng.randint(1, 4)]
        scores = [s for s in rules.scores if s.kind != "weighted"]
        when = [(x, condition(rng, readable(rules), scores, rules.bands, labels, bool(rules.clv))) for x in ids]
        yield Segmentation(f"seg_{i}", rules=when, default="other")
        labels[f"seg_{i}"] = [*ids, "other"]
