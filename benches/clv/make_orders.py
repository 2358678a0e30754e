"""Writes the orders of one case: `make_orders.py CASE FILE`, CASE being one of sample, tiled, simulated."""

import sys
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CDNOW = Path(__file__).resolve().parents[2] / "data/cdnow/sample.parquet"
CUSTOMERS = 1_000_000
SEED = 1

# The simulated population. Rates are a day's.
AS_OF = (date(2024, 12, 31) - date(1970, 1, 1)).days
AGE_DAYS = (100, 1096)
R, ALPHA, A, B = 1.0, 105.0, 0.6, 4.0
P, Q, V = 6.0, 4.0, 20.0


def sample() -> pa.Table:
    return pq.read_table(CDNOW).select(["customer_id", "order_id", "ordered_at", "amount"])


def tiled() -> pa.Table:
    """The sample over and over, until there are CUSTOMERS."""
    once = sample()
    _, customer = np.unique(once["customer_id"].to_numpy(), return_inverse=True)
    people = int(customer.max()) + 1
    copies = -(-CUSTOMERS // people)
    customer_id = (np.arange(copies)[:, None] * people + customer[None, :]).ravel()
    keep = customer_id < CUSTOMERS
    many = pa.concat_tables([once.drop_columns(["customer_id"])] * copies).filter(pa.array(keep))
    return table(customer_id[keep], many["ordered_at"], many["amount"])


def simulated() -> pa.Table:
    """BG/NBD histories with Gamma-Gamma amounts, whole days and cents."""
    random = np.random.default_rng(SEED)
    age = random.integers(*AGE_DAYS, CUSTOMERS).astype(float)
    rate = random.gamma(R, 1 / ALPHA, CUSTOMERS)
    drop_out = random.beta(A, B, CUSTOMERS)
    scale = random.gamma(Q, 1 / V, CUSTOMERS)
    customers, times = [np.arange(CUSTOMERS)], [np.zeros(CUSTOMERS)]
    customer, time = customers[0], times[0]
    while len(customer):
        time = time + random.exponential(1 / rate[customer])
        here = time <= age[customer]
        customer, time = customer[here], time[here]
        customers.append(customer)
        times.append(time)
        stays = random.random(len(customer)) >= drop_out[customer]
        customer, time = customer[stays], time[stays]
    customer = np.concatenate(customers)
    day = AS_OF - age[customer].astype(int) + np.concatenate(times).astype(int)
    cents = np.maximum(np.rint(random.gamma(P, 1 / scale[customer]) * 100), 1).astype(np.int64)
    order = np.lexsort((customer, day))  # as a shop would have them: by day
    amount = pa.array(cents[order]).cast(pa.decimal128(19, 0))
    amount = pa.compute.multiply(amount, pa.scalar("0.01").cast(pa.decimal128(3, 2))).cast(pa.decimal128(18, 2))
    return table(customer[order], pa.array(day[order].astype(np.int32)).cast(pa.date32()), amount)


def table(customer_id: np.ndarray, ordered_at: pa.Array, amount: pa.Array) -> pa.Table:
    columns = {
        "customer_id": pa.array(customer_id.astype(np.int64)),
        "order_id": pa.array(np.arange(len(customer_id))),
        "ordered_at": ordered_at,
        "amount": amount,
    }
    return pa.table(columns)


def main() -> None:
    case, file = sys.argv[1:]
    pq.write_table({"sample": sample, "tiled": tiled, "simulated": simulated}[case](), file)


main()
