"""ln L of BG/NBD and Gamma-Gamma at given parameters, by code of neither program, and the sum of tiermill's CLV.

`likelihood.py AS_OF PART` beside orders.parquet reads a list of parameter sets on stdin, and prints JSON.
"""

import json
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy.special import gammaln

MONTH_DAYS = 30


def main() -> None:
    as_of, part = sys.argv[1:]
    x, t_x, age, mean = histories(pd.Timestamp(as_of))
    result = {
        "customers": len(x),
        "distinct": len(np.unique(np.stack([x, t_x, age]), axis=1).T),
        "ln_l": [
            (bg_nbd(each, x, t_x / MONTH_DAYS, age / MONTH_DAYS), gamma_gamma(each, x, mean))
            for each in json.load(sys.stdin)
        ],
        "clv": float(np.sum(pq.read_table(part, columns=["clv"])["clv"].to_numpy())),
    }
    print(json.dumps(result))


def histories(as_of: pd.Timestamp) -> tuple[np.ndarray, ...]:
    """Repeat days, days from first to last, days from first to as-of, mean total of the repeat days."""
    orders = pq.read_table("orders.parquet", columns=["customer_id", "ordered_at", "amount"])
    orders = orders.set_column(2, "amount", orders["amount"].cast(pa.float64())).to_pandas(date_as_object=False)
    orders = orders[orders["ordered_at"] <= as_of]
    days = orders.groupby(["customer_id", "ordered_at"], sort=True)["amount"].sum().reset_index()
    customers = days.groupby("customer_id")
    first, last, count = customers["ordered_at"].min(), customers["ordered_at"].max(), customers.size()
    x = count.to_numpy() - 1.0
    rest = (customers["amount"].sum() - customers["amount"].first()).to_numpy()
    mean = np.divide(rest, x, out=np.zeros_like(rest), where=x > 0)
    return x, (last - first).dt.days.to_numpy(), (as_of - first).dt.days.to_numpy(), mean


def bg_nbd(params: dict[str, float], x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> float:
    r, alpha, a, b = (params[name] for name in ("r", "alpha", "a", "b"))
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    shared += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    stays = -(r + x) * np.log(alpha + age)
    stops = np.where(x > 0, np.log(a / (b + np.maximum(x, 1) - 1)) - (r + x) * np.log(alpha + t_x), -np.inf)
    return float(np.sum(shared + np.logaddexp(stays, stops)))


def gamma_gamma(params: dict[str, float], x: np.ndarray, m: np.ndarray) -> float:
    p, q, v = (params[name] for name in ("p", "q", "v"))
    x, m = x[(x > 0) & (m > 0.001)], m[(x > 0) & (m > 0.001)]
    shared = gammaln(p * x + q) - gammaln(p * x) - gammaln(q)
    return float(np.sum(shared + q * np.log(v / (v + m * x)) + p * x * np.log(m * x / (v + m * x)) - np.log(m)))


main()
