"""What tiermill published against what the oracle expects: names, types, order, and every value of every customer.

Reads only the published part files and the table `expected`; knows nothing of how either came about.
Each check yields a line of complaint; no complaint means equal.
"""

import re
from pathlib import Path

from expr import quote_name as q
from expr import quote_text as t

INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT"}
SHOWN = 5


def parts_of(folder):
    return sorted(str(p) for p in Path(folder).glob("part-*.parquet"))


def complaints(connection, rules, folder, customer_type):
    """Every difference between the run published in `folder` and the table `expected`, as text lines."""
    for needed in ("_SUCCESS", "_run/manifest.json"):
        if not Path(folder, needed).is_file():
            yield f"{needed} is missing"
    parts = parts_of(folder)
    if not parts or not Path(parts[0]).name.startswith("part-00000-"):
        yield "the first part is missing"
    beside = {p.name for p in Path(folder).iterdir()} - {"_SUCCESS", "_run"} - {Path(p).name for p in parts}
    if beside:
        yield f"beside the parts there is {sorted(beside)}"
    if not parts:
        return
    listed = ", ".join(t(p) for p in parts)
    source = f"read_parquet([{listed}], hive_partitioning = false, filename = true, file_row_number = true)"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE got AS SELECT * FROM {source}")
    described = connection.execute("DESCRIBE got").fetchall()
    got_types = {row[0]: row[1] for row in described if row[0] not in ("filename", "file_row_number")}
    wanted = rules.output_columns()
    if list(got_types) != wanted:
        yield f"columns are {list(got_types)}, expected {wanted}"
    yield from wrong_types(rules, got_types, customer_type)
    if rules.customer not in got_types:
        yield "no customer column, so nothing can be compared"
        return
    yield from wrong_order(connection, rules)
    yield from wrong_rows(connection, rules, got_types)


def expected_types(rules, customer_type):
    """The types the contract fixes: a type, or a set of them, or a pattern."""
    some_integer, some_decimal = INTEGERS, re.compile(r"DECIMAL\(\d+,\d+\)")
    types = {rules.customer: customer_type}
    for m in rules.metrics:
        types[m.name] = {
            "days": "INTEGER",
            "count": "BIGINT",
            "money": f"DECIMAL(18,{rules.money_scale})",
            "int": "BIGINT" if m.agg == "sum" else some_integer,
            "dec": some_decimal,
            "double": "DOUBLE",
            "str": "VARCHAR",
            "exact": re.compile(r"DECIMAL\(\d+,\d+\)|TINYINT|SMALLINT|INTEGER|BIGINT"),
        }[m.type]
    if rules.sides:
        published = {"str": "VARCHAR", "int": "BIGINT", "dec": "DECIMAL(18,2)", "bool": "BOOLEAN", "date": "DATE", "double": "DOUBLE"}
        types |= {a.name: published[a.type] for a in rules.sides.attribute_metrics()}
    types |= {s.name: "DECIMAL(18,6)" if s.kind == "weighted" else "SMALLINT" for s in rules.scores}
    types |= {b.name: "VARCHAR" for b in rules.bands}
    types["clv"] = "DOUBLE"
    for s in rules.segments:
        types |= {s.name: "VARCHAR", f"{s.name}_rule": some_integer, f"{s.name}_override": "VARCHAR"}
    return types


def wrong_types(rules, got_types, customer_type):
    for column, wanted in expected_types(rules, customer_type).items():
        got = got_types.get(column)
        if got is None:
            continue
        right = wanted.fullmatch(got) if isinstance(wanted, re.Pattern) else got in wanted if isinstance(wanted, set) else got == wanted
        if not right:
            yield f"column {column} is {got}, expected {getattr(wanted, 'pattern', wanted)}"


def wrong_order(connection, rules):
    """Rows must ascend strictly within a part: bytewise for strings, by number for integers."""
    key = q(rules.customer)
    before = f"lag({key}) OVER (PARTITION BY filename ORDER BY file_row_number)"
    found = connection.execute(
        f"SELECT filename, file_row_number, before, {key} FROM (SELECT *, {before} AS before FROM got) "
        f"WHERE before >= {key} OR {key} IS NULL ORDER BY ALL LIMIT {SHOWN}"
    ).fetchall()
    for file, row, previous, customer in found:
        yield f"{Path(file).name} row {row}: customer {customer!r} comes after {previous!r}"
    repeated = connection.execute(f"SELECT {key} FROM got GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT {SHOWN}").fetchall()
    for (customer,) in repeated:
        yield f"customer {customer!r} has several rows"


def wrong_rows(connection, rules, got_types):
    key = q(rules.customer)
    for title, left, right in (("missing", "expected", "got"), ("unexpected", "got", "expected")):
        found = connection.execute(f"SELECT {key} FROM {left} ANTI JOIN {right} USING ({key}) ORDER BY 1").fetchall()
        if found:
            yield f"{len(found)} customers {title}: {[r[0] for r in found[:SHOWN]]}"
    metrics = {m.name: m for m in rules.metrics}
    wanted_types = {row[0]: row[1] for row in connection.execute("DESCRIBE expected").fetchall()}
    for column, got_type in got_types.items():
        wanted_type = wanted_types.get(column)
        if wanted_type is None or column == rules.customer:
            continue
        if (got_type == "VARCHAR") != (wanted_type == "VARCHAR"):
            yield f"column {column} is {got_type} and cannot be compared with {wanted_type}"
            continue
        differs = difference(column, got_type, wanted_type, metrics.get(column))
        found = connection.execute(
            f"SELECT {key}, g.{q(column)}, e.{q(column)}, count(*) OVER () FROM got g JOIN expected e USING ({key}) "
            f"WHERE {differs} ORDER BY 1 LIMIT {SHOWN}"
        ).fetchall()
        if found:
            yield f"column {column}: {found[0][3]} customers differ"
        for customer, got, wanted, _ in found:
            yield f"    customer {customer!r}: got {got!r}, expected {wanted!r}"


def difference(column, got_type, wanted_type, metric):
    """The condition under which two values of this column differ."""
    g, e = f"g.{q(column)}", f"e.{q(column)}"
    if "DOUBLE" not in (got_type, wanted_type):
        return f"{g} IS DISTINCT FROM {e}"
    g, e = f"CAST({g} AS DOUBLE)", f"CAST({e} AS DOUBLE)"
    tolerance = "1e-9" if column == "clv" else "1e-12"
    # the last term is for values that should be zero: 1e-15 below anything that money or counts can give
    near = f"abs({g} - {e}) <= {tolerance} * greatest(abs({g}), abs({e})) + 1e-15"
    if metric is not None and metric.round_digits is not None:
        # at a half the doubles' last digit decides, and both neighbours are right
        scaled = f"abs(e.{q('__unrounded_' + column)}) * 1e{metric.round_digits}"
        at_half = f"abs({scaled} - floor({scaled}) - 0.5) < 1e-6 AND abs({g} - {e}) <= 1.000001e-{metric.round_digits}"
        near = f"({near} OR ({at_half}))"
    return f"CASE WHEN {g} IS NULL OR {e} IS NULL THEN {g} IS DISTINCT FROM {e} ELSE NOT ({near}) END"
