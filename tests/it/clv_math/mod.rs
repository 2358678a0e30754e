//! The CLV mathematics: what the files here share.

mod behaviour;
mod numerics;
mod published;

use serde_json::Value;
use tiermill::fit::clv::{Fitted, OrderModel, OrderModelKind, Spend, Triples, WarningCode};

pub(super) const KINDS: [OrderModelKind; 3] =
    [OrderModelKind::BgNbd, OrderModelKind::MbgNbd, OrderModelKind::ParetoNbd];

pub(super) struct Sample {
    pub(super) repeats: Vec<u32>,
    pub(super) recency_days: Vec<i32>,
    pub(super) age_days: Vec<i32>,
    pub(super) mean_amount: Vec<f64>,
}

impl Sample {
    /// The CDNOW sample as of 1997-09-30.
    pub(super) fn cdnow() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/data/cdnow/sample_summary_39wk.csv");
        let text = std::fs::read_to_string(path).unwrap();
        let mut sample =
            Self { repeats: vec![], recency_days: vec![], age_days: vec![], mean_amount: vec![] };
        for line in text.lines().skip(1) {
            let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            sample.repeats.push(cells[1] as u32);
            sample.recency_days.push((cells[2] * 7.0).round() as i32);
            sample.age_days.push((cells[3] * 7.0).round() as i32);
            sample.mean_amount.push(cells[4]);
        }
        sample
    }

    pub(super) fn triples(&self, unit_days: f64) -> Triples {
        Triples::group(&self.repeats, &self.recency_days, &self.age_days, unit_days).unwrap()
    }

    pub(super) fn spend(&self) -> Spend {
        Spend::group(&self.repeats, &self.mean_amount).unwrap()
    }
}

pub(super) fn reference() -> Value {
    serde_json::from_str(include_str!("../fixtures/clv.json")).unwrap()
}

pub(super) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

pub(super) fn params4(value: &Value) -> [f64; 4] {
    numbers(value).try_into().unwrap()
}

#[track_caller]
pub(super) fn close(actual: f64, expected: f64, relative: f64) {
    let off = (actual - expected).abs() / expected.abs().max(1e-300);
    assert!(off <= relative, "{actual} is not {expected}: off by {off:.2e} of {relative:.0e}");
}

pub(super) fn model(kind: OrderModelKind, reference: &Value) -> OrderModel {
    kind.with_params(params4(&reference["fits"][kind.name()]["params"])).unwrap()
}

pub(super) fn estimates<M>(fitted: &Fitted<M>) -> Vec<f64> {
    fitted.report.params.iter().map(|param| param.value).collect()
}

pub(super) fn codes<M>(fitted: &Fitted<M>) -> Vec<WarningCode> {
    fitted.report.warnings.iter().map(|warning| warning.code).collect()
}
