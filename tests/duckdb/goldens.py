"""The oracle's own test: small inputs whose results were worked out by hand.

They run before every comparison, so that a disagreement with tiermill is never the oracle's plain mistake.
Every expected number below can be checked with pencil and paper; the comments give the steps.
"""

import tempfile
from decimal import Decimal
from pathlib import Path
from random import Random

import duckdb

import expr
import generate
import oracle
import overrides
from rules import Band, Metric, Rules, Score, Segmentation

D = Decimal
ROLES = {"customer": "customer_id", "order": "order_id", "time": "ordered_at", "amount": "amount"}


def table(text):
    """Rows from lines of words: customer order time amount [channel category quantity]; `-` is null, `_` a space."""
    names = ["customer_id", "order_id", "ordered_at", "amount", "channel", "category", "quantity"]
    rows = []
    for line in text.strip().splitlines():
        words = [None if w == "-" else w.replace("_", " ") for w in line.split()]
        rows.append(dict(zip(names, words + [None] * (len(names) - len(words)))))
    return rows


def expected_rows(rows, rules, as_of, types, timezone="UTC"):
    """Runs the oracle: {customer: {column: value}}."""
    columns = {
        "customer_id": types["customer"],
        "order_id": "VARCHAR",
        "ordered_at": types["time"],
        "amount": types["amount"],
        "channel": "VARCHAR",
        "category": "VARCHAR",
        "quantity": "INTEGER",
    }
    orders = generate.Orders(as_of, timezone, ROLES, columns, types, "", rules.scale, True, False, rows=rows, file_count=2)
    rules.timezone = timezone
    connection = duckdb.connect()
    with tempfile.TemporaryDirectory() as folder:
        rules.path, files = generate.write(connection, orders, Path(folder), Random(0))
        oracle.run(connection, rules, files, as_of, types)
    cursor = connection.execute("SELECT * FROM expected")
    names = [c[0] for c in cursor.description]
    return {row[names.index("__customer")]: dict(zip(names, row)) for row in cursor.fetchall()}


def blank(**sections):
    return Rules("golden", "", *ROLES.values(), **sections)


def golden_metrics():
    """Windows, local days, ties in time, nulls, refunds, what is left out."""
    rows = table("""
        a 1 2025-06-29_16:00:00+00 10.00 web books 1
        a 2 2025-06-29_15:59:59+00 20.00 app toys 2
        a 3 2025-04-01_02:00:00+00 30.00 web books -
        a 4 2025-06-30_16:00:00+00 99.00 web toys 1
        b 5 2025-05-31_16:00:00+00 5.00 - toys 4
        b 6 2025-05-31_16:00:00+00 -1.00 app books 1
        - 7 2025-06-01_00:00:00+00 7.00 web toys 1
        b 8 2025-06-01_00:00:00+00 - web toys 1
        c 9 2025-07-15_00:00:00+00 7.00 web toys 1
    """)
    web = expr.binary("=", expr.name("channel"), expr.lit("web"))
    metrics = [
        Metric("recency", "days", "days_since_last"),
        Metric("since_first", "days", "days_since_first"),
        Metric("gap", "days", "last_gap"),
        Metric("days", "count", "purchase_days"),
        Metric("orders", "count", "orders"),
        Metric("revenue", "money", "sum", "amount"),
        Metric("revenue_30d", "money", "sum", "amount", window_days=30),
        Metric("revenue_29d", "money", "sum", "amount", window_days=29),
        Metric("largest_29d", "money", "max", "amount", window_days=29),
        Metric("quantity_avg", "double", "avg", "quantity"),
        Metric("quantity_known", "count", "count", "quantity"),
        Metric("channels", "count", "count_distinct", "channel"),
        Metric("first_channel", "str", "first", "channel"),
        Metric("first_amount", "money", "first", "amount"),
        Metric("last_amount", "money", "last", "amount"),
        Metric("top_by_money", "str", "top", "category", ("sum", "amount")),
        Metric("top_by_rows", "str", "top", "category", ("rows", None)),
        Metric("web_share", "double", "sum", "amount", where=web, per="revenue"),
        Metric("cv_60d", "double", "monthly_cv", window_days=60),
        Metric("cv_90d", "double", "monthly_cv", window_days=90),
        Metric("per_gap", "double", derived=expr.binary("/", expr.name("revenue"), expr.name("gap"))),
        Metric("per_recency", "double", derived=expr.binary("/", expr.name("revenue"), expr.name("recency"))),
    ]
    a = dict(
        # Shanghai days: 30 June, 29 June, 1 April; order 4 falls on 1 July
        recency=0, since_first=90, gap=1, days=3, orders=3, revenue=D("60.00"),
        # the last 30 days begin on 1 June, the last 29 on 2 June
        revenue_30d=D("30.00"), revenue_29d=D("30.00"), largest_29d=D("20.00"),
        quantity_avg=1.5, quantity_known=2, channels=2, first_channel="web", first_amount=D("30.00"), last_amount=D("10.00"),
        top_by_money="books", top_by_rows="books", web_share=40 / 60,
        # 2 and 0 orders: mean 1, deviation 1; then 2, 0, 0: mean 2/3, deviation sqrt(8/9)
        cv_60d=1.0, cv_90d=2**0.5, per_gap=60.0, per_recency=None,
        clv=60 / 91 * 365 * 0.3,
    )  # fmt: skip
    b = dict(
        recency=29, since_first=29, gap=None, days=1, orders=2, revenue=D("4.00"),
        revenue_30d=D("4.00"), revenue_29d=D("0.00"), largest_29d=None,
        quantity_avg=2.5, quantity_known=2, channels=1, first_channel="app", first_amount=D("-1.00"), last_amount=D("5.00"),
        top_by_money="toys", top_by_rows="books", web_share=0.0,
        cv_60d=1.0, cv_90d=2**0.5, per_gap=None, per_recency=4 / 29,
        clv=4 / 30 * 365 * 0.3,
    )  # fmt: skip
    types = {"customer": "VARCHAR", "time": "TIMESTAMPTZ", "amount": "DECIMAL(18,2)"}
    rules = blank(metrics=metrics, clv=(365, D("0.3")))
    return expected_rows(rows, rules, "2025-06-30", types, "Asia/Shanghai"), {"a": a, "b": b}


