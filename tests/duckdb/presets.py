"""The preset tables, written down from their public definitions and not read from the project's own files."""

from decimal import Decimal

RFM_11 = {
    "champions": "555 554 544 545 454 455 445",
    "loyal": "543 444 435 355 354 345 344 335",
    "potential_loyalist": "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323",
    "new": "512 511 422 421 412 411 311",
    "promising": "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313",
    "need_attention": "535 534 443 434 343 334 325 324",
    "about_to_sleep": "331 321 312 221 213 231 241 251",
    "at_risk": "255 254 245 244 253 252 243 242 235 234 225 224 153 152 145 143 142 135 134 133 125 124",
    "cannot_lose": "155 154 144 214 215 115 114 113",
    "hibernating": "332 322 233 232 223 222 132 123 122 212 211",
    "lost": "111 112 121 131 141 151",
}

# Each digit is one score: 1 low, 2 high, read as R F M.
CN_8 = {
    "key_value": "222",
    "key_retain": "122",
    "key_develop": "212",
    "key_win_back": "112",
    "general_value": "221",
    "general_develop": "211",
    "general_retain": "121",
    "general_win_back": "111",
}

# The published digits go from 0 to 3, and the first that fits counts: ranges of R, F and M.
BRAZE_10 = [
    ("champions", "3-3 2-3 2-3"),
    ("loyal", "2-3 2-3 1-3"),
    ("potential_loyalist", "3-3 1-3 1-3"),
    ("promising", "3-3 0-3 1-3"),
    ("new", "3-3 0-3 0-3"),
    ("need_attention", "2-3 0-3 0-3"),
    ("cannot_lose", "0-1 2-3 2-3"),
    ("at_risk", "0-1 1-3 1-3"),
    ("about_to_sleep", "1-1 0-3 0-3"),
    ("hibernating", "0-0 0-2 0-3"),
]


def braze_codes():
    """The codes of each segment, counted from 1."""
    codes = {segment: [] for segment, _ in BRAZE_10}
    for code in [(r, f, m) for r in range(4) for f in range(4) for m in range(4)]:
        for segment, ranges in BRAZE_10:
            if all(int(x[0]) <= digit <= int(x[2]) for digit, x in zip(code, ranges.split())):
                codes[segment].append("".join(str(digit + 1) for digit in code))
                break
        else:
            assert code == (0, 3, 0)
    return codes


def braze_conditions(scores):
    """The rules as they are published: they overlap, which shows where a segment is excluded by hand."""
    for _, ranges in BRAZE_10:
        bounds = ((int(low) + 1, int(high) + 1) for low, high in (x.split("-") for x in ranges.split()))
        yield " AND ".join(f"{score} BETWEEN {low} AND {high}" for score, (low, high) in zip(scores, bounds))


TABLES = {
    "rfm-11": {segment: codes.split() for segment, codes in RFM_11.items()},
    "cn-8": {segment: codes.split() for segment, codes in CN_8.items()},
    "braze-10": braze_codes(),
}

# Presets of conditions, over {roles} and {variables}; 1 is low and 2 is high.
LISTS = {
    "cn-4": [
        ("churned", "{recency} > {churn_days} OR {r} || {f} || {m} IN ('112', '111')"),
        ("high_value", "{r} || {f} || {m} = '222'"),
        ("potential", "{r} || {f} || {m} IN ('212', '221', '211')"),
        ("regular", "{r} || {f} || {m} IN ('122', '121')"),
    ],
    "lifecycle-retail": [
        ("prospect", "{orders} = 0"),
        ("new", "{since_first} <= {new_days}"),
        ("reactivated", "{recency} <= {back_days} AND {last_gap} > {gap_days}"),
        ("loyal", "{orders} >= {loyal_orders} AND {recency} <= {loyal_days}"),
        ("active", "{recency} <= {active_days}"),
        ("at_risk", "{recency} <= {at_risk_days}"),
        ("dormant", "{recency} <= {dormant_days}"),
    ],
    "purchase-2x2": [
        ("frequent_large", "{orders} >= {frequent_orders} AND {amount} >= {large_amount}"),
        ("frequent_small", "{orders} >= {frequent_orders}"),
        ("seldom_large", "{orders} >= 1 AND {amount} >= {large_amount}"),
        ("seldom_small", "{orders} >= 1"),
    ],
}
VARIABLES = {
    "cn-4": {"churn_days": 180},
    "lifecycle-retail": {
        "new_days": 30, "back_days": 30, "gap_days": 180, "loyal_orders": 5, "loyal_days": 180,
        "active_days": 90, "at_risk_days": 180, "dormant_days": 365,
    },
    "purchase-2x2": {"frequent_orders": 5, "large_amount": 500},
}  # fmt: skip
# Which variables of a preset are learned from gaps: the key under `fitted`, and the part of the gaps.
LEARNED = {"active_days": ("active", "0.8"), "at_risk_days": ("at_risk", "0.9"), "dormant_days": ("dormant", "0.95")}
ROLES = {
    "cn-4": {"recency": "recency_days"},
    "lifecycle-retail": {
        "since_first": "days_since_first", "recency": "recency_days", "last_gap": "last_gap_days", "orders": "order_count",
    },
    "purchase-2x2": {"orders": "order_count", "amount": "avg_order"},
}  # fmt: skip
DEFAULTS = {
    "rfm-11": "unscored", "cn-8": "unscored", "cn-4": "unscored", "braze-10": "other",
    "lifecycle-retail": "churned", "purchase-2x2": "no_order",
}  # fmt: skip
BANDS = {
    "abc-80-95": {"A": Decimal("0.80"), "B": Decimal("0.95"), "C": 1},
    "abc-70-90": {"A": Decimal("0.70"), "B": Decimal("0.90"), "C": 1},
}


def labels(preset):
    """All labels that it can give."""
    ids = list(TABLES[preset]) if preset in TABLES else [segment for segment, _ in LISTS[preset]]
    return [*ids, DEFAULTS[preset]]


for _preset, _bins, _codes in (("rfm-11", 5, 125), ("cn-8", 2, 8), ("braze-10", 4, 63)):
    _all = [code for codes in TABLES[_preset].values() for code in codes]
    assert len(_all) == len(set(_all)) == _codes <= _bins**3, _preset
