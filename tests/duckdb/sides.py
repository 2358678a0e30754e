"""Everything beside the one input of orders: a second one, the table of customers, events, opt-outs and consent.

Drawn, written and said in SQL like the rest: `draw` decides, `write` makes the files, `load_sql` turns what
`oracle.load_sql` has loaded into the tables `orders` and `customers` of the whole population. A case has none, some or
all of them. `attributes` and `metrics` are what rules may read of them.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import expr
import generate
from expr import quote_name as q
from expr import quote_text as t
from rules import Metric

SHARED = ["status", "channel", "category", "region", "cost", "quantity"]
KINDS = ["click", "view", "call"]
ATTRIBUTES = {"city": ("VARCHAR", "str"), "birth_year": ("INTEGER", "int"), "income": ("DECIMAL(9,2)", "dec"),
              "vip": ("BOOLEAN", "bool"), "since": ("DATE", "date"), "mood": ("DOUBLE", "double")}  # fmt: skip


@dataclass
class Table:
    """A table: `columns` maps a column to its DuckDB type, `rows` are dicts of SQL texts (None is null)."""

    name: str
    columns: dict
    customer: str
    time: str = ""
    rows: list = field(default_factory=list)
    where: expr.Node = None
    files: list = field(default_factory=list)
    filler: int = 0


@dataclass
class Sides:
    orders: generate.Orders
    second: generate.Orders = None
    second_where: expr.Node = None
    second_files: list = field(default_factory=list)
    people: Table = None
    attributes: list = field(default_factory=list)  # names, in the order of the rules file
    unknown: str = ""
    consent: bool = False
    events: list = field(default_factory=list)
    suppress: Table = None
    suppress_csv: bool = False

    def attribute_metrics(self):
        """The attributes as what rules may read."""
        return [Metric(a, ATTRIBUTES[a][1], "attribute", "region" if a == "city" else "", nullable=True) for a in self.attributes]

    def scales(self):
        return [2 if o.scale is None else o.scale for o in (self.orders, self.second) if o]

    def by_instant(self):
        return all(o.types["time"] == "TIMESTAMPTZ" for o in (self.orders, self.second) if o)


def draw(rng, orders, row_condition, only_orders=False):
    """The sides of one case, or None for the orders alone; perhaps only further orders."""
    if rng.random() < 0.4:
        return None
    sides = Sides(orders)
    known = sorted({r[orders.roles["customer"]] for r in orders.rows} - {None})
    strangers = generate.draw_customers(rng, orders, 8)

    def somebody(share):
        return rng.choice(known) if known and rng.random() < share else rng.choice(strangers)

    if not orders.hive and rng.random() < 0.5:
        sides.second = draw_second(rng, orders, somebody)
        if rng.random() < 0.4:
            sides.second_where = row_condition(rng, sides.second, sides.second.roles["amount"])
    if only_orders:
        return sides if sides.second else None
    if rng.random() < 0.7:
        sides.people = draw_people(rng, orders, known, strangers)
        sides.attributes = rng.sample(list(ATTRIBUTES), rng.randint(0, len(ATTRIBUTES)))
        sides.unknown = rng.choice(["", "leave_out", "join", "join"])
        sides.consent = rng.random() < 0.3
        sides.people.filler = orders.filler // 2
    for name in rng.sample(["visits", "reviews"], rng.choice([0, 1, 1, 2])):
        sides.events.append(draw_events(rng, orders, name, somebody))
        sides.events[-1].filler = orders.filler // 6
    if rng.random() < 0.4:
        kind = orders.types["customer"]
        sides.suppress = Table("suppress", {"id": kind, "why": "VARCHAR"}, "id")
        ids = [somebody(0.8) for _ in range(rng.choice([0, 1, 3, 10]))] + [None] * rng.randint(0, 1)
        sides.suppress.rows = [{"id": i, "why": "moved"} for i in ids]
        # blanks at the ends of a CSV's fields mean nothing, so an id that has some cannot stand there, nor an empty one
        plain = all(i is None or (i.strip() == i and i) for i in ids)
        sides.suppress_csv = plain and rng.random() < 0.5
    return sides


def draw_second(rng, orders, somebody):
    """Other columns, other types of time and amount, ids of the same type."""
    roles = {"customer": "member", "order": "slip", "time": "sold_at", "amount": "total"}
    time = rng.choice(["DATE", "TIMESTAMP", "TIMESTAMPTZ", orders.types["time"]])
    amount = rng.choice(["DECIMAL(18,2)", "BIGINT", "DOUBLE"])
    kinds = [orders.types["customer"], orders.columns[orders.roles["order"]], time, amount]
    columns = dict(zip(roles.values(), kinds)) | {c: orders.columns[c] for c in SHARED}
    columns["quantity"] = rng.choice(["INTEGER", "BIGINT", "SMALLINT"])
    second = generate.Orders(
        orders.as_of, orders.timezone, roles, columns,
        {"time": time, "amount": amount, "customer": orders.types["customer"]},
        orders.grain, rng.choice([None, None, 2, 3]), orders.amount_is_coarse, False, file_count=rng.randint(1, 2),
    )  # fmt: skip
    second.filler = orders.filler // 3
    while not second.rows:
        second.rows = list(generate.draw_rows(rng, second))
    for row in second.rows:
        if row["member"] is not None:
            row["member"] = somebody(0.6)
    return second


def draw_people(rng, orders, known, strangers):
    people = Table("people", {"cid": orders.types["customer"], "agreed": "BOOLEAN"}, "cid")
    people.columns |= {a: kind for a, (kind, _) in ATTRIBUTES.items()}
    some = [c for c in known if rng.random() < rng.choice([0.5, 0.9, 1])] + rng.sample(strangers, rng.randint(0, 6))
    if rng.random() < 0.05:
        some = []

    def person(cid):
        values = {
            "city": rng.choice(generate.REGIONS),
            "birth_year": str(rng.randint(1950, 2008)),
            "income": generate.draw_decimal(rng, 2) if rng.random() < 0.2 else f"{rng.randint(1, 20)}000.00",
            "vip": rng.choice(["true", "false"]),
            "since": f"20{rng.randint(10, 22)}-0{rng.randint(1, 9)}-11",
            "mood": rng.choice(["0.5", "-1.25", "0", "-0.0", "3e10"]),
        }
        row = {a: None if rng.random() < 0.15 else v for a, v in values.items()}
        return {"cid": cid, "agreed": rng.choice(["true"] * 6 + ["false", None])} | row

    for cid in some:
        people.rows.append(person(cid))
        while rng.random() < 0.15:
            again = dict(people.rows[-1]) if rng.random() < 0.5 else person(cid)
            if rng.random() < 0.5:
                again |= {"city": people.rows[-1]["city"], "birth_year": people.rows[-1]["birth_year"]}
            people.rows.append(again)
    people.rows += [person(None) for _ in range(rng.choice([0, 0, 2]))]
    rng.shuffle(people.rows)
    return people


def draw_events(rng, orders, name, somebody):
    time = rng.choice(["DATE", "TIMESTAMP", "TIMESTAMPTZ"])
    kind = orders.types["customer"]
    events = Table(name, {"who": kind, "at": time, "kind": "VARCHAR", "seconds": "INTEGER"}, "who", "at")
    shape = generate.Orders(orders.as_of, orders.timezone, {}, {}, {"time": time}, "", None, True, False)
    times = [generate.draw_time(rng, shape, False) for _ in range(rng.choice([3, 20]))]
    nulls = rng.choice([0, 0, 0.1])
    for _ in range(rng.choice([0, 5, 60, 200])):
        row = {"who": somebody(0.7), "at": rng.choice(times), "kind": rng.choice(KINDS), "seconds": str(rng.randint(0, 9))}
        events.rows.append({k: None if rng.random() < nulls else v for k, v in row.items()})
    if rng.random() < 0.4:
        events.where = event_condition(rng)
    return events


def event_condition(rng):
    if rng.random() < 0.5:
        return expr.binary(rng.choice(["=", "<>"]), expr.name("kind"), expr.lit(rng.choice(KINDS)))
    return expr.binary(rng.choice(["<", ">="]), expr.name("seconds"), expr.lit(rng.randint(1, 8)))


def draw_metric(rng, name, events, divisors):
    """A metric of a table of events."""
    kinds = "rows rows count count_distinct sum avg min max first last top days_since_last last_gap purchase_days monthly_cv"
    kind = rng.choice(kinds.split())
    m = Metric(name, "count", kind, source=events.name)
    if kind in ("sum", "avg", "min", "max"):
        m.of, m.type = "seconds", "double" if kind == "avg" else "int"
    elif kind in ("first", "last", "top"):
        m.of, m.type, m.weight = "kind", "str", rng.choice([("rows", None), ("sum", "seconds")])
    elif kind.startswith("count"):
        m.of = rng.choice(["kind", "seconds"])
    elif kind in ("days_since_last", "last_gap"):
        m.type = "days"
    elif kind == "monthly_cv":
        m.type, m.leaf, m.window_days = "double", True, rng.choice([30, 90, 360])
    m.nullable = kind not in ("rows", "count", "count_distinct", "sum", "purchase_days")
    if kind != "monthly_cv" and rng.random() < 0.3:
        m.window_days = rng.choice([1, 30, 365])
    if rng.random() < 0.3:
        m.where = event_condition(rng)
    if m.type in ("count", "int") and divisors and rng.random() < 0.2:
        m.per, m.type, m.nullable = rng.choice(divisors), "double", True
    return m


def write(connection, sides, folder, rng):
    """Writes the files of all sides below `folder`/data."""
    if sides.second:
        Path(folder, "second").mkdir()
        _, sides.second_files = generate.write(connection, sides.second, Path(folder, "second"), rng)
    for table in [sides.people, *sides.events, sides.suppress]:
        if not table:
            continue
        declared = ", ".join(f"{q(c)} {kind}" for c, kind in table.columns.items())
        connection.execute(f"CREATE OR REPLACE TABLE source (file INTEGER, {declared})")
        for row in table.rows:
            values = ", ".join("NULL" if v is None else t(v) for v in row.values())
            names = ", ".join(q(c) for c in row)
            connection.execute(f"INSERT INTO source (file, {names}) VALUES ({rng.randrange(2)}, {values})")
        generate.fill(connection, table.columns, table.customer, "", table.filler)
        below = Path(folder, "data", table.name)
        below.mkdir(parents=True)
        ending, form = ("csv", "csv, header") if table is sides.suppress and sides.suppress_csv else ("parquet", "parquet")
        for part in range(2):
            file = below / f"part-{part}.{ending}"
            names = ", ".join(q(c) for c in table.columns)
            connection.execute(f"COPY (SELECT {names} FROM source WHERE file = {part}) TO {t(str(file))} (FORMAT {form})")
            table.files.append(str(file))


def inputs_value(sides, orders, keeps_blank):
    """`inputs` of the rules file, given that of the first orders."""
    kept = {"blank_ids": "keep"} if keeps_blank else {}
    orders |= kept
    if not sides:
        return {"orders": orders}
    value = {"orders": orders}
    if sides.second:
        second = {"path": "second/data/orders/*.parquet", "columns": dict(sides.second.roles)}
        if sides.second_where is not None:
            second["where"] = expr.rules_text(sides.second_where)
        if sides.second.scale is not None:
            second["scale"] = sides.second.scale
        if sides.second.grain:
            second["grain"] = sides.second.grain
        value["orders"] = [orders, second | kept]
    if sides.people:
        value["customers"] = {"path": "data/people", "columns": {"customer": "cid"}} | kept
        if sides.attributes:
            value["customers"]["attributes"] = list(sides.attributes)
        if sides.unknown:
            value["customers"]["unknown"] = sides.unknown
    for table in sides.events:
        value[table.name] = {"path": f"data/{table.name}/*.parquet", "columns": {"customer": table.customer, "time": table.time}}
        if table.where is not None:
            value[table.name]["where"] = expr.rules_text(table.where)
        value[table.name] |= kept
    return value


def privacy_value(sides):
    value = {}
    if sides and sides.suppress:
        path = "data/suppress/*.csv" if sides.suppress_csv else "data/suppress"
        value["suppress"] = {"path": path, "column": "id"}
    if sides and sides.consent:
        value["consent"] = "agreed"
    return value


def id_sql(column, kind, keeps_blank):
    """The id in a column: empty and blank texts are none, unless they are kept."""
    column = q(column)
    return column if kind != "VARCHAR" or keeps_blank else f"CASE WHEN trim({column}) <> '' THEN {column} END"


def files_sql(files, csv_id=""):
    listed = ", ".join(t(f) for f in files)
    if csv_id:
        return f"read_csv([{listed}], header = true, columns = {{'id': {t(csv_id)}, 'why': 'VARCHAR'}})"
    return f"read_parquet([{listed}], hive_partitioning = false)"


def load_sql(sides, as_of, timezone, second_passed, keeps_blank):
    """After the first orders are `passed`: the rest of them, and who is left out; then `accepted` and `rejected`.

    `second_passed` is the query of the second orders, with internal columns like the first.
    """
    kind = sides.orders.types["customer"]
    internal = ["__input", "__customer", "__order", "__time", "__day", "__amount", "__order_by"]
    columns = ", ".join([q(c) for c in SHARED] + internal)
    script = ["CREATE TABLE left_out (input VARCHAR, reason VARCHAR, count BIGINT, customers BIGINT);"]
    if sides.second:
        script.append(f"CREATE TABLE united AS SELECT {columns} FROM passed UNION ALL SELECT {columns} FROM ({second_passed});")
        script.append("DROP TABLE passed; ALTER TABLE united RENAME TO passed;")
    tables = ["passed"]
    for table in sides.events:
        zone = f"timezone({t(timezone)}, {q('at')})" if table.columns["at"] == "TIMESTAMPTZ" else q("at")
        where = expr.duckdb_sql(table.where, {}) if table.where is not None else "true"
        script.append(
            f"CREATE TABLE {table.name} AS SELECT *, {id_sql('who', kind, keeps_blank)} AS __customer, {q('at')} AS __time, CAST({zone} AS DATE) AS __day, "
            f"{q('at')} AS __order_by FROM {files_sql(table.files)} WHERE {where};"
        )
        tables.append(table.name)
    if sides.people:
        script.append(f"CREATE TABLE people AS SELECT *, {id_sql('cid', kind, keeps_blank)} AS __customer FROM {files_sql(sides.people.files)};")
        tables.append("people")
    if sides.suppress:
        csv_id = sides.suppress.columns["id"] if sides.suppress_csv else ""
        script.append(f"CREATE TABLE suppress AS SELECT DISTINCT id FROM {files_sql(sides.suppress.files, csv_id)} WHERE id IS NOT NULL;")
        for table in tables:
            script += leave_out(table, "suppressed", "__customer IN (SELECT id FROM suppress)")
    if sides.consent:
        script.append("CREATE TABLE allowed AS SELECT __customer FROM people GROUP BY ALL HAVING bool_and(coalesce(agreed, false));")
        for table in tables:
            # Nobody's rows are no one's to refuse, also where nobody has said yes: NULL NOT IN () is true.
            unasked = "__customer NOT IN (SELECT __customer FROM allowed WHERE __customer IS NOT NULL)"
            script += leave_out(table, "no_consent", f"__customer IS NOT NULL AND {unasked}")
    return "\n".join(script) + "\n"


def leave_out(table, reason, condition):
    """Counts rows of a table, then drops them."""
    name = {"passed": "orders", "people": "customers"}.get(table, table)
    counted = f"SELECT {t(name)}, {t(reason)}, count(*), count(DISTINCT __customer) FROM {table} WHERE {condition}"
    return [f"INSERT INTO left_out {counted};", f"DELETE FROM {table} WHERE {condition};"]


def population_sql(sides, as_of):
    """After `orders` (up to the as-of): the population, everybody's attributes, what is theirs, and all that is set aside."""
    # times have one type for each input; whether there is one is all that matters
    row = "SELECT __customer, CASE WHEN __time IS NOT NULL THEN 1 END AS __time, __day"
    undated = "SELECT __customer, NULL, NULL"
    bad = [f"{row} FROM rejected"]
    script = []
    if sides.people:
        attributes = ", ".join(q(a) for a in sides.attributes)
        order = ", ".join(f"{q(a)} ASC NULLS FIRST" for a in sides.attributes) or "1"
        same = " AND ".join(f"p.{q(a)} IS NOT DISTINCT FROM o.{q(a)}" for a in sides.attributes) or "true"
        script.append(
            f"CREATE TABLE one_each AS SELECT __customer{', ' + attributes if attributes else ''} FROM people "
            f"WHERE __customer IS NOT NULL QUALIFY row_number() OVER (PARTITION BY __customer ORDER BY {order}) = 1;"
        )
        script.append("DROP TABLE customers;")
        joined = "UNION SELECT __customer FROM orders" if sides.unknown == "join" else ""
        script.append(f"CREATE TABLE customers AS SELECT __customer FROM one_each {joined};")
        if sides.unknown != "join":
            stranger = "__customer NOT IN (SELECT __customer FROM customers)"
            script.append(f"CREATE TABLE strangers AS SELECT * FROM orders WHERE {stranger};")
            counted = "SELECT 'orders', 'unknown_customer', count(*), 0 FROM strangers"
            script.append(f"INSERT INTO left_out {counted};")
            script.append(f"DELETE FROM orders WHERE {stranger};")
            bad.append(f"{row} FROM strangers")
        bad.append(f"{undated} FROM people WHERE __customer IS NULL")
        bad.append(f"{undated} FROM people p JOIN one_each o USING (__customer) WHERE NOT ({same})")
    for table in sides.events:
        bad.append(f"{row} FROM {table.name}_bad")
        script.append(f"CREATE TABLE {table.name}_bad AS SELECT * FROM {table.name} WHERE __customer IS NULL OR __time IS NULL;")
        script.append(
            f"CREATE TABLE {table.name}_strangers AS SELECT * FROM {table.name} "
            f"WHERE __time IS NOT NULL AND __customer NOT IN (SELECT __customer FROM customers);"
        )
        script.append(
            f"CREATE TABLE {table.name}_counted AS SELECT * FROM {table.name} "
            f"WHERE __day <= DATE {t(as_of)} AND __customer IN (SELECT __customer FROM customers);"
        )
        script.append(f"DROP TABLE {table.name}; ALTER TABLE {table.name}_counted RENAME TO {table.name};")
    script.append(f"CREATE TABLE set_aside AS {' UNION ALL '.join(bad)};")
    return "\n".join(script) + "\n"


