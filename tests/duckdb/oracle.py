"""The expected rows: a rules file's meaning, said once more in DuckDB SQL.

Written from the project's contract alone, to be plainly right rather than fast. `load_sql` turns the input files
into a table `orders` (one row an accepted order up to the as-of), `expected_sql` into a table `expected` with every
output column and a few hidden ones (`__…`). Both are ordinary scripts: paste them into a DuckDB shell to look around.
"""

from decimal import Decimal

import expr
import overrides
import presets
import sides
from expr import quote_name as q
from expr import quote_text as t

INTERNAL = {"customer": "__customer", "order": "__order", "time": "__time", "amount": "__amount"}


def load_sql(rules, files, as_of, types, hive=""):
    """The tables `passed` (what `where` lets through), of it `accepted` and `rejected`, and `orders` (up to the as-of).

    `types` gives the DuckDB type of the columns `time` and `amount`; `hive` names the one partition column, if any.
    """
    first = passed_sql(rules, rules.role_columns(), rules.where, files, types, hive)
    more, population = "", ""
    if rules.sides:
        second = ""
        if rules.sides.second:
            other = rules.sides.second
            second = passed_sql(rules, other.roles, rules.sides.second_where, rules.sides.second_files, other.types, "", 1)
        more = sides.load_sql(rules.sides, as_of, rules.timezone or "UTC", second, rules.keeps_blank_ids)
        population = sides.population_sql(rules.sides, as_of)
    return f"""
CREATE TABLE passed AS {first};
{more}
CREATE VIEW accepted AS SELECT * FROM passed WHERE __customer IS NOT NULL AND __time IS NOT NULL AND __amount IS NOT NULL;
CREATE VIEW rejected AS SELECT * FROM passed WHERE __customer IS NULL OR __time IS NULL OR __amount IS NULL;
CREATE TABLE orders AS SELECT * FROM accepted WHERE __day <= DATE {t(as_of)};
CREATE TABLE customers AS SELECT DISTINCT __customer FROM orders;
{population}"""


def passed_sql(rules, roles, condition, files, types, hive, which=0):
    """The rows of one input of orders that its `where` lets through, with the roles as internal columns; `which` input
    of orders it is, from 0."""
    scale = rules.money_scale
    amount, time = q(roles["amount"]), q(roles["time"])
    if types["amount"] == "DOUBLE":
        # half away from zero, which is what DuckDB's round() of a double does; NaN and infinities are bad rows
        whole = f"CAST(round({amount} * 1e{scale}) AS BIGINT)"
        money = f"CASE WHEN isfinite({amount}) THEN CAST({whole} * {unit(scale)} AS DECIMAL(18, {scale})) END"
    else:
        money = f"CAST({amount} AS DECIMAL(18, {scale}))"
    if types["time"] == "TIMESTAMPTZ":
        local = f"timezone({t(rules.timezone or 'UTC')}, {time})"
    else:
        local = f"CAST({time} AS TIMESTAMP)"
    day = f"CAST({local} AS DATE)"
    # rows are ordered by the instant where all inputs have one, and by local time where they do not
    by_instant = rules.sides.by_instant() if rules.sides else True
    order_by = time if by_instant else local
    where = expr.duckdb_sql(condition, {}) if condition is not None else "true"
    paths = ", ".join(t(f) for f in files)
    partition = f", hive_partitioning = true, hive_types = {{{t(hive)}: VARCHAR}}" if hive else ""
    customer, order = sides.id_sql(roles["customer"], types["customer"], rules.keeps_blank_ids), q(roles["order"])
    return f"""
  SELECT *, {which} AS __input, {customer} AS __customer, {order} AS __order, {time} AS __time, {day} AS __day, {money} AS __amount,
    {order_by} AS __order_by
  FROM read_parquet([{paths}]{partition}) WHERE {where}"""


def unit(scale):
    """The smallest unit of money, as a decimal literal."""
    return f"CAST({t(format(Decimal(1).scaleb(-scale), 'f'))} AS DECIMAL(18, {scale}))"