def golden_scores():
    """Seven customers worth 10 10 20 30 30 30 40 (170 in all)."""
    values = [10, 10, 20, 30, 30, 30, 40]
    rows = table("\n".join(f"{i} o{i} 2025-01-0{i} {v}" for i, v in enumerate(values, 1)))
    quantiles = dict(kind="quantiles", of="revenue", bins=5)
    scores = [
        Score("high", **quantiles),
        Score("low", best="low", **quantiles),
        Score("split_high", split_ties=True, **quantiles),
        Score("split_low", split_ties=True, best="low", **quantiles),
        Score("breaks_high", "breaks", "revenue", breaks=[20, 30]),
        Score("breaks_low", "breaks", "revenue", breaks=[20, 30], best="low"),
        Score("mean_high", "mean", "revenue"),
        Score("mean_low", "mean", "revenue", best="low"),
        Score("blend", "weighted", weights={"high": D("0.4"), "mean_high": D("0.6")}),
    ]
    bands = [Band("abc", "revenue", {"A": D("0.80"), "B": D("0.95"), "C": 1}), Band("half", "revenue", {"top": D("0.5"), "rest": 1})]
    wanted = {
        # worse: 0 0 2 3 3 3 6, and five bins of seven; from the other side 5 5 4 1 1 1 0
        "high": [1, 1, 2, 3, 3, 3, 5],
        "low": [4, 4, 3, 1, 1, 1, 1],
        # positions 0 to 6 give 1 1 2 3 3 4 5; from the other side the order is 7, 4 5 6, 3, 1 2
        "split_high": [1, 1, 2, 3, 3, 4, 5],
        "split_low": [4, 5, 3, 1, 2, 3, 1],
        "breaks_high": [1, 1, 2, 3, 3, 3, 3],
        "breaks_low": [3, 3, 3, 2, 2, 2, 1],
        # the mean is 24.29
        "mean_high": [1, 1, 1, 2, 2, 2, 2],
        "mean_low": [2, 2, 2, 1, 1, 1, 1],
        "blend": [D("1.000000"), D("1.000000"), D("1.400000"), D("2.400000"), D("2.400000"), D("2.400000"), D("3.200000")],
        # shares before: 40 at 0, 30 at 40/170, 20 at 130/170 = 0.76, 10 at 150/170 = 0.88
        "abc": ["B", "B", "A", "A", "A", "A", "A"],
        "half": ["rest", "rest", "rest", "top", "top", "top", "top"],
    }
    rules = blank(metrics=[Metric("revenue", "money", "sum", "amount")], scores=scores, bands=bands)
    types = {"customer": "BIGINT", "time": "DATE", "amount": "BIGINT"}
    return expected_rows(rows, rules, "2025-01-31", types), {i: {k: v[i - 1] for k, v in wanted.items()} for i in range(1, 8)}


