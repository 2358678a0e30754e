//! Accuracy where naive forms break (`fixtures/clv_stress.json`), derivatives, invariants, and bits that do not depend
//! on the number of threads.

use proptest::prelude::{ProptestConfig, prop_assert, proptest};
use tiermill::fit::clv::special::{self, rising};
use tiermill::fit::clv::{
    Fitted, GammaGamma, Horizon, Jet, OrderModel, OrderModelKind, Spend, Triples, fit, fit_gamma_gamma,
    predict,
};

use super::{KINDS, Sample, close, estimates};

#[test]
fn special_functions() {
    for (z, ln_gamma, digamma, trigamma) in [
        (1e-08, 18.42068073818021, -100000000.57721564, 1.0000000000000002e+16),
        (0.001, 6.907178885383853, -1000.5755719318103, 1000001.6425331958),
        (0.3, 1.0957979948180756, -3.502524222200133, 12.245364546107732),
        (1.0, 0.0, -0.5772156649015329, 1.6449340668482264),
        (1.4616321449683622, -0.12148629053584961, -9.241265521729427e-17, 0.9676722454476212),
        (2.0, 0.0, 0.42278433509846713, 0.6449340668482264),
        (5.5, 3.9578139676187165, 1.6110931485817512, 0.19934238698962767),
        (9.999, 12.799575780077413, 2.2516474172057355, 0.10517738667672887),
        (10.0, 12.801827480081469, 2.251752589066721, 0.10516633568168575),
        (37.25, 96.6198845882781, 3.604169073005627, 0.027209205803955576),
        (1234.5, 7550.550901077895, 7.118016231827998, 0.0008103727271269667),
        (1000000.0, 12815504.569147611, 13.815510057964191, 1.0000005000001667e-06),
        (1000000000000.0, 26631021115915.652, 27.63102111592805, 1.0000000000005e-12),
    ] {
        let off = |actual: f64, expected: f64| (actual - expected).abs() / expected.abs().max(1.0);
        assert!(off(special::ln_gamma(z), ln_gamma) < 6e-15, "{z}");
        assert!(off(special::digamma(z), digamma) < 2e-15, "{z}");
        close(special::trigamma(z), trigamma, 2e-15);
    }
    for (b, n, ln, first, second) in [
        (0.001, 1, -6.907755278982137, 1000.0, -1000000.0),
        (0.25, 3, -0.3522205935893521, 5.2444444444444445, -16.837530864197532),
        (0.25, 1000, 5905.659245746419, 11.134958822790693, -17.19632890452799),
        (2.4, 41, 119.05670932313127, 3.105993293963999, -0.49184354085867343),
        (2.4, 40, 115.30956096089336, 3.0824083883036217, -0.49128729308366453),
        (10000.0, 7, 64.47448214898023, 0.0006997900909559227, -6.995802728237137e-08),
        (1000000.0, 1000, 13816.009891630642, 0.000999500832584199, -9.990019975034955e-10),
        (100000000.0, 100000, 1842118.057237148, 0.0009995003380785382, -9.990010089860191e-12),
        (0.5, 3000000, 41742368.88647073, 16.877632872653813, -4.934801867211346),
    ] {
        let rising = rising(b, n);
        close(rising.ln, ln, 4e-15);
        close(rising.first, first, 4e-15);
        // A difference of series: the last digits go where b is large and n is small beside it.
        close(rising.second, second, if b > 1e5 { 1e-12 } else { 4e-15 });
    }
    close(special::ln_beta(1e-3, 1e9), special::ln_beta(1e9, 1e-3), 1e-16);
    close(special::ln_beta(2.5, 3.5), 0.036_815_538_909_255_39_f64.ln(), 1e-14);
    assert_eq!(special::ln_add_exp(f64::NEG_INFINITY, f64::NEG_INFINITY), f64::NEG_INFINITY);
    close(special::ln_add_exp(-1000.0, -1000.0), -1000.0 + 2.0_f64.ln(), 1e-15);
}

/// Kind, parameters, (x, recency, age) in days, t in weeks; ln L, P(alive) and orders if alive from 25 and more
/// digits.
#[derive(serde::Deserialize)]
struct Extreme(OrderModelKind, [f64; 4], (u32, i32, i32), f64, f64, f64, f64);