def metric_sql(m, as_of):
    """An aggregate metric as a query of (__customer, v): only the customers with a matching order."""
    as_of = f"DATE {t(as_of)}"
    conditions = []
    if m.window_days:
        conditions.append(f"__day > {as_of} - {m.window_days} AND __day <= {as_of}")
    if m.where is not None:
        conditions.append(expr.duckdb_sql(m.where, INTERNAL))
    rows = f"(SELECT * FROM {m.source or 'orders'} WHERE {' AND '.join(conditions) or 'true'})"
    x = INTERNAL.get(m.of, q(m.of)) if m.of else ""

    def grouped(aggregate):
        return f"SELECT __customer, {aggregate} AS v FROM {rows} GROUP BY __customer"

    simple = {
        "days_since_last": f"CAST({as_of} - max(__day) AS BIGINT)",
        "days_since_first": f"CAST({as_of} - min(__day) AS BIGINT)",
        "purchase_days": "count(DISTINCT __day)",
        "orders": "count(DISTINCT __order)",
        "rows": "count(*)",
        "count": f"count({x})",
        "count_distinct": f"count(DISTINCT {x})",
        "min": f"min({x})",
        "max": f"max({x})",
        # exact sum over the count, as the quotient of two doubles
        "avg": f"CAST(sum({x}) AS DOUBLE) / nullif(CAST(count({x}) AS DOUBLE), 0)",
        "sum": f"sum({x})",
    }
    if m.agg in simple:
        return grouped(simple[m.agg])
    if m.agg in ("first", "last"):
        way = "ASC" if m.agg == "first" else "DESC"
        place = f"row_number() OVER (PARTITION BY __customer ORDER BY __order_by {way}, {x} {way})"
        return f"SELECT __customer, {x} AS v FROM {rows} WHERE {x} IS NOT NULL QUALIFY {place} = 1"
    if m.agg == "top":
        kind, column = m.weight
        weight = "count(*)" if kind == "rows" else f"coalesce(sum({INTERNAL.get(column, q(column))}), 0)"
        totals = f"SELECT __customer, {x} AS v, {weight} AS w FROM {rows} WHERE {x} IS NOT NULL GROUP BY ALL"
        place = "row_number() OVER (PARTITION BY __customer ORDER BY w DESC, v ASC)"
        return f"SELECT __customer, v FROM ({totals}) QUALIFY {place} = 1"
    if m.agg == "last_gap":
        days = f"SELECT DISTINCT __customer, __day FROM {rows}"
        nth = "row_number() OVER (PARTITION BY __customer ORDER BY __day DESC)"
        ranked = f"SELECT *, {nth} AS nth FROM ({days})"
        gap = "max(__day) FILTER (nth = 1) - max(__day) FILTER (nth = 2)"
        return f"SELECT __customer, CAST({gap} AS BIGINT) AS v FROM ({ranked}) GROUP BY __customer"
    if m.agg == "gap_quantile":
        days = f"SELECT DISTINCT __customer, __day FROM {rows}"
        gaps = f"SELECT __customer, __day - lag(__day) OVER (PARTITION BY __customer ORDER BY __day) AS gap FROM ({days})"
        nth = "row_number() OVER (PARTITION BY __customer ORDER BY gap) AS nth, count(*) OVER (PARTITION BY __customer) AS n"
        # the shortest gap that at least this part of the gaps do not exceed
        reached = f"nth >= CAST({m.part} AS DECIMAL(9, 6)) * n"
        return f"""SELECT __customer, CAST(min(gap) FILTER ({reached}) AS BIGINT) AS v
          FROM (SELECT *, {nth} FROM ({gaps}) WHERE gap IS NOT NULL) GROUP BY __customer"""
    if m.agg == "monthly_cv":
        buckets = m.window_days // 30
        cells = f"SELECT __customer, bucket FROM customers, range({buckets}) AS r(bucket)"
        filled = f"SELECT __customer, ({as_of} - __day) // 30 AS bucket, count(*) AS n FROM {rows} GROUP BY ALL"
        all_cells = f"SELECT __customer, coalesce(n, 0) AS n FROM ({cells}) LEFT JOIN ({filled}) USING (__customer, bucket)"
        return f"SELECT __customer, stddev_pop(n) / nullif(avg(n), 0) AS v FROM ({all_cells}) GROUP BY __customer"
    raise ValueError(m.agg)


ZERO_WITHOUT_ROWS = {"purchase_days", "orders", "rows", "count", "count_distinct", "sum"}


