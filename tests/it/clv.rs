//! CLV in the job: orders in Parquet → histories → models → columns, the model document, failure and honesty.

mod without_amount;

use serde_json::Value as Json;

use crate::support::sandbox::project;
use crate::support::{Ran, Rows, Sandbox, Value, table};

/// The CDNOW sample as of the end of its 39 weeks, as the literature has it.
fn rules(clv: &str) -> String {
    let orders = project().join("data/cdnow/sample.parquet");
    format!(
        "tiermill: 1
name: clv
inputs:
  orders:
    path: {}
    columns: {{customer: customer_id, time: ordered_at, amount: amount}}
metrics:
  revenue: sum(amount)
  share: revenue / (revenue + 1)
scores:
  v: {{of: clv, quantiles: 100}}
bands:
  abc: {{of: clv, cumulative: {{A: 0.8, B: 0.95, C: 1}}}}
clv: {{{clv}}}
segments:
  churn:
    rules: [{{id: gone, when: p_alive < 0.5}}]
    default: here
",
        orders.display()
    )
}

const BG_NBD: &str =
    "model: bg_nbd, spend: gamma_gamma, horizon: 364d, time_unit: 7d, margin: 0.3, discount_rate: 0.1";

fn run(sandbox: &Sandbox, clv: &str, more: &[&str]) -> Ran {
    sandbox.text("rules.yml", &rules(clv));
    let run = ["run", "rules.yml", "--as-of", "1997-09-30", "--out", "out"];
    sandbox.tiermill(&[&run[..], more].concat())
}

fn folder(sandbox: &Sandbox) -> std::path::PathBuf {
    sandbox.path("out/as_of=1997-09-30")
}

fn model(sandbox: &Sandbox) -> Json {
    serde_json::from_str(&std::fs::read_to_string(folder(sandbox).join("_run/model.json")).unwrap()).unwrap()
}

#[track_caller]
fn near(found: f64, wanted: f64, relative: f64) {
    assert!((found / wanted - 1.0).abs() < relative, "{found} is not {wanted}");
}

fn doubles(rows: &Rows, column: &str) -> Vec<f64> {
    let double = |value: &&Value| match value {
        Value::Double(value) => *value,
        other => panic!("{column} is {other:?}"),
    };
    rows.column(column).iter().map(double).collect()
}

/// Fader, Hardie & Lee (2005) and Fader & Hardie (2013), to the digits of an exact maximum.
#[test]
fn published_parameters_come_out_of_the_orders() {
    for (kind, params, log_likelihood) in [
        (
            "bg_nbd",
            [("r", 0.2425945224), ("alpha", 4.413602019), ("a", 0.7929220172), ("b", 2.425906777)],
            -9582.429206674,
        ),
        (
            "mbg_nbd",
            [("r", 0.5248431591), ("alpha", 6.183085280), ("a", 0.8913593907), ("b", 1.614002240)],
            -9582.135715554,
        ),
        (
            "pareto_nbd",
            [("r", 0.5532770469), ("alpha", 10.577683463), ("s", 0.6062399891), ("beta", 11.668735289)],
            -9594.976178940,
        ),
    ] {
        let sandbox = Sandbox::new();
        run(&sandbox, &BG_NBD.replace("bg_nbd", kind), &[]).done();
        let clv = &model(&sandbox)["clv"];
        assert_eq!(clv["model"], kind);
        assert_eq!((&clv["customers"], &clv["distinct"]), (&Json::from(2357), &Json::from(1016)));
        assert!((clv["log_likelihood"].as_f64().unwrap() - log_likelihood).abs() < 1e-6);
        for (name, value) in params {
            near(clv["params"][name].as_f64().unwrap(), value, 1e-5);
        }
        let spend = &clv["spend"];
        assert_eq!(spend["customers"], 946);
        assert!((spend["log_likelihood"].as_f64().unwrap() + 4055.917694802).abs() < 1e-6);
        for (name, value) in [("p", 6.249572271), ("q", 3.744224667), ("v", 15.443520963)] {
            near(spend["params"][name].as_f64().unwrap(), value, 1e-5);
        }
    }
}

