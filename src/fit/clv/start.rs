//! Where the searches begin and how far they may go: crude moments of the population, spread over a few shapes.

use super::optimise::Bounds;
use super::order_model::OrderModelKind;
use super::spend::Spend;
use super::triple::Triples;

/// Shapes stay within these; a parameter at its bound means "none" or "all alike": at 1e4 customers differ by 1 %.
const SHAPE: (f64, f64) = (1e-5, 1e4);
/// The second shape of the drop-out chances grows without bound where nobody stops.
const MOST_B: f64 = 1e6;
/// The shape of one customer's amounts grows without bound where these are all equal.
const MOST_P: f64 = 1e4;
/// Scales stay within these times the population's mean.
const SCALE: (f64, f64) = (1e-6, 1e7);

/// Starts and box, in logarithms of the parameters.
pub(super) struct Plan<const N: usize> {
    pub(super) starts: Vec<[f64; N]>,
    pub(super) bounds: Bounds<N>,
}

fn plan<const N: usize>(starts: &[[f64; N]], lower: [f64; N], upper: [f64; N]) -> Plan<N> {
    Plan {
        starts: starts.iter().map(|start| start.map(f64::ln)).collect(),
        bounds: Bounds { lower: lower.map(f64::ln), upper: upper.map(f64::ln) },
    }
}

/// For a model of repeat orders; needs repeats and time in the triples.
pub(super) fn for_orders(kind: OrderModelKind, triples: &Triples) -> Plan<4> {
    let (mut orders, mut time, mut customers) = (0.0, 0.0, 0.0);
    for (triple, weight) in triples.distinct().iter().zip(triples.weights()) {
        let (x, _, age) = triples.in_units(triple);
        let weight = *weight as f64;
        orders += weight * x;
        time += weight * age;
        customers += weight;
    }
    // Purchases a time unit, and the mean time observed.
    let (rate, age) = (orders / time, time / customers);
    let (least, most) = (SCALE.0 * age, SCALE.1 * age);
    match kind {
        OrderModelKind::BgNbd | OrderModelKind::MbgNbd => plan(
            &[
                [0.5, 0.3 / rate, 0.8, 2.5],
                [0.25, 0.1 / rate, 0.5, 5.0],
                [1.5, 0.8 / rate, 2.0, 2.0],
                [1.0, 1.0 / rate, 0.1, 1.0],
                [3.0, 2.5 / rate, 1.0, 20.0],
                [0.1, 0.1 / rate, 0.2, 0.3],
            ],
            [SHAPE.0, least, SHAPE.0, SHAPE.0],
            [SHAPE.1, most, SHAPE.1, MOST_B],
        ),
        OrderModelKind::ParetoNbd => plan(
            &[
                [0.5, 0.4 / rate, 0.6, 0.3 * age],
                [1.5, 1.0 / rate, 1.5, age],
                [0.25, 0.2 / rate, 0.3, 0.1 * age],
                [1.0, 0.8 / rate, 3.0, 10.0 * age],
                [3.0, 2.5 / rate, 0.3, age],
                [0.1, 0.1 / rate, 0.1, 0.01 * age],
            ],
            [SHAPE.0, least, SHAPE.0, least],
            [SHAPE.1, most, SHAPE.1, most],
        ),
    }
}

/// For Gamma-Gamma; needs a customer in `spend`.
pub(super) fn for_spend(spend: &Spend) -> Plan<3> {
    // Not the mean: a heavy tail would move it far from most customers.
    let middle = spend.middle_amount();
    // The scale that puts the population's mean there.
    let with = |p: f64, q: f64| [p, q, middle * (q - 1.0) / p];
    plan(
        &[with(5.0, 3.5), with(1.0, 3.0), with(2.0, 2.0), with(0.5, 6.0), with(20.0, 10.0), with(10.0, 1.2)],
        [SHAPE.0, SHAPE.0, SCALE.0 * middle],
        [MOST_P, SHAPE.1, SCALE.1 * middle],
    )
}
