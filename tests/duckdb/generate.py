"""Random orders: small tables full of the values that tell a right engine from a nearly right one.

`draw` decides the shape (types, nulls, layout of files), then the rows; `write` puts them into Parquet files with
DuckDB. Everything comes from the `random.Random` handed in, so a case is its seed. The rules are `randrules.py`'s.
"""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from expr import quote_name as q
from expr import quote_text as t

TIMEZONES = {
    "UTC": [0],
    "Asia/Shanghai": [8],
    "America/New_York": [-5, -4],
    "Europe/Berlin": [1, 2],
}
# Days on which, or next to which, clocks change; a leap day, ends of years, and plain days.
AS_OF_DAYS = """
    2025-03-09 2025-03-10 2025-11-02 2025-11-03 2025-03-30 2025-10-26 2026-11-01 2024-02-29 2024-12-31 2025-01-01
""".split()
STATUSES = ["completed", "completed", "completed", "refunded", "cancelled"]
CHANNELS = ["web", "app", "store", "Web"]
CATEGORIES = ["beauty", "books", "toys", "été", "服装", "B2B"]
REGIONS = ["north", "south", "east"]
ODD_CUSTOMERS = ["", " a", "Z", "a", "B", "é", "客户一", "客户二", "o'neil", "\U0001f600", "\uff21", "10", "9", "a b", "a\u0301", "-1"]


@dataclass
class Orders:
    """A drawn input. `columns` maps a column to its DuckDB type, `rows` are dicts of SQL texts (None is null)."""

    as_of: str
    timezone: str
    roles: dict
    columns: dict
    types: dict
    grain: str
    scale: int
    amount_is_coarse: bool  # no amount has more decimals than the scale
    has_nan: bool
    hive: str = ""
    rows: list = field(default_factory=list)
    file_count: int = 1
    filler: int = 0  # rows that are added for the sake of their number
    last_from: str = ""  # rows of this day and later ones are in the last file


