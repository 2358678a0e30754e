"""The CLV of `lifetimes`, as its documentation goes about it: `with_lifetimes.py AS_OF OUT`, beside orders.parquet.

Writes the customers' CLV to OUT, and what it learned and how long each step took to stdout, as JSON.
"""

import json
import sys
import time
import warnings

import pyarrow as pa
import pyarrow.parquet as pq
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.utils import summary_data_from_transaction_data

MONTH_DAYS = 30  # of customer_lifetime_value; parameters are reported in months
warnings.simplefilter("ignore")

as_of, out = sys.argv[1:]
seconds = {}
last = time.perf_counter()


def lap(name: str) -> None:
    global last
    now = time.perf_counter()
    seconds[name] = now - last
    last = now


orders = pq.read_table("orders.parquet", columns=["customer_id", "ordered_at", "amount"])
orders = orders.set_column(2, "amount", orders["amount"].cast(pa.float64())).to_pandas(date_as_object=False)
lap("read")

summary = summary_data_from_transaction_data(
    orders, "customer_id", "ordered_at", "amount", observation_period_end=as_of, freq="D"
)
lap("summary")

bgf = BetaGeoFitter(penalizer_coef=0.0)
bgf.fit(summary["frequency"], summary["recency"], summary["T"])
lap("bg_nbd")

returning = summary[(summary["frequency"] > 0) & (summary["monetary_value"] > 0)]
ggf = GammaGammaFitter(penalizer_coef=0.0)
ggf.fit(returning["frequency"], returning["monetary_value"])
lap("gamma_gamma")

clv = ggf.customer_lifetime_value(
    bgf, summary["frequency"], summary["recency"], summary["T"], summary["monetary_value"],
    time=12, discount_rate=0.01, freq="D",
)
lap("clv")

clv.to_frame("clv").reset_index().to_parquet(out)
lap("write")

params = {**bgf.params_, **ggf.params_}
params["alpha"] /= MONTH_DAYS
print(json.dumps({
    "seconds": seconds,
    "params": params,
    "clv": float(clv.sum()),
}))