def manifest_complaints(connection, sides, published):
    """Every row of every input is counted once, and the list of opt-outs is as long as it is."""
    manifest = json.loads(Path(published, "_run/manifest.json").read_text())
    parts = ["filtered", "suppressed", "no_consent", "after_as_of", "unknown_customer", "identical", "used"]
    for rows in [manifest["rows"], *manifest.get("rows_by_input", [])]:
        total = sum(rows.get(p, 0) for p in parts) + sum(rows["rejected"].values())
        if rows["read"] != total:
            yield f"{rows['read']} rows were read, {total} are accounted for: {rows}"
    if not sides:
        return
    said = {}
    for rows in manifest.get("rows_by_input", [manifest["rows"] | {"input": "orders"}]):
        for reason in ("suppressed", "no_consent", "unknown_customer"):
            said[rows["input"], reason] = said.get((rows["input"], reason), 0) + rows.get(reason, 0)
    for name, reason, count, _ in connection.execute("SELECT * FROM left_out").fetchall():
        if said.get((name, reason)) != count:
            yield f"{said.get((name, reason))} rows of {name} are left out as {reason}, expected {count}"
    if not sides.suppress:
        return
    proof = {i["input"]: i["customers"] for i in manifest["suppressed"]["inputs"]}
    for name, count in connection.execute("SELECT input, customers FROM left_out WHERE reason = 'suppressed'").fetchall():
        # of several inputs of orders each counts its own customers
        if proof[name] != count and not (name == "orders" and sides.second):
            yield f"the manifest says {proof[name]} suppressed customers of {name}, there are {count}"
    ids = connection.execute("SELECT count(*) FROM suppress").fetchone()[0]
    if manifest["suppressed"]["ids"] != ids:
        yield f"the manifest says {manifest['suppressed']['ids']} ids are suppressed, the list has {ids}"
    left = "SELECT count(*) FROM read_parquet(?) WHERE customer IN (SELECT CAST(id AS VARCHAR) FROM suppress)"
    rows = connection.execute(left, [str(Path(published, "_run/rejected.parquet"))]).fetchone()[0]
    if rows:
        yield f"{rows} rows of suppressed customers were set aside, none may be"
