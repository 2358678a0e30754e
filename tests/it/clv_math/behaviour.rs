//! What a fit says of populations that the models do not fit, what is refused, and what a prediction means.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tiermill::fit::clv::{
    BgNbd, FitError, GammaGamma, Horizon, InputError, MbgNbd, OrderModel, OrderModelKind, OrderValues, Spend,
    Triples, WarningCode, expected_order_values, fit, fit_gamma_gamma, predict,
};

use super::{KINDS, Sample, close, codes, estimates, model, params4, reference};

#[test]
fn the_discount_is_an_annual_rate_paid_at_the_end_of_each_sub_period() {
    let sample = Sample::cdnow();
    let triples = sample.triples(7.0);
    for kind in KINDS {
        let model = model(kind, &reference());
        // 52 whole weeks and a day.
        let predictions = predict(&model, &triples, &Horizon::new(365, 0.1).unwrap());
        for (at, triple) in triples.distinct().iter().enumerate().step_by(37) {
            let (x, t_x, age) = triples.in_units(triple);
            let (mut sum, mut before) = (0.0, 0.0);
            for day in (7..=364).step_by(7).chain([365]) {
                let orders = model.expected_orders(x, t_x, age, f64::from(day) / 7.0);
                sum += (orders - before) / 1.1_f64.powf(f64::from(day) / 365.0);
                before = orders;
            }
            close(predictions.discounted_orders[at], sum, 1e-12);
            close(predictions.expected_orders[at], before, 1e-12);
        }
        // One sub-period: the whole sum, discounted by exactly one year.
        let years = sample.triples(365.0);
        let in_years = match kind {
            OrderModelKind::ParetoNbd => [1.0, 7.0 / 365.0, 1.0, 7.0 / 365.0],
            _ => [1.0, 7.0 / 365.0, 1.0, 1.0],
        };
        let mut params = params4(&reference()["fits"][kind.name()]["params"]);
        params.iter_mut().zip(in_years).for_each(|(param, factor)| *param *= factor);
        let yearly = predict(&kind.with_params(params).unwrap(), &years, &Horizon::new(365, 0.25).unwrap());
        for (discounted, orders) in yearly.discounted_orders.iter().zip(&yearly.expected_orders) {
            close(*discounted, orders / 1.25, 1e-12);
        }
        for (yearly, weekly) in yearly.expected_orders.iter().zip(&predictions.expected_orders) {
            close(*yearly, *weekly, 1e-11);
        }
    }
    assert!(Horizon::new(365, -0.1).is_err());
    assert!(Horizon::new(365, f64::NAN).is_err());
    let none = predict(&model(OrderModelKind::BgNbd, &reference()), &triples, &Horizon::new(0, 0.1).unwrap());
    assert!(none.expected_orders.iter().chain(&none.discounted_orders).all(|orders| *orders == 0.0));
}

#[test]
fn order_values() {
    let model = GammaGamma::new(6.25, 3.74, 15.44).unwrap();
    let values = expected_order_values(
        &model,
        OrderValues { repeats: &[0, 2, 2, 1_000_000], mean_amount: &[f64::NAN, 22.35, 0.0, 50.0] },
    )
    .unwrap();
    let mean = 6.25 * 15.44 / 2.74;
    close(values[0], mean, 1e-15);
    close(values[2], mean, 1e-15);
    close(values[3], 50.0, 1e-5);
    let flat = GammaGamma::new(6.25, 1.0, 15.44).unwrap();
    let error = flat.expected_order_value(3, 10.0).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the Gamma-Gamma fit has `q` = 1.0000 ≤ 1, so the expected order value does not exist"
    );
    assert!(error.help().contains("cap extreme amounts"));
}

