"""A rules file as Python data, and its YAML text.

The oracle reads the data, tiermill reads the text. The text is written by hand here, in one of two styles for each
mapping (flow or block), so that no YAML package is needed. What the sections mean is left to `oracle.py`.
"""

import json
import re
from dataclasses import dataclass, field
from decimal import Decimal

import expr

# Aggregates without an argument of their own, as the rules file writes them.
FIXED = {
    "days_since_last": "days_since(max(time))",
    "days_since_first": "days_since(min(time))",
    "last_gap": "last_gap(time)",
    "purchase_days": "count(distinct day(time))",
    "orders": "count(distinct order)",
    "rows": "count(*)",
    "monthly_cv": "monthly_cv(count(*))",
}
# Aggregates of one column.
OF_COLUMN = {
    "count": "count({})",
    "count_distinct": "count(distinct {})",
    "sum": "sum({})",
    "min": "min({})",
    "max": "max({})",
    "avg": "avg({})",
    "first": "first({})",
    "last": "last({})",
}


@dataclass
class Metric:
    """One metric: an aggregate (`agg`, with its column `of`) or, when `derived` is set, an expression over others.

    `type` is days | count | money | int | dec | str | double | exact (an int or a decimal of any scale).
    `weight` belongs to `top`: ("rows", None) or ("sum", column). `leaf`: nothing else may read this metric, for its
    last digit is not pinned down; `round_digits` is set for a rounded double, which has two right answers at a half.
    """

    name: str
    type: str
    agg: str = ""
    of: str = ""
    weight: tuple = ()
    part: Decimal = None  # of gap_quantile
    window_days: int = 0
    where: expr.Node = None
    per: str = ""
    derived: expr.Node = None
    nullable: bool = False
    leaf: bool = False
    round_digits: int = None
    unrounded: expr.Node = None
    source: str = ""  # a table of events; "" is the orders

    def aggregate_text(self):
        if self.agg == "top":
            weight = "count(*)" if self.weight[0] == "rows" else f"sum({self.weight[1]})"
            return f"top({self.of}, {weight})"
        if self.agg == "gap_quantile":
            return f"gap_quantile(time, {self.part})"
        return FIXED.get(self.agg) or OF_COLUMN[self.agg].format(self.of)


@dataclass
class Score:
    """One score; `kind` is quantiles | breaks | mean | weighted."""

    name: str
    kind: str
    of: str = ""
    bins: int = 0
    breaks: list = field(default_factory=list)
    split_ties: bool = False
    best: str = ""  # "" leaves the default, high
    weights: dict = field(default_factory=dict)
    within: str = ""
    min_group: int = None


@dataclass
class Band:
    """`bounds` are shares, or with `top` places from the top: a number of customers, "5%" or "all"."""

    name: str
    of: str
    bounds: dict
    top: bool = False
    within: str = ""
    min_group: int = None
    preset: str = ""  # written instead of the bounds


@dataclass
class Segmentation:
    """Either a preset with its scores, or rules (id, condition) and a default."""

    name: str
    preset: str = ""
    scores: tuple = ()
    metrics: dict = field(default_factory=dict)  # role: column
    variables: dict = field(default_factory=dict)
    fitted: dict = field(default_factory=dict)  # by: store or customer, parts of the gaps, min_gaps
    rules: list = field(default_factory=list)
    default: str = ""


@dataclass
class Rules:
    name: str
    path: str
    customer: str
    order: str
    time: str
    amount: str
    timezone: str = ""  # "" leaves the default, UTC
    grain: str = ""
    where: expr.Node = None
    scale: int = None
    metrics: list = field(default_factory=list)
    scores: list = field(default_factory=list)
    bands: list = field(default_factory=list)
    clv: tuple = ()  # (horizon in days, margin)
    segments: list = field(default_factory=list)  # each after those it reads
    declared: list = field(default_factory=list)  # the same in the order of the file, if that is another one
    columns: list = field(default_factory=list)
    sides: object = None  # a sides.Sides, or None for one input of orders alone
    overrides: object = None  # an overrides.Overrides, or None
    keeps_blank_ids: bool = False

    @property
    def money_scale(self):
        return max(self.sides.scales()) if self.sides else 2 if self.scale is None else self.scale

    def role_columns(self):
        return {"customer": self.customer, "order": self.order, "time": self.time, "amount": self.amount}

    def output_columns(self):
        """The output columns in order."""
        if self.columns:
            return list(self.columns)
        names = [self.customer] + (self.sides.attributes if self.sides else []) + [x.name for x in self.metrics + self.scores + self.bands]
        if self.clv:
            names.append("clv")
        for s in self.declared or self.segments:
            names += [s.name, f"{s.name}_rule"] + [f"{s.name}_override"] * bool(self.overrides)
        return names