def score_sql(s, metric):
    """A score as one expression over all customers; a null value has a null score and is nobody's neighbour."""
    if s.kind == "weighted":
        parts = [f"CAST({q(n)} AS DECIMAL(9, 0)) * CAST({w} AS DECIMAL(9, 6))" for n, w in s.weights.items()]
        return f"CAST({' + '.join(parts)} AS DECIMAL(18, 6))"
    if s.within:
        v, g = q(s.of), q(s.within)
        enough = f"{g} IS NOT NULL AND count({v}) OVER (PARTITION BY {g}) >= {s.min_group or 1}"
        return f"CASE WHEN {enough} THEN {cut_sql(s, metric, g)} ELSE {cut_sql(s, metric)} END"
    return cut_sql(s, metric)


def cut_sql(s, metric, group=None):
    """A score that is cut: within a group, or among all customers."""
    v = q(s.of)
    low = s.best == "low"
    everybody = f"PARTITION BY {group}" if group else ""
    if s.kind == "breaks":
        kind = "DOUBLE" if metric.type == "double" else "DECIMAL(38, 12)"
        sides = [f"CAST(CAST({v} AS {kind}) {'<=' if low else '>='} CAST({b} AS {kind}) AS INTEGER)" for b in s.breaks]
        return f"CASE WHEN {v} IS NOT NULL THEN 1 + {' + '.join(sides)} END"
    if s.kind == "mean":
        # value against sum / N without a division; equal to the mean is the better bin
        exact = f"CAST({v} AS DECIMAL(38, 12))"
        left, right = f"({exact} * count({v}) OVER ({everybody}))", f"(sum({exact}) OVER ({everybody}))"
        return f"CASE WHEN {v} IS NOT NULL THEN CASE WHEN {left} {'<=' if low else '>='} {right} THEN 2 ELSE 1 END END"
    from_worst = f"{v} {'DESC' if low else 'ASC'}"
    # `worse`, the number of customers with a strictly worse value, is the rank less one
    partition = f"PARTITION BY {group + ', ' if group else ''}{v} IS NULL"
    place = f"row_number() OVER ({partition} ORDER BY {from_worst}, __customer ASC)"
    if not s.split_ties:
        place = f"rank() OVER ({partition} ORDER BY {from_worst})"
    return f"CASE WHEN {v} IS NOT NULL THEN 1 + ({s.bins} * ({place} - 1)) // (count({v}) OVER ({everybody})) END"


def band_steps(b, previous):
    """A band as queries, each over the one before: with groups, both ways to cut and then the choice."""
    if not b.within:
        return [top_sql(b, previous, b.name) if b.top else band_sql(b, previous, b.name)]
    v, g = q(b.of), q(b.within)
    of_all, of_group = f"__all_{b.name}", f"__group_{b.name}"
    learned = f"count({v})" if b.top else f"count(*) FILTER ({v} > 0)"
    enough = f"{g} IS NOT NULL AND {learned} OVER (PARTITION BY {g}) >= {b.min_group or 1}"
    one = top_sql if b.top else band_sql
    return [
        one(b, previous, of_all),
        one(b, "{previous}", of_group, g),
        f"SELECT *, CASE WHEN {enough} THEN {q(of_group)} ELSE {q(of_all)} END AS {q(b.name)} FROM {{previous}}",
    ]


def top_sql(b, previous, name, group=None):
    """A band by place from the top: how many customers have a strictly greater value."""
    v = q(b.of)
    partition = f"PARTITION BY {group + ', ' if group else ''}{v} IS NULL"
    before = f"(rank() OVER ({partition} ORDER BY {v} DESC) - 1)"
    total = f"count({v}) OVER ({f'PARTITION BY {group}' if group else ''})"
    labels = list(b.bounds)

    def holds(bound):
        if bound in ("all", "100%"):
            return "TRUE"
        if isinstance(bound, str):
            # before / total < percent / 100, in whole numbers
            return f"CAST({before} AS HUGEINT) * 100000000 < {total} * {int(Decimal(bound[:-1]) * 1000000)}"
        return f"{before} < {bound}"

    choose = " ".join(f"WHEN {holds(bound)} THEN {t(label)}" for label, bound in b.bounds.items())
    return f"SELECT *, CASE WHEN {v} IS NULL THEN {t(labels[-1])} {choose} END AS {q(name)} FROM {previous}"


