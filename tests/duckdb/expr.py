"""Expressions as a small tree, written out twice: as text for a rules file, and as DuckDB SQL.

The two writers share nothing but the tree. The rules text leaves out every parenthesis that precedence makes
needless (so it tries the parser); the DuckDB text is fully parenthesised and spells out the two rules that differ
from DuckDB's own: `/` is the IEEE quotient of both sides as doubles, and null for a zero divisor.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Node:
    """One expression: `kind` says which, `parts` are its operands (nodes, or plain values)."""

    kind: str
    parts: tuple


def name(n):
    """A column, role, metric, score, band or segmentation."""
    return Node("name", (n,))


def lit(value):
    """A literal: int, Decimal or str."""
    return Node("lit", (value,))


def binary(op, a, b):
    """`a op b` for `+ - * /` and the comparisons `= <> < <= > >=`."""
    return Node("binary", (op, a, b))


def all_of(*items):
    return items[0] if len(items) == 1 else Node("and", items)


def any_of(*items):
    return items[0] if len(items) == 1 else Node("or", items)


def negate(a):
    return Node("not", (a,))


def is_in(a, values, inverted=False):
    return Node("in", (a, tuple(values), inverted))


def between(a, low, high, inverted=False):
    return Node("between", (a, low, high, inverted))


def is_null(a, inverted=False):
    return Node("null", (a, inverted))


def like(a, pattern, inverted=False):
    return Node("like", (a, pattern, inverted))


def case(branches, otherwise):
    """`branches` is a list of (condition, value)."""
    return Node("case", (tuple(branches), otherwise))


def call(function, *args):
    return Node("call", (function, args))


OR, AND, NOT, COMPARE, ADD, MULTIPLY, ATOM = range(1, 8)
BINARY_LEVEL = {"+": ADD, "-": ADD, "*": MULTIPLY, "/": MULTIPLY}


def quote_text(text):
    return "'" + text.replace("'", "''") + "'"


def literal_text(value):
    if isinstance(value, str):
        return quote_text(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def quote_name(n):
    return '"' + n.replace('"', '""') + '"'


def level_of(node):
    kind = node.kind
    if kind == "lit" and not isinstance(node.parts[0], str) and node.parts[0] < 0:
        return MULTIPLY
    if kind == "binary":
        return BINARY_LEVEL.get(node.parts[0], COMPARE)
    return {"or": OR, "and": AND, "not": NOT, "in": COMPARE, "between": COMPARE, "null": COMPARE, "like": COMPARE}.get(
        kind, ATOM
    )


def rules_text(node, at_least=OR):
    """The expression as a rules file writes it, with parentheses only where they are needed."""
    text = _rules_text(node)
    return f"({text})" if level_of(node) < at_least else text


def _rules_text(node):
    kind, p = node.kind, node.parts
    if kind == "name":
        return p[0]
    if kind == "lit":
        return literal_text(p[0])
    if kind == "binary":
        op, a, b = p
        level = BINARY_LEVEL.get(op)
        if level is None:  # comparisons do not chain
            return f"{rules_text(a, ADD)} {op} {rules_text(b, ADD)}"
        return f"{rules_text(a, level)} {op} {rules_text(b, level + 1)}"
    if kind in ("and", "or"):
        level = AND if kind == "and" else OR
        return f" {kind} ".join(rules_text(part, level + 1) for part in p)
    if kind == "not":
        return f"not {rules_text(p[0], NOT)}"
    if kind == "in":
        values = ", ".join(literal_text(v) for v in p[1])
        return f"{rules_text(p[0], ADD)} {'not ' if p[2] else ''}in ({values})"
    if kind == "between":
        word = "not between" if p[3] else "between"
        return f"{rules_text(p[0], ADD)} {word} {rules_text(p[1], ADD)} and {rules_text(p[2], ADD)}"
    if kind == "null":
        return f"{rules_text(p[0], ADD)} is {'not ' if p[1] else ''}null"
    if kind == "like":
        return f"{rules_text(p[0], ADD)} {'not ' if p[2] else ''}like {quote_text(p[1])}"
    if kind == "case":
        branches = " ".join(f"when {rules_text(c)} then {rules_text(v)}" for c, v in p[0])
        return f"case {branches} else {rules_text(p[1])} end"
    if kind == "call":
        return f"{p[0]}({', '.join(rules_text(a) for a in p[1])})"
    raise ValueError(kind)


def duckdb_sql(node, names):
    """The expression in DuckDB SQL; `names` maps each name to the SQL that stands for it (default: quoted)."""

    def sql(n):
        return duckdb_sql(n, names)

    kind, p = node.kind, node.parts
    if kind == "name":
        return names.get(p[0], quote_name(p[0]))
    if kind == "lit":
        return f"({literal_text(p[0])})"
    if kind == "binary":
        op, a, b = p
        if op == "/":
            return f"(CAST({sql(a)} AS DOUBLE) / nullif(CAST({sql(b)} AS DOUBLE), 0))"
        return f"({sql(a)} {op} {sql(b)})"
    if kind in ("and", "or"):
        return "(" + f" {kind.upper()} ".join(sql(part) for part in p) + ")"
    if kind == "not":
        return f"(NOT {sql(p[0])})"
    if kind == "in":
        values = ", ".join(literal_text(v) for v in p[1])
        return f"({sql(p[0])} {'NOT ' if p[2] else ''}IN ({values}))"
    if kind == "between":
        inside = f"({sql(p[0])} >= {sql(p[1])} AND {sql(p[0])} <= {sql(p[2])})"
        return f"(NOT {inside})" if p[3] else inside
    if kind == "null":
        return f"({sql(p[0])} IS {'NOT ' if p[1] else ''}NULL)"
    if kind == "like":
        return f"({sql(p[0])} {'NOT ' if p[2] else ''}LIKE {quote_text(p[1])})"
    if kind == "case":
        branches = " ".join(f"WHEN {sql(c)} THEN {sql(v)}" for c, v in p[0])
        return f"(CASE {branches} ELSE {sql(p[1])} END)"
    if kind == "call":
        return f"{p[0]}({', '.join(sql(a) for a in p[1])})"
    raise ValueError(kind)


def names_in(node):
    """Every name the expression reads."""
    found = set()

    def visit(x):
        if isinstance(x, Node):
            if x.kind == "name":
                found.add(x.parts[0])
            visit(x.parts)
        elif isinstance(x, tuple):
            for part in x:
                visit(part)

    visit(node)
    return found