#[test]
fn columns_follow_from_one_another() {
    let sandbox = Sandbox::new();
    run(&sandbox, &BG_NBD.replace("discount_rate: 0.1", "discount_rate: 0"), &[]).done();
    let rows = Rows::parts(&folder(&sandbox));
    let names = [
        "customer_id",
        "revenue",
        "share",
        "v",
        "abc",
        "expected_orders",
        "p_alive",
        "expected_order_value",
        "clv",
    ];
    assert_eq!(rows.columns[..names.len()], names);
    let [orders, alive, value, clv] =
        ["expected_orders", "p_alive", "expected_order_value", "clv"].map(|c| doubles(&rows, c));
    for row in 0..rows.rows.len() {
        // Without a discount the value is orders × worth × margin.
        near(clv[row], orders[row] * value[row] * 0.3, 1e-9);
        assert!((0.0..=1.0).contains(&alive[row]));
        let gone = rows.rows[row][rows.at("churn")] == Value::text("gone");
        assert_eq!(gone, alive[row] < 0.5);
    }
    // Nobody who came once is dropped by BG/NBD: it sees drop-out at repeat orders only.
    assert_eq!(alive.iter().filter(|alive| **alive == 1.0).count(), 2357 - 946);

    let discounted = Sandbox::new();
    run(&discounted, BG_NBD, &[]).done();
    let later = doubles(&Rows::parts(&folder(&discounted)), "clv");
    assert!(later.iter().zip(&clv).all(|(later, now)| later < now && *later > now / 1.1));
}

/// D20: rules read the chance that a customer is still there, and how often they will buy again.
#[test]
fn d20_rules_read_p_alive_and_expected_orders() {
    let segments = "churn:
    rules:
      - {id: gone, when: p_alive < 0.5}
      - {id: returns, when: p_alive >= 0.7 and expected_orders >= 1}
    default: here
";
    let sandbox = Sandbox::new();
    let run = |clv: &str| {
        let rules = rules(clv);
        let (before, _) = rules.split_once("churn:").unwrap();
        sandbox.text("rules.yml", &format!("{before}{segments}"));
        sandbox.tiermill(&["run", "rules.yml", "--as-of", "1997-09-30", "--out", "out"]).done();
        Rows::parts(&folder(&sandbox))
    };
    let rows = run(&BG_NBD.replace("horizon: 364d", "horizon: 273d"));
    let [orders, alive] = ["expected_orders", "p_alive"].map(|column| doubles(&rows, column));
    let labels: Vec<String> = rows.column("churn").iter().map(ToString::to_string).collect();
    for ((label, orders), alive) in labels.iter().zip(&orders).zip(&alive) {
        let expected = match (*alive < 0.5, *alive >= 0.7 && *orders >= 1.0) {
            (true, _) => "gone",
            (_, true) => "returns",
            _ => "here",
        };
        assert_eq!(label, expected, "{alive} {orders}");
    }
    for label in ["gone", "returns", "here"] {
        assert!(rows.count("churn", label) > 20, "{label}");
    }
    // Fader, Hardie & Lee's own example is the first customer of the sample: two repeats, the last 30.43 weeks after the
    // first purchase, 38.86 weeks under observation, 1.226 purchases to come in 39 weeks.
    near(orders[0], 1.226, 5e-4);
    assert_eq!(labels[0], "returns");

    // Of whom nothing is known, no condition is true.
    let rows = run(&format!("{BG_NBD}, min_repeat_customers: 5000, on_failure: simple"));
    assert_eq!(rows.count("churn", "here"), rows.rows.len());
}