def band_sql(b, previous, name, group=None):
    """A band as a query over `previous`: the share of strictly greater values, by distinct value."""
    v, g = q(b.of), group or "1"
    exact = f"CAST({v} AS DECIMAL(38, 12))"
    labels = list(b.bounds)
    choose = " ".join(
        f"WHEN before * 10000 < total * {int(Decimal(bound) * 10000)} THEN {t(label)}" for label, bound in b.bounds.items()
    )
    return f"""
    SELECT p.*, CASE WHEN {v} IS NULL OR {v} <= 0 THEN {t(labels[-1])} {choose} ELSE {t(labels[-1])} END AS {q(name)}
    FROM {previous} p LEFT JOIN (
      SELECT value, member, coalesce(sum(subtotal) OVER (
          PARTITION BY member ORDER BY value DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before,
        sum(subtotal) OVER (PARTITION BY member) AS total
      FROM (SELECT {v} AS value, {g} AS member, sum({exact}) AS subtotal FROM {previous} WHERE {v} > 0 GROUP BY ALL)
    ) s ON p.{v} = s.value AND {f"p.{g}" if group else g} IS NOT DISTINCT FROM s.member"""


def clv_sql(clv, as_of):
    horizon, margin = clv
    per_day = f"CAST(sum(__amount) AS DOUBLE) / (DATE {t(as_of)} - min(__day) + 1)"
    return f"SELECT __customer, {per_day} * {horizon} * CAST({margin} AS DOUBLE) AS v FROM orders GROUP BY __customer"


def learned_variables(s):
    """The variables of a preset that are learned: those that the rules file does not set itself."""
    return [variable for variable in presets.LEARNED if s.fitted and variable not in s.variables]


def learned_column(s, variable):
    return f"__{s.name}_{variable}"


GAPS = """
      SELECT __customer, __day - lag(__day) OVER (PARTITION BY __customer ORDER BY __day) AS gap
      FROM (SELECT DISTINCT __customer, __day FROM orders) QUALIFY gap IS NOT NULL"""


def learned_sql(s, variable, previous):
    """A number of days for each customer: the shortest gap that a part of the gaps do not exceed, of all gaps or of
    those of the customer; without any the number of the preset."""
    key, part = presets.LEARNED[variable]
    reached = f"nth >= CAST({s.fitted.get(key, part)} AS DECIMAL(9, 6)) * n"
    ranked = f"SELECT *, row_number() OVER (ORDER BY gap) AS nth, count(*) OVER () AS n FROM ({GAPS})"
    store = f"(SELECT min(gap) FILTER ({reached}) FROM ({ranked}))"
    number = f"coalesce({store}, {presets.VARIABLES[s.preset][variable]})"
    column = q(learned_column(s, variable))
    if s.fitted["by"] == "store":
        return f"SELECT *, {number} AS {column} FROM {previous}"
    own = "row_number() OVER (PARTITION BY __customer ORDER BY gap) AS nth, count(*) OVER (PARTITION BY __customer) AS n"
    enough = f"n >= {s.fitted.get('min_gaps', 3)}"
    return f"""SELECT p.*, coalesce(o.days, {number}) AS {column} FROM {previous} p LEFT JOIN (
      SELECT __customer, min(gap) FILTER ({reached} AND {enough}) AS days
      FROM (SELECT *, {own} FROM ({GAPS})) GROUP BY __customer
    ) o USING (__customer)"""


def segment_sql(s):
    """(rule number, label, the conditions) of the rules; the second reads the first."""
    default = s.default
    if s.preset:
        *labels, default = presets.labels(s.preset)
        digits = {role: f"CAST({q(n)} AS VARCHAR)" for role, n in zip("rfm", s.scores)}
        if s.preset == "braze-10":
            conditions = list(presets.braze_conditions([q(n) for n in s.scores]))
        elif s.preset in presets.TABLES:
            code = " || ".join(digits.values())
            conditions = [f"({code}) IN ({', '.join(t(c) for c in codes)})" for codes in presets.TABLES[s.preset].values()]
        else:
            columns = {role: q(n) for role, n in (presets.ROLES[s.preset] | s.metrics).items()}
            words = digits | columns | presets.VARIABLES[s.preset] | s.variables
            words |= {variable: q(learned_column(s, variable)) for variable in learned_variables(s)}
            conditions = [condition.format(**words) for _, condition in presets.LISTS[s.preset]]
    else:
        conditions = [expr.duckdb_sql(when, {}) for _, when in s.rules]
        labels = [label for label, _ in s.rules]
    rule = " ".join(f"WHEN {c} THEN {i}" for i, c in enumerate(conditions, 1))
    label = " ".join(f"WHEN {i} THEN {t(x)}" for i, x in enumerate(labels, 1))
    number = q(s.name + "_rule")
    return f"CASE {rule} ELSE 0 END AS {number}", f"CASE {number} {label} ELSE {t(default)} END", conditions