def draw(rng):
    """The input of one case."""
    as_of = rng.choice(AS_OF_DAYS) if rng.random() < 0.6 else str(dt.date(2023, 1, 1) + dt.timedelta(rng.randrange(1400)))
    time_type = rng.choice(["DATE", "TIMESTAMP", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMPTZ", "TIMESTAMPTZ"])
    if time_type == "TIMESTAMP" and rng.random() < 0.2:
        time_type = rng.choice(["TIMESTAMP_MS", "TIMESTAMP_NS"])
    amount_type = rng.choice(["DECIMAL(18,2)", "DECIMAL(18,2)", "DOUBLE", "DOUBLE", "BIGINT"])
    if amount_type == "DECIMAL(18,2)" and rng.random() < 0.15:
        amount_type = "DECIMAL(9,2)"
    scales = {"DOUBLE": [None, None, 2, 0, 1, 3, 4], "BIGINT": [None, None, 0, 2]}
    roles = {
        "customer": rng.choice(["customer_id", "customer", "buyer"]),
        "order": rng.choice(["order_id", "receipt"]),
        "time": rng.choice(["ordered_at", "paid_on"]),
        "amount": rng.choice(["amount", "amount", "paid"]),
    }
    customer_type = rng.choice(["VARCHAR", "VARCHAR", "BIGINT"])
    columns = {
        roles["customer"]: customer_type,
        roles["order"]: rng.choice(["VARCHAR", "BIGINT"]),
        roles["time"]: time_type,
        roles["amount"]: amount_type,
        "status": "VARCHAR",
        "channel": "VARCHAR",
        "category": "VARCHAR",
        "region": "VARCHAR",
        "cost": "DECIMAL(18,2)",
        "quantity": rng.choice(["INTEGER", "BIGINT"]),
    }
    orders = Orders(
        as_of=as_of,
        timezone=rng.choice(list(TIMEZONES)),
        roles=roles,
        columns=columns,
        types={"time": time_type, "amount": amount_type, "customer": customer_type},
        grain=rng.choice(["", "order", "line"]),
        scale=rng.choice(scales.get(amount_type, [None, None, 2, 4])),
        amount_is_coarse=amount_type != "DOUBLE" or rng.random() < 0.5,
        has_nan=amount_type == "DOUBLE" and rng.random() < 0.4,
        hive="store" if rng.random() < 0.2 else "",
        file_count=rng.randint(1, 4),
    )
    if orders.hive:
        columns["store"] = "VARCHAR"
    orders.rows = list(draw_rows(rng, orders))
    return orders


def come_later(rng, orders):
    """Has the last days' rows in the last file, more or less where an earlier run may have ended."""
    if orders.hive or orders.file_count == 1:
        return
    first = dt.date.fromisoformat(orders.as_of) - dt.timedelta(rng.choice([-1, 0, 2, 39, 399]))
    orders.last_from = str(first)


def fill(connection, columns, customer, order, count):
    """Adds rows of many more customers to the table `source`; their values are those of its rows, in any combination."""
    if not count or connection.execute("SELECT count(*) FROM source").fetchone()[0] == 0:
        return
    names = ["file", *columns]
    lists = ", ".join(f"list({q(c)}) AS {q(c)}" for c in names)
    values = []
    for salt, c in enumerate(names):
        value = f"l.{q(c)}[1 + CAST(hash(i * 100 + {salt}) % len(l.{q(c)}) AS BIGINT)]"
        if c == customer:
            number = f"(hash(i * 100) % {count // 3 * 2})"
            value = f"5000000 + {number}" if columns[c] == "BIGINT" else f"'filler ' || {number}"
        elif c == order:
            value = f"CAST(10000000 + i AS {columns[c]})"
        values.append(value)
    rows = f"SELECT {', '.join(values)} FROM range({count}) AS r(i), (SELECT {lists} FROM source) AS l"
    connection.execute(f"INSERT INTO source {rows}")


def draw_rows(rng, orders):
    shape = rng.choices(["plain", "one customer", "empty", "rejected", "future"], [88, 5, 2, 2, 3])[0]
    if shape == "empty":
        return
    low, high = rng.choices([(1, 6), (10, 60), (60, 200), (200, 400)], [1, 2, 2, 3])[0]
    count = rng.randint(low, high)
    customers = draw_customers(rng, orders, 1 if shape == "one customer" else rng.randint(*rng.choice([(2, 8), (5, 60), (30, 60)])))
    nulls = {role: rng.choice([0, 0, 0.03, 0.15]) for role in ("customer", "time", "amount")}
    side_nulls = rng.choice([0, 0.1, 0.4])
    order_nulls, order_repeats = rng.choice([(0, 0)] * 6 + [(0.1, 0), (0, 0.1)])
    amounts = [draw_amount(rng, orders) for _ in range(rng.choice([3, 12, 400]))]
    # few distinct instants: ties in time are what first(), last() and the cuts must survive
    times = [draw_time(rng, orders, shape == "future") for _ in range(rng.choice([4, 30, 400]))]
    line_left, number = 0, 0
    for _ in range(count):
        if line_left == 0 or orders.grain != "line":
            line_left = rng.randint(1, 4)
            customer, time = rng.choice(customers), rng.choice(times)
            if rng.random() >= order_repeats:
                number += 1
        line_left -= 1
        row = {
            "customer": None if rng.random() < nulls["customer"] else customer,
            "order": None if rng.random() < order_nulls else str(1000 + number * 7),
            "time": None if rng.random() < nulls["time"] else time,
            "amount": None if rng.random() < nulls["amount"] else rng.choice(amounts),
        }
        if shape == "rejected":
            row[rng.choice(["customer", "time", "amount"])] = None
        row = {orders.roles[role]: value for role, value in row.items()}
        side = {
            "status": rng.choice(STATUSES),
            "channel": rng.choice(CHANNELS),
            "category": rng.choice(CATEGORIES),
            "region": rng.choice(REGIONS),
            "cost": rng.choice([draw_decimal(rng, 2), "1.00", "2.50", "0.00"]),
            "quantity": str(rng.choice([1, 1, 1, 2, 3, 10, 0, -1])),
        }
        row |= {k: None if rng.random() < side_nulls else v for k, v in side.items()}
        if orders.hive:
            row["store"] = rng.choice(["harbour", "station"])
        yield row


def draw_customers(rng, orders, count):
    if orders.types["customer"] == "BIGINT":
        pool = [-5, 0, 1, 9, 10, 100, 2**53 + 1, 2**53 + 2, -(2**62)] + list(range(1000, 1060))
    elif rng.random() < 0.4:
        pool = ODD_CUSTOMERS + [f"c{i}" for i in range(60)]
    else:
        pool = [f"C{i:04d}" for i in range(80)]
    return [str(c) for c in rng.sample(pool, count)]


def draw_decimal(rng, scale):
    """A decimal text of exactly this many decimals: mostly everyday money, with zeros, refunds and a few giants."""
    kind = rng.random()
    if kind < 0.08:
        units = 0
    elif kind < 0.2:
        units = -rng.randint(1, 20_000)
    elif kind < 0.23:
        units = rng.randint(10**7, 10**8)
    elif kind < 0.6:
        units = rng.choice([1, 2, 3, 5, 10]) * 10**scale
    else:
        units = rng.randint(1, 40_000)
    return format(Decimal(units).scaleb(-scale), "f")


def draw_amount(rng, orders):
    kind = orders.types["amount"]
    scale = 2 if orders.scale is None else orders.scale
    if kind == "BIGINT":
        return draw_decimal(rng, 0)
    if kind == "DECIMAL(9,2)":
        return format(Decimal(rng.randint(-20_000, 99_999_999)) / 100, ".2f")
    if kind != "DOUBLE":
        return draw_decimal(rng, 2)
    if orders.has_nan and rng.random() < 0.1:
        return rng.choice(["nan", "inf", "-inf"])
    if rng.random() < 0.02:
        return "-0.0"
    if orders.amount_is_coarse or rng.random() < 0.4:
        return draw_decimal(rng, scale)
    units = rng.randint(-2_000, 40_000)
    if rng.random() < 0.3:
        # a half that a double holds exactly, so there is one right way to round it: away from zero
        return format(Decimal(2 * units + 1) / 2 ** (scale + 1), "f")
    offset = Decimal(rng.choice(["0.01", "0.2", "0.44", "-0.01", "-0.3", "-0.44", "0.123456"]))
    return format((units + offset).scaleb(-scale), "f")


def draw_time(rng, orders, in_future):
    """A point in time as a text. Instants fall close to local midnights, an hour off for the other half of the year."""
    edges = [0, 0, 1, 6, 7, 29, 30, 31, 59, 60, 89, 90, 91, 179, 180, 181, 359, 360, 361, 364, 365, 366, 729, 730]
    kind = rng.random()
    back = rng.choice(edges) if kind < 0.55 else rng.randint(-40, 0) if kind < 0.62 else rng.randint(0, 900)
    if kind > 0.99:
        back = rng.randint(9000, 15000)
    if in_future:
        back = -rng.randint(1, 400)
    day = dt.date.fromisoformat(orders.as_of) - dt.timedelta(back)
    if orders.types["time"] == "DATE":
        return str(day)
    seconds = rng.choice([0, 0, 1, 86399, 1800, 5400, 7200, 9000, 84600, rng.randrange(86400)])
    micros = rng.choice([0, 0, 1, 999_999, 500_000])
    if orders.types["time"] == "TIMESTAMP_MS":
        micros = micros // 1000 * 1000
    moment = dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=seconds, microseconds=micros)
    if orders.types["time"] != "TIMESTAMPTZ":
        return str(moment)
    return f"{moment - dt.timedelta(hours=rng.choice(TIMEZONES[orders.timezone]))}+00"


def write(connection, orders, folder, rng):
    """Writes the files below `folder`/data; returns (the path for the rules file, the list of files)."""
    columns = [c for c in orders.columns if c != orders.hive]
    connection.execute("SET TimeZone = 'UTC'")
    declared = ", ".join(f"{q(c)} {orders.columns[c]}" for c in orders.columns)
    connection.execute(f"CREATE OR REPLACE TABLE source (file INTEGER, {declared})")
    tuples = []
    for row in orders.rows:
        texts = ["NULL" if row[c] is None else t(row[c]) for c in orders.columns]
        file = rng.randrange(orders.file_count)
        if orders.last_from:
            time = row[orders.roles["time"]]
            is_late = time is not None and time[:10] >= orders.last_from
            file = orders.file_count - 1 if is_late else rng.randrange(orders.file_count - 1)
        tuples.append(f"({file}, {', '.join(texts)})")
    if tuples:
        connection.execute(f"INSERT INTO source VALUES {', '.join(tuples)}")
    fill(connection, orders.columns, orders.roles["customer"], orders.roles["order"], orders.filler)

    data = Path(folder, "data", "orders")
    data.mkdir(parents=True)
    files, parts = [], [""]
    if orders.hive:
        parts = [r[0] for r in connection.execute("SELECT DISTINCT store FROM source ORDER BY 1").fetchall()] or ["harbour"]
    for part in parts:
        below = data / f"store={part}" if orders.hive else data
        below.mkdir(exist_ok=True)
        for number in range(orders.file_count):
            file = below / f"part-{number}.parquet"
            condition = f"file = {number}" + (f" AND store = {t(part)}" if orders.hive else "")
            names = ", ".join(q(c) for c in columns)
            connection.execute(f"COPY (SELECT {names} FROM source WHERE {condition}) TO {t(str(file))} (FORMAT parquet)")
            files.append(str(file))
    if orders.hive:
        return rng.choice(["data/orders", "data/orders/"]), files
    if orders.file_count == 1 and rng.random() < 0.5:
        return "data/orders/part-0.parquet", files
    return rng.choice(["data/orders/*.parquet", "data/orders/part-*.parquet"]), files