#[test]
fn margins_can_be_the_customers_own() {
    let (own, flat) = (Sandbox::new(), Sandbox::new());
    run(&own, &BG_NBD.replace("margin: 0.3", "margin: share"), &[]).done();
    run(&flat, &BG_NBD.replace("margin: 0.3", "margin: 1"), &[]).done();
    let (own, flat) = (Rows::parts(&folder(&own)), Rows::parts(&folder(&flat)));
    let shares = doubles(&own, "share");
    for ((own, flat), share) in doubles(&own, "clv").into_iter().zip(doubles(&flat, "clv")).zip(shares) {
        assert!((own - flat * share).abs() <= 1e-9 * flat.abs());
    }
}

#[test]
fn a_frozen_model_gives_the_same_bytes() {
    let sandbox = Sandbox::new();
    run(&sandbox, BG_NBD, &[]).done();
    let part = || crate::support::folder::part(&folder(&sandbox));
    let fitted = part();
    std::fs::copy(folder(&sandbox).join("_run/model.json"), sandbox.path("model.json")).unwrap();
    let again = run(&sandbox, BG_NBD, &["--model", "model.json", "--threads", "1"]).done();
    assert!(again.result()["seconds"].get("clv").is_none(), "nothing is fitted");
    assert!(fitted == part());

    let other = run(&sandbox, &BG_NBD.replace("bg_nbd", "pareto_nbd"), &["--model", "model.json"]);
    assert_eq!(other.code, Some(2), "{}", other.stderr);
    assert!(other.stderr.contains("its `clv` is of bg_nbd"), "{}", other.stderr);
}

#[test]
fn too_little_to_learn_from_is_refused_or_simple() {
    let sandbox = Sandbox::new();
    let few = format!("{BG_NBD}, min_repeat_customers: 5000");
    let refused = run(&sandbox, &few, &[]);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert!(refused.stderr.contains("946 customers came back"), "{}", refused.stderr);
    assert!(!folder(&sandbox).exists());

    run(&sandbox, &format!("{few}, on_failure: simple"), &[]).done();
    let why = model(&sandbox)["clv"]["fallback"].as_str().unwrap().to_owned();
    assert!(why.contains("946 customers came back"), "{why}");
    let rows = Rows::parts(&folder(&sandbox));
    assert!(rows.column("p_alive").iter().all(|value| **value == Value::Null));
    let simple = Sandbox::new();
    run(&simple, "model: simple, horizon: 364d, margin: 0.3", &[]);
    simple.text(
        "rules.yml",
        &rules("model: simple, horizon: 364d, margin: 0.3").replace("p_alive < 0.5", "clv < 1"),
    );
    simple.tiermill(&["run", "rules.yml", "--as-of", "1997-09-30", "--out", "out"]).done();
    assert_eq!(doubles(&rows, "clv"), doubles(&Rows::parts(&folder(&simple)), "clv"));
}

/// A month after the first customer, hardly anybody has had the time to stop: the likelihood climbs towards "nobody
/// ever does" for ever, which is a finding and not a failure.
#[test]
fn no_drop_out_yet_is_a_model_with_a_warning() {
    let all = project().join("data/cdnow/orders.parquet");
    let sample = project().join("data/cdnow/sample.parquet");
    for kind in ["bg_nbd", "mbg_nbd", "pareto_nbd"] {
        let sandbox = Sandbox::new();
        let rules = rules(&BG_NBD.replace("bg_nbd", kind));
        sandbox.text("rules.yml", &rules.replace(&*sample.to_string_lossy(), &all.to_string_lossy()));
        sandbox.tiermill(&["run", "rules.yml", "--as-of", "1997-02-01", "--out", "out"]).done();
        let text = std::fs::read_to_string(sandbox.path("out/as_of=1997-02-01/_run/model.json")).unwrap();
        let clv = &serde_json::from_str::<Json>(&text).unwrap()["clv"];
        // All three are the same model where nobody stops.
        assert!((clv["log_likelihood"].as_f64().unwrap() + 3693.5283).abs() < 1e-3, "{kind}: {clv}");
        let codes: Vec<&Json> =
            clv["warnings"].as_array().unwrap().iter().map(|warning| &warning["code"]).collect();
        assert_eq!(codes.first(), Some(&&Json::from("no_drop_out")), "{kind}: {codes:?}");
    }
}

