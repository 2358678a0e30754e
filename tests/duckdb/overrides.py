"""Labels set by hand: drawn, written as CSV or Parquet, said in SQL, and what the report should say of each.

An override counts up to and on its last day. A customer has one a segmentation; some of them are nobody's.
"""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

import expr
import generate
import presets
from expr import quote_name as q
from expr import quote_text as t

COLUMNS = ["segmentation", "customer", "action", "segment", "reason", "author", "expires_on"]
ACTIONS = ["pin", "floor", "cap", "exclude"]
REASONS = ["complaint", "friend, of the house", 'she said "why?"', "老顾客", "two\nlines"]
# None is an override without a last day
LAST_DAYS = [None, None, 0, 1, -1, -30, 400, -400]


@dataclass
class Overrides:
    parquet: bool = False
    lines: list = field(default_factory=list)  # dicts of texts; None is no last day

    @property
    def path(self):
        return "data/overrides.parquet" if self.parquet else "data/overrides.csv"


def labels(s):
    """The labels of a segmentation, the best first."""
    return presets.labels(s.preset) if s.preset else [label for label, _ in s.rules] + [s.default]


def draw(rng, orders, rules):
    """Some overrides for the segmentations of drawn rules, or none."""
    if not rules.segments or rng.random() < 0.4:
        return None
    known = sorted({r[orders.roles["customer"]] for r in orders.rows} - {None})
    if rules.sides and rules.sides.people:
        known = sorted({*known, *(r["cid"] for r in rules.sides.people.rows)} - {None})
    strangers = generate.draw_customers(rng, orders, 4)
    made = Overrides(rng.random() < 0.3)
    seen = set()
    for _ in range(rng.choice([0, 1, 5, 20, 60])):
        s = rng.choice(rules.segments)
        customer = rng.choice(known if known and rng.random() < 0.85 else strangers)
        if customer == "" or (s.name, customer) in seen:
            continue
        seen.add((s.name, customer))
        action = rng.choice(ACTIONS)
        # without the label of everybody else nothing would be left
        some = labels(s)[:-1] if action == "exclude" else labels(s)
        day = rng.choice(LAST_DAYS)
        last = None if day is None else str(dt.date.fromisoformat(orders.as_of) + dt.timedelta(day))
        line = [s.name, customer, action, rng.choice(some), rng.choice(REASONS), "ann", last]
        made.lines.append(dict(zip(COLUMNS, line)))
    return made


def reads(rng, segmentation):
    """A condition over what was done by hand."""
    n = expr.name(f"{segmentation}_override")
    if rng.random() < 0.4:
        return expr.is_null(n, rng.random() < 0.5)
    return expr.is_in(n, rng.sample(ACTIONS, 2), rng.random() < 0.3)


def write(connection, overrides, folder, rng, customer_type):
    """Writes the file; its columns may stand in any order."""
    columns = rng.sample(COLUMNS, len(COLUMNS))
    file = Path(folder, overrides.path)
    if overrides.parquet:
        types = dict.fromkeys(COLUMNS, "VARCHAR") | {"customer": customer_type, "expires_on": "DATE"}
        declared = ", ".join(f"{q(c)} {types[c]}" for c in columns)
        connection.execute(f"CREATE OR REPLACE TABLE written ({declared})")
        for line in overrides.lines:
            values = ", ".join("NULL" if line[c] is None else t(line[c]) for c in columns)
            connection.execute(f"INSERT INTO written VALUES ({values})")
        connection.execute(f"COPY written TO {t(str(file))} (FORMAT parquet)")
        return

    def cell(text):
        needs = any(c in text for c in ',"\n\r') or rng.random() < 0.2
        return '"' + text.replace('"', '""') + '"' if needs else text

    rows = [columns] + [[line[c] or "" for c in columns] for line in overrides.lines]
    end = rng.choice(["\n", "\r\n"])
    file.write_text("".join(",".join(cell(x) for x in row) + end for row in rows), newline="")