def golden_nulls():
    """Scores of nulls, a value equal to the mean, bands without money, and rules over nulls."""
    rows = table("""
        x 1 2025-01-01 1.00
        x 2 2025-01-05 0.00
        y 3 2025-01-01 2.00
        y 4 2025-01-03 0.00
        z 5 2025-01-02 3.00
        z 6 2025-01-03 -5.00
    """)
    metrics = [
        Metric("gap", "days", "last_gap"),
        Metric("largest", "money", "max", "amount"),
        Metric("recent", "money", "max", "amount", window_days=28),
        Metric("loss", "money", "sum", "amount", where=expr.binary("<", expr.name("amount"), expr.lit(0))),
    ]
    scores = [
        Score("mean_high", "mean", "largest"),
        Score("mean_low", "mean", "largest", best="low"),
        Score("recent_half", "quantiles", "recent", bins=2),
        Score("both", "weighted", weights={"mean_high": D("0.5"), "recent_half": D("0.5")}),
    ]
    # the largest are 1, 2 and 3: half of the sum lies before y, and a bound of a half is not greater than that
    bands = [Band("lost", "loss", {"A": D("0.5"), "B": 1}), Band("half", "largest", {"A": D("0.5"), "B": 1})]
    small = expr.binary("<", expr.name("recent"), expr.lit(1))
    rules = blank(metrics=metrics, scores=scores, bands=bands)
    rules.segments = [
        Segmentation("one", rules=[("not_small", expr.negate(small)), ("small", small)], default="unknown"),
        Segmentation("two", rules=[("seen", expr.binary("<>", expr.name("one"), expr.lit("unknown")))], default="unseen"),
    ]
    # as of 31 January the last 28 days begin on the 4th: only x bought in them, for nothing
    x = dict(
        gap=4, recent=D("0.00"), loss=D("0.00"),
        mean_high=1, mean_low=2, recent_half=1, both=D("1.000000"), lost="B", half="B",
        one="small", one_rule=2, two="seen", two_rule=1,
    )  # fmt: skip
    y = dict(
        gap=2, recent=None, loss=D("0.00"),
        mean_high=2, mean_low=2, recent_half=None, both=None, lost="B", half="B",
        one="unknown", one_rule=0, two="unseen", two_rule=0,
    )  # fmt: skip
    z = dict(
        gap=1, recent=None, loss=D("-5.00"),
        mean_high=2, mean_low=1, recent_half=None, both=None, lost="B", half="A",
        one="unknown", one_rule=0, two="unseen", two_rule=0,
    )  # fmt: skip
    types = {"customer": "VARCHAR", "time": "TIMESTAMP", "amount": "DECIMAL(18,2)"}
    return expected_rows(rows, rules, "2025-01-31", types), {"x": x, "y": y, "z": z}


def golden_presets():
    """Doubles as they are read, a filter on a null, repeated order ids, and the two presets."""
    rows = table("""
        p 1 2025-01-31 0.125 web
        p 1 2025-01-31 12.344 web
        p 2 2025-01-31 nan web
        q 3 2025-01-11 -0.125 web
        r 4 2025-01-01 100 -
        r 5 2024-01-01 100 web
        s 6 2025-01-01 inf web
    """)
    metrics = [
        Metric("recency", "days", "days_since_last"),
        Metric("orders", "count", "orders"),
        Metric("rows", "count", "rows"),
        Metric("revenue", "money", "sum", "amount"),
    ]
    scores = [
        Score("r", "breaks", "recency", breaks=[7, 14, 30, 90], best="low"),
        Score("f", "breaks", "orders", breaks=[1, 2, 3, 4]),
        Score("m", "breaks", "revenue", breaks=[0, 10, 50, 100]),
        Score("r2", "breaks", "recency", breaks=[30], best="low"),
        Score("f2", "breaks", "rows", breaks=[2]),
        Score("m2", "breaks", "revenue", breaks=[50]),
    ]
    rules = blank(metrics=metrics, scores=scores, where=expr.binary("=", expr.name("channel"), expr.lit("web")))
    rules.segments = [Segmentation("rfm", "rfm-11", ("r", "f", "m")), Segmentation("eight", "cn-8", ("r2", "f2", "m2"))]
    wanted = {
        # 0.13 + 12.34; scores 5 2 3
        "p": dict(
            recency=0, orders=1, rows=2, revenue=D("12.47"), r=5, f=2, m=3,
            rfm="promising", rfm_rule=5, eight="general_value", eight_rule=5,
        ),
        # scores 3 2 1
        "q": dict(
            recency=20, orders=1, rows=1, revenue=D("-0.13"), r=3, f=2, m=1,
            rfm="about_to_sleep", rfm_rule=7, eight="general_develop", eight_rule=6,
        ),
        # 1 January 2024 is 396 days before; scores 1 2 5
        "r": dict(
            recency=396, orders=1, rows=1, revenue=D("100.00"), r=1, f=2, m=5,
            rfm="at_risk", rfm_rule=8, eight="key_win_back", eight_rule=4,
        ),
    }  # fmt: skip
    types = {"customer": "VARCHAR", "time": "DATE", "amount": "DOUBLE"}
    return expected_rows(rows, rules, "2025-01-31", types), wanted