#[test]
fn extreme_parameters_and_histories() {
    let cases: Vec<Extreme> = serde_json::from_str(include_str!("../fixtures/clv_stress.json")).unwrap();
    assert!(cases.len() > 400);
    let mut worst = [0.0_f64; 3];
    for Extreme(kind, params, (x, recency, age), t, log_likelihood, p_alive, orders) in cases {
        let model = kind.with_params(params).unwrap();
        let triples = Triples::group(&[x], &[recency], &[age], 7.0).unwrap();
        let triple = &triples.distinct()[0];
        let (count, t_x, all) = triples.in_units(triple);
        let off = |actual: f64, expected: f64| (actual - expected).abs() / expected.abs().max(1e-290);
        let offs = [
            (model.log_likelihood_of(&triples, triple) - log_likelihood).abs()
                / log_likelihood.abs().max(1.0),
            off(model.p_alive(count, t_x, all), p_alive),
            off(model.orders_if_alive(count, all, t), orders),
        ];
        for (k, limit) in [1e-12, 1e-12, 1e-13].into_iter().enumerate() {
            assert!(offs[k] < limit, "{} {params:?} {x} {recency} {age}: {offs:?}", kind.name());
            worst[k] = worst[k].max(offs[k]);
        }
        assert!(model.log_likelihood(&triples).is_finite(), "{} {params:?} {x} {recency} {age}", kind.name());
    }
    println!("off by at most: ln L {:.1e}, P(alive) {:.1e}, orders {:.1e}", worst[0], worst[1], worst[2]);
}