/// Buyers at one rate of λ ~ Gamma(shape, rate) a day, observed for `age` days, who stop after each repeat with
/// `stop`.
fn simulate(customers: u32, shape: u32, days_between: f64, stop: f64, age: i32, seed: u64) -> Triples {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut exponential = move || -rng.random::<f64>().max(1e-300).ln();
    let (mut repeats, mut recency) = (vec![], vec![]);
    for _ in 0..customers {
        let rate = (0..shape).map(|_| exponential()).sum::<f64>() / (f64::from(shape) * days_between);
        let (mut day, mut last, mut count) = (0.0, 0, 0);
        loop {
            day += exponential() / rate;
            if day >= f64::from(age) {
                break;
            }
            if day as i32 > last {
                last = day as i32;
                count += 1;
                if exponential() < -(1.0 - stop).ln() {
                    break;
                }
            }
        }
        repeats.push(count);
        recency.push(last);
    }
    Triples::group(&repeats, &recency, &vec![age; customers as usize], 7.0).unwrap()
}

#[test]
fn nobody_stops() {
    let triples = simulate(3000, 2, 40.0, 0.0, 700, 1);
    for kind in KINDS {
        let fitted = fit(kind, &triples).unwrap();
        let report = &fitted.report;
        assert_eq!(codes(&fitted), [WarningCode::NoDropOut, WarningCode::Ridge], "{report:?}");
        assert!(report.covariance.is_none());
        // r and α are as good as ever, and a year brings what the rate says: nobody is lost.
        close(report.params[0].value, 2.0, 0.1);
        let predictions = predict(&fitted.model, &triples, &Horizon::new(365, 0.1).unwrap());
        let orders: f64 =
            predictions.expected_orders.iter().zip(triples.weights()).map(|(o, w)| o * *w as f64).sum();
        close(orders / 3000.0, 365.0 / 40.0, 0.1);
        let alive: f64 = predictions.p_alive.iter().zip(triples.weights()).map(|(p, w)| p * *w as f64).sum();
        assert!(alive / 3000.0 > 0.98, "{alive}");
    }
}

#[test]
fn everybody_stops_alike() {
    // One coin for all: only a / (a + b) can be known.
    let triples = simulate(3000, 2, 40.0, 0.2, 700, 2);
    let fitted = fit(OrderModelKind::BgNbd, &triples).unwrap();
    if let OrderModel::BgNbd(model) = fitted.model {
        close(model.a / (model.a + model.b), 0.2, 0.1);
    }
    assert!(fitted.report.gradient < 1e-8);
    println!("{:?} {:?}", estimates(&fitted), codes(&fitted));
}

#[test]
fn hardly_anybody_comes_back() {
    let few = Triples::group(&[0, 0, 0, 0, 1, 2], &[0, 0, 0, 0, 30, 90], &[100, 200, 50, 300, 100, 120], 7.0)
        .unwrap();
    for kind in KINDS {
        let fitted = fit(kind, &few).unwrap();
        assert!(codes(&fitted).contains(&WarningCode::FewRepeatCustomers), "{fitted:?}");
    }
    let none = Triples::group(&[0, 0], &[0, 0], &[100, 200], 7.0).unwrap();
    let error = fit(OrderModelKind::BgNbd, &none).unwrap_err();
    assert_eq!(error.to_string(), "none of 2 customers bought on a second day");
    let spend = Spend::group(&[0, 3, 2], &[10.0, f64::NAN, -4.0]).unwrap();
    assert_eq!(fit_gamma_gamma(&spend).unwrap_err(), FitError::NoSpend);
}

#[test]
fn inputs_that_are_wrong() {
    let check = |repeats: u32, recency: i32, age: i32, unit: f64, message: &str| {
        let error = Triples::group(&[0, repeats], &[0, recency], &[9, age], unit).unwrap_err();
        assert_eq!(error.to_string(), message);
    };
    check(1, 8, 7, 7.0, "customer 1: last purchase 8 days after the first, as-of 7 days after it");
    check(1, -1, 7, 7.0, "customer 1: last purchase -1 days after the first, as-of 7 days after it");
    check(0, 0, -7, 7.0, "customer 1: last purchase 0 days after the first, as-of -7 days after it");
    check(0, 1, 7, 7.0, "customer 1: 0 repeat purchase days within 1 days");
    check(1, 0, 7, 7.0, "customer 1: 1 repeat purchase days within 0 days");
    check(1, 1, 7, 0.0, "a time unit of 0 days");
    check(1, 1, 7, f64::INFINITY, "a time unit of inf days");
    assert_eq!(Triples::group(&[], &[], &[], 7.0).unwrap_err(), InputError::NoCustomers);
    assert_eq!(Triples::group(&[1], &[], &[], 7.0).unwrap_err(), InputError::Lengths);
    assert_eq!(
        BgNbd::new(1.0, 0.0, 1.0, 1.0).unwrap_err().to_string(),
        "`alpha` = 0 is not a positive number"
    );
    assert!(MbgNbd::new(1.0, 1.0, f64::NAN, 1.0).is_err());
    assert!(Spend::group(&[1], &[f64::INFINITY]).is_err());
}