def golden_groups():
    """Cuts of groups with a fallback, places from the top, and quantiles of gaps."""
    rows = table("""
        1 1 2025-01-01 10 n
        2 2 2025-01-01 20 n
        3 3 2025-01-01 30 n
        4 4 2025-01-01 40 n
        5 5 2025-01-01 1 s
        6 6 2025-01-01 2 s
        7 7 2025-01-01 3 s
        8 8 2025-01-01 5 -
        9 9 2025-01-16 50 w
        9 9 2025-01-08 50 w
        9 9 2025-01-08 0 w
        9 9 2025-01-04 0 w
        9 9 2025-01-01 0 w
    """)
    metrics = [
        Metric("revenue", "money", "sum", "amount"),
        Metric("region", "str", "last", "channel"),
        Metric("usual_gap", "days", "gap_quantile", part=D("0.5")),
        Metric("long_gap", "days", "gap_quantile", part=D("0.666667")),
    ]
    group = dict(within="region", min_group=2)
    scores = [
        Score("half", "quantiles", "revenue", 2, **group),
        Score("low", "quantiles", "revenue", 2, best="low", **group),
        Score("split", "quantiles", "revenue", 2, split_ties=True, **group),
        Score("mean", "mean", "revenue", 2, **group),
    ]
    bands = [
        Band("abc", "revenue", {"A": D("0.5"), "B": D("0.95"), "C": 1}, **group),
        Band("place", "revenue", {"first": 1, "half": "50%", "rest": "all"}, True, **group),
        Band("top", "revenue", {"one": "11.111112%", "rest": "all"}, True),
    ]
    wanted = {
        # n: from 30; s: from 3; all nine: five are below 20. w has one customer and uses the cuts of all, as does 8
        "half": [1, 1, 2, 2, 1, 1, 2, 1, 2],
        "low": [2, 2, 1, 1, 2, 1, 1, 2, 1],
        "split": [1, 1, 2, 2, 1, 1, 2, 1, 2],
        # 25, 2, and 211 / 9
        "mean": [1, 1, 2, 2, 1, 2, 2, 1, 2],
        # n: 0, 40, 70 and 90 of 100 before; s: 0, 3 and 5 of 6; all: 206 - 6 = 200 of 211 before 5
        "abc": ["B", "B", "A", "A", "B", "B", "A", "B", "A"],
        "place": ["rest", "rest", "half", "first", "rest", "half", "first", "rest", "first"],
        # a ninth is 11.1111… %: before 40 there is one of nine
        "top": ["rest", "rest", "rest", "one", "rest", "rest", "rest", "rest", "one"],
        # gaps 3 4 8: ⌈1.5⌉ and ⌈2.000001⌉ of them
        "usual_gap": [None] * 8 + [4],
        "long_gap": [None] * 8 + [8],
    }
    types = {"customer": "BIGINT", "time": "DATE", "amount": "BIGINT"}
    rules = blank(metrics=metrics, scores=scores, bands=bands)
    return expected_rows(rows, rules, "2025-01-31", types), {i: {k: v[i - 1] for k, v in wanted.items()} for i in range(1, 10)}