/// Central differences of the value and of the gradient.
fn check_derivatives<const N: usize>(f: impl Fn(&[f64; N]) -> Jet<N>, at: &[f64; N]) {
    let jet = f(&at.map(f64::exp));
    let step = 1e-3;
    for i in 0..N {
        let moved = |by: f64| {
            let mut logs = *at;
            logs[i] += by;
            f(&logs.map(f64::exp))
        };
        // Fourth order, so that what is left is rounding: some 1e-13 of the largest term, over the step.
        let (n2, n1, p1, p2) = (moved(-2.0 * step), moved(-step), moved(step), moved(2.0 * step));
        let slope = |get: &dyn Fn(&Jet<N>) -> f64| {
            (8.0 * (get(&p1) - get(&n1)) - (get(&p2) - get(&n2))) / (12.0 * step)
        };
        let scale = jet.value.abs().max(100.0);
        let off = (slope(&|jet| jet.value) - jet.gradient[i]).abs() / scale;
        assert!(off < 1e-10, "gradient {i} at {at:?}: off by {off:.1e}");
        for j in 0..N {
            let off = (slope(&|jet| jet.gradient[j]) - jet.hessian[i][j]).abs() / scale;
            assert!(off < 1e-10, "hessian {i} {j} at {at:?}: off by {off:.1e}");
            assert_eq!(jet.hessian[i][j], jet.hessian[j][i]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn derivatives_are_those_of_the_value(
        logs in proptest::array::uniform4(-3.0..3.0_f64), x in 0_u32..60, recency in 1_i32..400, silent in 0_i32..400,
        mean in 0.5..500.0_f64,
    ) {
        let recency = if x == 0 { 0 } else { recency };
        let triples = Triples::group(&[x], &[recency], &[recency + silent], 7.0).unwrap();
        for kind in KINDS {
            check_derivatives(|params| kind.with_params(*params).unwrap().log_likelihood(&triples), &logs);
        }
        let spend = Spend::group(&[x + 1], &[mean]).unwrap();
        let of = |[p, q, v]: &[f64; 3]| GammaGamma::new(*p, *q, *v).unwrap().log_likelihood(&spend);
        check_derivatives(of, &[logs[0], logs[1], logs[2] + 2.0]);
    }

    #[test]
    fn more_silence_is_less_alive_and_nothing_is_out_of_range(
        logs in proptest::array::uniform4(-9.0..9.0_f64), x in 0_u32..1000, recency in 1_i32..3000, silent in 0_i32..3000,
        days in 0_u32..2000,
    ) {
        let recency = if x == 0 { 0 } else { recency };
        let triples = Triples::group(&[x, x], &[recency; 2], &[recency + silent, recency + silent + 30], 7.0).unwrap();
        for kind in KINDS {
            let model = kind.with_params(logs.map(f64::exp)).unwrap();
            prop_assert!(model.log_likelihood(&triples).is_finite());
            let now = predict(&model, &triples, &Horizon::new(days, 0.1).unwrap());
            let longer = predict(&model, &triples, &Horizon::new(days + 30, 0.1).unwrap());
            for at in 0..2 {
                prop_assert!((0.0..=1.0).contains(&now.p_alive[at]));
                prop_assert!(now.expected_orders[at].is_finite() && now.expected_orders[at] >= 0.0);
                prop_assert!(now.discounted_orders[at] <= now.expected_orders[at] * (1.0 + 1e-12));
                prop_assert!(now.expected_orders[at] <= longer.expected_orders[at] * (1.0 + 1e-12));
            }
            prop_assert!(now.p_alive[1] <= now.p_alive[0] + 1e-15);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn replication_and_units_do_not_move_the_fit(times in 2_u64..50, unit in 0.5..40.0_f64, money in 1e-3..1e3_f64) {
        let sample = Sample::cdnow();
        let weeks = sample.triples(7.0);
        let repeats = weeks.distinct().iter().map(|t| t.repeats).collect::<Vec<_>>();
        let recency = weeks.distinct().iter().map(|t| t.recency_days as i32).collect::<Vec<_>>();
        let age = weeks.distinct().iter().map(|t| t.age_days as i32).collect::<Vec<_>>();
        let weights: Vec<u64> = weeks.weights().iter().map(|weight| weight * times).collect();
        let replicated = Triples::weighted(&repeats, &recency, &age, &weights, 7.0).unwrap();
        let other_unit = sample.triples(unit);
        let orders: f64 = sample.repeats.iter().map(|x| f64::from(*x)).sum();
        for kind in KINDS {
            let base = fit(kind, &weeks).unwrap();
            let more = fit(kind, &replicated).unwrap();
            close(more.report.log_likelihood, base.report.log_likelihood * times as f64, 1e-12);
            for (a, b) in estimates(&more).iter().zip(estimates(&base)) {
                close(*a, b, 1e-7);
            }
            // Errors shrink with the root.
            let error = |fitted: &Fitted<OrderModel>| fitted.report.params[3].standard_error.unwrap();
            close(error(&more), error(&base) / (times as f64).sqrt(), 1e-6);
            let scaled = fit(kind, &other_unit).unwrap();
            let c = 7.0 / unit;
            close(scaled.report.log_likelihood, base.report.log_likelihood - orders * c.ln(), 1e-12);
            for (param, b) in scaled.report.params.iter().zip(estimates(&base)) {
                let factor = if matches!(param.name.as_str(), "alpha" | "beta") { c } else { 1.0 };
                close(param.value, b * factor, 1e-7);
            }
        }
        let base = fit_gamma_gamma(&sample.spend()).unwrap();
        let amounts: Vec<f64> = sample.mean_amount.iter().map(|amount| amount * money).collect();
        let scaled = fit_gamma_gamma(&Spend::group(&sample.repeats, &amounts).unwrap()).unwrap();
        close(scaled.model.p, base.model.p, 1e-7);
        close(scaled.model.q, base.model.q, 1e-7);
        close(scaled.model.v, base.model.v * money, 1e-7);
    }
}

#[test]
fn the_same_bits_on_any_number_of_threads() {
    let sample = Sample::cdnow();
    // Enough distinct triples for many chunks and a thinned exploration.
    let bought: Vec<usize> = (0..2357).filter(|i| sample.repeats[*i] > 0).collect();
    let of = |i: usize| bought[i % bought.len()];
    let later = |i: usize| (i / bought.len()) as i32;
    let repeats: Vec<u32> = (0..60_000).map(|i| sample.repeats[of(i)]).collect();
    let recency: Vec<i32> = (0..60_000).map(|i| sample.recency_days[of(i)] + later(i)).collect();
    let age: Vec<i32> = (0..60_000).map(|i| sample.age_days[of(i)] + 2 * later(i)).collect();
    let with = |threads: usize| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
            let triples = Triples::group(&repeats, &recency, &age, 7.0).unwrap();
            assert!(triples.distinct().len() > 40_000, "{}", triples.distinct().len());
            let fitted = fit(OrderModelKind::BgNbd, &triples).unwrap();
            let predictions = predict(&fitted.model, &triples, &Horizon::new(365, 0.1).unwrap());
            let weeks = sample.triples(7.0);
            let others = KINDS.map(|kind| fit(kind, &weeks).unwrap());
            let likelihoods = others.clone().map(|fitted| fitted.model.log_likelihood(&triples));
            (fitted, predictions, others, likelihoods, fit_gamma_gamma(&sample.spend()).unwrap())
        })
    };
    let one = with(1);
    for threads in [2, 3] {
        assert!(one == with(threads), "{threads} threads give other bits");
    }
}