def load_sql(overrides, customer_type):
    """The table `overrides`."""
    declared = ", ".join(f"{q(c)} VARCHAR" for c in COLUMNS)
    script = f"CREATE TABLE overrides ({declared}, cid {customer_type}, last_day DATE);\n"
    for line in overrides.lines:
        values = ["NULL" if line[c] is None else t(line[c]) for c in COLUMNS]
        values += [f"CAST({values[1]} AS {customer_type})", f"CAST({values[6]} AS DATE)"]
        script += f"INSERT INTO overrides VALUES ({', '.join(values)});\n"
    return script


def steps(s, conditions, as_of, previous):
    """Queries over a frame with `<name>_rule` and the label that the rules give, `__ruled_<name>`; the last has the
    label and what was done by hand."""
    all_labels = labels(s)
    own, ruled, to, done = q(s.name), q(f"__ruled_{s.name}"), q(f"__to_{s.name}"), q(f"{s.name}_override")
    joined = f"""SELECT p.*, o.action AS {done}, o.segment AS {to} FROM {previous} p LEFT JOIN overrides o
      ON o.segmentation = {t(s.name)} AND o.cid = p.__customer AND (o.last_day IS NULL OR o.last_day >= DATE {t(as_of)})"""
    place = " ".join(f"WHEN {t(label)} THEN {number}" for number, label in enumerate(all_labels))
    others = " ".join(f"WHEN ({c}) AND {to} <> {t(label)} THEN {t(label)}" for c, label in zip(conditions, all_labels))
    label = f"""CASE {done} WHEN 'pin' THEN {to}
      WHEN 'floor' THEN CASE WHEN (CASE {ruled} {place} END) > (CASE {to} {place} END) THEN {to} ELSE {ruled} END
      WHEN 'cap' THEN CASE WHEN (CASE {ruled} {place} END) < (CASE {to} {place} END) THEN {to} ELSE {ruled} END
      WHEN 'exclude' THEN CASE {others} ELSE {t(all_labels[-1])} END ELSE {ruled} END"""
    return [joined, f"SELECT *, {label} AS {own} FROM {{previous}}"]


def complaints(connection, rules, published, as_of):
    """`overrides.parquet` line by line, in any order."""
    file = Path(published, "_run/overrides.parquet")
    if not rules.overrides:
        if file.is_file():
            yield "there is an overrides.parquet, and no overrides"
        return
    expected = []
    # who asked to be forgotten is not named here, either
    named = "o.cid NOT IN (SELECT id FROM suppress)" if rules.sides and rules.sides.suppress else "true"
    for s in rules.segments:
        place = " ".join(f"WHEN {t(label)} THEN {number}" for number, label in enumerate(labels(s)))
        ruled, given = q(f"__ruled_{s.name}"), q(s.name)
        steps_off = f"abs((CASE {ruled} {place} END) - (CASE {given} {place} END))"
        expected.append(f"""SELECT o.segmentation, CAST(o.cid AS VARCHAR), o.action, o.segment, o.reason, o.author,
          o.last_day, CAST(o.last_day - DATE {t(as_of)} AS INTEGER),
          CASE WHEN o.last_day < DATE {t(as_of)} THEN 'expired' WHEN e.__customer IS NULL THEN 'unknown_customer'
            WHEN {steps_off} = 0 THEN 'no_op' WHEN {steps_off} = 1 THEN 'applied' ELSE 'far_off' END,
          {ruled}, {given} FROM overrides o LEFT JOIN expected e ON o.cid = e.__customer WHERE o.segmentation = {t(s.name)} AND {named}""")
    wanted = connection.execute(" UNION ALL ".join(expected) + " ORDER BY ALL").fetchall()
    got = "SELECT * REPLACE (CAST(customer AS VARCHAR) AS customer) FROM read_parquet(?, hive_partitioning = false) ORDER BY ALL"
    found = connection.execute(got, [str(file)]).fetchall()
    if len(found) != len(wanted):
        yield f"overrides.parquet has {len(found)} lines, expected {len(wanted)}"
    for line in [x for x in found if x not in wanted][:3]:
        yield f"overrides.parquet: not expected {line}"
    for line in [x for x in wanted if x not in found][:3]:
        yield f"overrides.parquet: lacks {line}"