def golden_lifecycle():
    """Numbers of days learned from gaps: of the store, and of the customer's own."""
    days = {
        "a": "2024-12-21 2024-12-31 2025-01-10 2025-01-20 2025-01-30",
        "b": "2024-10-13 2024-11-02 2024-12-02",
        "c": "2024-11-12 2024-12-22",
        "d": "2024-06-15 2024-09-23",
        "e": "2025-01-25",
    }
    rows = table("\n".join(f"{who} {who}{day} {day} 1" for who, many in days.items() for day in many.split()))
    metrics = [
        Metric("recency_days", "days", "days_since_last"),
        Metric("days_since_first", "days", "days_since_first"),
        Metric("last_gap_days", "days", "last_gap"),
        Metric("order_count", "count", "rows"),
    ]
    rules = blank(metrics=metrics)
    never = dict(loyal_orders=9)
    rules.segments = [
        Segmentation("store", "lifecycle-retail", fitted={"by": "store"}, variables=never),
        Segmentation("half", "lifecycle-retail", fitted={"by": "store", "active": D("0.5")}, variables={"dormant_days": 60} | never),
        Segmentation("two", "lifecycle-retail", fitted={"by": "customer", "min_gaps": 2}, variables=never),
        Segmentation("own", "lifecycle-retail", fitted={"by": "customer", "min_gaps": 1}, variables=never),
    ]
    # the gaps are 10 10 10 10 20 30 40 100; 80 % of eight are 6.4, so 7 of them: 40; 90 % 7.2: 100; half 4: 10
    wanted = {
        "a": ["active", "active", "active", "active"],
        # 60 days; own gaps 20 and 30: 30
        "b": ["at_risk", "at_risk", "churned", "churned"],
        # 40 days, own gap 40
        "c": ["active", "at_risk", "active", "active"],
        # 130 days, own gap 100
        "d": ["churned", "churned", "churned", "churned"],
        "e": ["new", "new", "new", "new"],
    }
    types = {"customer": "VARCHAR", "time": "DATE", "amount": "BIGINT"}
    names = ["store", "half", "two", "own"]
    return expected_rows(rows, rules, "2025-01-31", types), {who: dict(zip(names, labels)) for who, labels in wanted.items()}


def golden_overrides():
    """Labels set by hand: gold from 100, silver from 50, bronze from 10, and a second segmentation that reads the first."""
    rows = table("\n".join(f"{who} {who} 2025-01-01 {amount}" for who, amount in zip("abcdefgh", [100, 5, 20, 120, 70, 200, 60, 1])))
    at_least = [("gold", 100), ("silver", 50), ("bronze", 10)]
    tier = [(label, expr.binary(">=", expr.name("revenue"), expr.lit(least))) for label, least in at_least]
    chosen = expr.all_of(expr.binary("=", expr.name("tier"), expr.lit("gold")), expr.is_null(expr.name("tier_override")))
    rules = blank(metrics=[Metric("revenue", "money", "sum", "amount")])
    rules.segments = [Segmentation("tier", rules=tier, default="none"), Segmentation("vip", rules=[("yes", chosen)], default="no")]
    lines = [
        ("a", "exclude", "gold", None),  # silver is the next that is true
        ("b", "pin", "gold", "2025-12-31"),
        ("c", "floor", "silver", "2025-01-31"),  # the last day counts
        ("d", "floor", "bronze", None),  # better already
        ("e", "cap", "bronze", "2025-01-30"),  # over
        ("g", "cap", "bronze", None),
        ("h", "exclude", "bronze", None),  # is not bronze
        ("nobody", "pin", "gold", None),
    ]
    rules.overrides = overrides.Overrides()
    for who, action, segment, last in lines:
        line = ["tier", who, action, segment, "why", "ann", last]
        rules.overrides.lines.append(dict(zip(overrides.COLUMNS, line)))
    wanted = {
        "a": ["silver", 1, "exclude", "no"],
        "b": ["gold", 0, "pin", "no"],
        "c": ["silver", 3, "floor", "no"],
        "d": ["gold", 1, "floor", "no"],
        "e": ["silver", 2, None, "no"],
        "f": ["gold", 1, None, "yes"],
        "g": ["bronze", 2, "cap", "no"],
        "h": ["none", 0, "exclude", "no"],
    }
    types = {"customer": "VARCHAR", "time": "DATE", "amount": "BIGINT"}
    names = ["tier", "tier_rule", "tier_override", "vip"]
    return expected_rows(rows, rules, "2025-01-31", types), {who: dict(zip(names, values)) for who, values in wanted.items()}


GOLDENS = [golden_metrics, golden_scores, golden_nulls, golden_presets, golden_groups, golden_lifecycle, golden_overrides]


def failures():
    """One line for each difference between the oracle and the hand-worked results."""
    for golden in GOLDENS:
        got, wanted = golden()
        if sorted(got) != sorted(wanted):
            yield f"{golden.__name__}: customers {sorted(got)}, expected {sorted(wanted)}"
        for customer, values in wanted.items():
            for column, value in values.items():
                found = got.get(customer, {}).get(column, "nothing")
                close = isinstance(value, float) and isinstance(found, float) and abs(found - value) <= 1e-12 * abs(value)
                if found != value and not close:
                    yield f"{golden.__name__}: {customer}.{column} is {found!r}, expected {value!r}"