def expected_sql(rules, as_of):
    """The table `expected`: a chain of steps, each adding one column to the customers' rows."""
    aggregates = [m for m in rules.metrics if m.derived is None]
    steps = [(f"m_{m.name}", metric_sql(m, as_of)) for m in aggregates]
    if rules.clv:
        steps.append(("m_clv", clv_sql(rules.clv, as_of)))

    columns, joins = ["__customer"], ""
    for m in aggregates:
        v = f"{q('m_' + m.name)}.v"
        if m.agg in ZERO_WITHOUT_ROWS:
            v = f"coalesce({v}, 0)"
        if m.type in ("count", "days", "int"):
            v = f"CAST({v} AS BIGINT)"
        elif m.agg == "sum":
            scale = rules.money_scale if m.of == "amount" else 2
            v = f"CAST({v} AS DECIMAL(18, {scale}))"
        columns.append(f"{v} AS {q('__numerator_' + m.name if m.per else m.name)}")
        joins += f" LEFT JOIN {q('m_' + m.name)} USING (__customer)"
    if rules.clv:
        columns.append("m_clv.v AS clv")
        joins += " LEFT JOIN m_clv USING (__customer)"
    if rules.sides and rules.sides.attributes:
        columns += [f"one_each.{q(a)}" for a in rules.sides.attributes]
        joins += " LEFT JOIN one_each USING (__customer)"
    steps.append(("s0", f"SELECT {', '.join(columns)} FROM customers{joins}"))

    def add(query):
        steps.append((f"s{len(steps)}", query))

    def add_column(expression):
        add(f"SELECT *, {expression} FROM {steps[-1][0]}")

    for m in rules.metrics:
        if m.per:
            quotient = expr.binary("/", expr.name("__numerator_" + m.name), expr.name(m.per))
            add_column(f"{expr.duckdb_sql(quotient, {})} AS {q(m.name)}")
        elif m.derived is not None:
            add_column(f"{expr.duckdb_sql(m.derived, {})} AS {q(m.name)}")
            if m.unrounded is not None:
                add_column(f"{expr.duckdb_sql(m.unrounded, {})} AS {q('__unrounded_' + m.name)}")
    attributes = rules.sides.attribute_metrics() if rules.sides else []
    by_name = {m.name: m for m in rules.metrics + attributes}
    for s in rules.scores:
        add_column(f"{score_sql(s, by_name.get(s.of))} AS {q(s.name)}")
    for b in rules.bands:
        for step in band_steps(b, steps[-1][0]):
            add(step.replace("{previous}", steps[-1][0]))
    for s in rules.segments:
        for variable in learned_variables(s):
            add(learned_sql(s, variable, steps[-1][0]))
        number, label, conditions = segment_sql(s)
        add_column(number)
        if not rules.overrides:
            add_column(f"{label} AS {q(s.name)}")
            continue
        add_column(f"{label} AS {q(f'__ruled_{s.name}')}")
        for step in overrides.steps(s, conditions, as_of, steps[-1][0]):
            add(step.replace("{previous}", steps[-1][0]))
    ctes = ",\n".join(f"  {q(n)} AS ({query})" for n, query in steps)
    return f"CREATE TABLE expected AS WITH\n{ctes}\nSELECT *, __customer AS {q(rules.customer)} FROM {steps[-1][0]};\n"


def run(connection, rules, files, as_of, types, hive=""):
    """Fills `expected` on this connection and returns the script that did it."""
    by_hand = overrides.load_sql(rules.overrides, types["customer"]) if rules.overrides else ""
    script = "SET TimeZone = 'UTC';\n" + load_sql(rules, files, as_of, types, hive) + by_hand + expected_sql(rules, as_of)
    connection.execute(script)
    return script