#[test]
fn triples_are_grouped_exactly() {
    let triples = Triples::group(&[2, 0, 2, 1, 0], &[30, 0, 30, 30, 0], &[90, 90, 90, 90, 80], 7.0).unwrap();
    assert_eq!(triples.weights(), [1, 1, 1, 2]);
    assert_eq!(triples.of_customer(), [3, 1, 3, 2, 0]);
    assert_eq!(triples.repeats(), [(0, 2), (1, 1), (2, 2)]);
    assert_eq!((triples.customers(), triples.repeat_customers()), (5, 3));
}

#[test]
fn spend_that_the_model_does_not_fit() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    // Whoever buys more often spends more.
    let repeats: Vec<u32> = (0..2000).map(|i| 1 + i % 9).collect();
    let rising: Vec<f64> = repeats.iter().map(|x| f64::from(*x) * (5.0 + rng.random::<f64>())).collect();
    let fitted = fit_gamma_gamma(&Spend::group(&repeats, &rising).unwrap()).unwrap();
    assert!(codes(&fitted).contains(&WarningCode::CorrelatedSpend), "{fitted:?}");
    // Means over customers without a mean: a Pareto tail of 0.4.
    let heavy: Vec<f64> = repeats.iter().map(|_| 10.0 * rng.random::<f64>().powf(-1.0 / 0.4)).collect();
    let fitted = fit_gamma_gamma(&Spend::group(&repeats, &heavy).unwrap()).unwrap();
    assert!(codes(&fitted).contains(&WarningCode::QBelowOne), "{fitted:?}");
    assert!(fitted.model.expected_order_value(1, 10.0).is_err());
    // Everybody alike: q and v run off together.
    let same: Vec<f64> = repeats.iter().map(|_| 10.0 + rng.random::<f64>()).collect();
    let fitted = fit_gamma_gamma(&Spend::group(&repeats, &same).unwrap()).unwrap();
    let value = fitted.model.expected_order_value(1, 10.0).unwrap();
    assert!((10.0..10.5).contains(&value), "{value}");
    println!("{:?} {:?}", estimates(&fitted), codes(&fitted));
}

#[test]
fn another_maximum_almost_as_good() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let size = 5 + rng.random_range(0..300_usize);
    let (often, rare) = (rng.random_range(1..20_u32), rng.random_range(1..200_u32));
    let (mut repeats, mut recency, mut ages) = (vec![], vec![], vec![]);
    for _ in 0..size {
        let age = rng.random_range(0..700_i32);
        let count = if rng.random::<f64>() < 0.5 {
            rng.random_range(0..often)
        } else if rng.random::<f64>() < 0.3 {
            rng.random_range(0..rare)
        } else {
            0
        };
        let count = count.min(age as u32);
        repeats.push(count);
        ages.push(age);
        recency.push(if count == 0 { 0 } else { rng.random_range((count as i32)..=age) });
    }
    let triples = Triples::group(&repeats, &recency, &ages, 7.0).unwrap();
    let fitted = fit(OrderModelKind::BgNbd, &triples).unwrap();
    assert!(codes(&fitted).contains(&WarningCode::SecondMode), "{:?}", fitted.report);
    // The better one is kept.
    let best =
        fitted.report.starts.iter().map(|start| start.log_likelihood).fold(f64::NEG_INFINITY, f64::max);
    assert_eq!(fitted.report.log_likelihood, best);
}