PLAIN = re.compile(r"[A-Za-z0-9_(][A-Za-z0-9_ .()*/+<>='%-]*$")


def scalar(value):
    """A YAML scalar that is safe in flow and block mappings alike."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int):
        return str(value)
    # `- ` and ` #` cannot occur in what PLAIN lets through, nor can a colon or a comma
    if PLAIN.match(value) and not value.endswith(" "):
        return value
    return json.dumps(value, ensure_ascii=False)


def flow(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return scalar(value)


def block(value, indent):
    """The lines of a mapping or list in block style."""
    pad = " " * indent
    lines = []
    if isinstance(value, list):
        for item in value:
            first, *rest = block(item, indent + 2) if isinstance(item, dict) else [f"{pad}  {flow(item)}"]
            lines += [f"{pad}- {first.strip()}", *rest]
        return lines
    for k, v in value.items():
        if isinstance(v, dict) or (isinstance(v, list) and v and isinstance(v[0], dict)):
            lines += [f"{pad}{k}:", *block(v, indent + 2)]
        else:
            lines.append(f"{pad}{k}: {flow(v)}")
    return lines


def metric_value(m):
    """A metric's value in the rules file: a string, or a mapping."""
    if m.derived is not None:
        return expr.rules_text(m.derived)
    value = {"expr": m.aggregate_text()}
    if m.window_days:
        value["window"] = f"{m.window_days}d"
    if m.where is not None:
        value["where"] = expr.rules_text(m.where)
    if m.per:
        value["per"] = m.per
    if m.source:
        value["from"] = m.source
    return value if len(value) > 1 else value["expr"]


def score_value(s):
    if s.kind == "weighted":
        return {"weighted": dict(s.weights)}
    value = {"of": s.of}
    if s.kind == "quantiles":
        value["quantiles"] = s.bins
        if s.split_ties:
            value["ties"] = "split"
    elif s.kind == "breaks":
        value["breaks"] = list(s.breaks)
    else:
        value["mean"] = True
    if s.best:
        value["best"] = s.best
    return value | within_value(s)


def band_value(b):
    bounds = {"preset": b.preset} if b.preset else {"top" if b.top else "cumulative": b.bounds}
    return {"of": b.of} | bounds | within_value(b)


def within_value(x):
    value = {"within": x.within} if x.within else {}
    return value | ({"min_group": x.min_group} if x.min_group is not None else {})


def yaml_text(rules, rng=None):
    """The rules file. `rng` picks flow or block style per mapping; without it every mapping is a flow mapping."""
    lines = ["tiermill: 1", f"name: {rules.name}"]
    if rules.timezone:
        lines.append(f"timezone: {rules.timezone}")
    orders = {"grain": rules.grain} if rules.grain else {}
    orders |= {"path": rules.path, "columns": rules.role_columns()}
    if rules.where is not None:
        orders["where"] = expr.rules_text(rules.where)
    if rules.scale is not None:
        orders["scale"] = rules.scale
    import sides  # it reads Metric from here

    lines += ["", "inputs:", *block(sides.inputs_value(rules.sides, orders, rules.keeps_blank_ids), 2)]
    privacy = sides.privacy_value(rules.sides)
    if privacy:
        lines += ["", "privacy:", *block(privacy, 2)]

    def section(title, items):
        if items:
            lines.extend(["", f"{title}:"])
        for key, value in items.items():
            if isinstance(value, dict) and not (rng and rng.random() < 0.5):
                value = flow(value)
                lines.append(f"  {key}: {value}")
            else:
                lines.extend(block({key: value}, 2))

    section("metrics", {m.name: metric_value(m) for m in rules.metrics})
    section("scores", {s.name: score_value(s) for s in rules.scores})
    section("bands", {b.name: band_value(b) for b in rules.bands})
    if rules.clv:
        horizon, margin = rules.clv
        lines += ["", f"clv: {flow({'model': 'simple', 'horizon': f'{horizon}d', 'margin': margin})}"]
    segments = {}
    for s in rules.declared or rules.segments:
        if s.preset:
            value = {"preset": s.preset, "scores": list(s.scores), "metrics": s.metrics, "with": s.variables}
            value["fitted"] = s.fitted["by"] if len(s.fitted) == 1 else s.fitted
            segments[s.name] = {key: part for key, part in value.items() if part}
        else:
            ids = [{"id": i, "when": expr.rules_text(when)} for i, when in s.rules]
            segments[s.name] = {"rules": ids, "default": s.default}
    section("segments", segments)
    if rules.overrides:
        lines += ["", f"overrides: {flow({'path': rules.overrides.path})}"]
    lines += ["", "output:", "  path: out/result"]
    if rules.columns:
        lines.append(f"  columns: {flow(rules.columns)}")
    return "\n".join(lines) + "\n"