/// Orders of one day are one purchase, and the first day is no part of what an order is worth.
#[test]
fn days_are_merged() {
    let sandbox = Sandbox::new();
    let orders = "id:text at:naive amount:decimal
 a 2025-01-01T09:00:00 10.00
 a 2025-01-01T17:00:00 5.00
 a 2025-01-11T09:00:00 20.00
 a 2025-01-11T10:00:00 10.00
 a 2025-01-21T10:00:00 50.00
 b 2025-01-05T10:00:00 7.00";
    sandbox.orders("orders.parquet", &table::words(orders));
    let rules = "tiermill: 1
name: days
inputs: {orders: {path: orders.parquet, columns: {customer: id, time: at, amount: amount}}}
metrics: {revenue: sum(amount)}
clv: {model: bg_nbd, spend: mean, horizon: 30d, margin: 1, min_repeat_customers: 1, on_failure: simple}
segments: {s: {rules: [{id: x, when: clv > 0}], default: y}}
";
    sandbox.text("rules.yml", rules);
    sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-01-31", "--out", "out"]).done();
    let folder = sandbox.path("out/as_of=2025-01-31");
    let text = std::fs::read_to_string(folder.join("_run/model.json")).unwrap();
    let clv = &serde_json::from_str::<Json>(&text).unwrap()["clv"];
    let rows = Rows::parts(&folder);
    if clv.get("fallback").is_none() {
        assert_eq!((&clv["customers"], &clv["distinct"]), (&Json::from(2), &Json::from(2)));
        // 95 on three days, 7 on one.
        assert_eq!(doubles(&rows, "expected_order_value"), [95.0 / 3.0, 7.0]);
    }
    // Whatever became of the model of two customers, everybody has a value.
    assert!(doubles(&rows, "clv").iter().all(|clv| clv.is_finite() && *clv > 0.0));
}

#[test]
fn a_holdout_says_how_far_off_it_was() {
    let sandbox = Sandbox::new();
    sandbox.text("rules.yml", &rules(&format!("{BG_NBD}, holdout: 273d")));
    let ran = sandbox.tiermill(&["run", "rules.yml", "--as-of", "1998-06-30", "--out", "out"]).done();
    let calibration = &ran.result()["calibration"];
    // The literature's own split: 39 weeks to learn from, 39 weeks to foretell. 1,882 repeat purchases came.
    assert_eq!(
        (&calibration["holdout_days"], &calibration["customers"]),
        (&Json::from(273), &Json::from(2357))
    );
    let table = Rows::read(&sandbox.path("out/as_of=1998-06-30/_run/calibration.parquet"));
    for by in ["decile", "repeats"] {
        let rows: Vec<_> = table.rows.iter().filter(|row| row[table.at("by")] == Value::text(by)).collect();
        let sum = |column: &str| -> f64 {
            rows.iter()
                .map(|row| match &row[table.at(column)] {
                    Value::Double(value) => *value,
                    other => panic!("{column} is {other:?}"),
                })
                .sum()
        };
        for column in ["predicted_orders", "actual_orders", "predicted_revenue", "actual_revenue"] {
            near(sum(column), calibration[column].as_f64().unwrap(), 1e-9);
        }
    }
    // The same customers fitted as of the earlier date say the same.
    run(&sandbox, &BG_NBD.replace("364d", "273d").replace("0.1", "0"), &[]).done();
    let expected: f64 = doubles(&Rows::parts(&folder(&sandbox)), "expected_orders").iter().sum();
    near(calibration["predicted_orders"].as_f64().unwrap(), expected, 1e-12);
}
