//! The acceptance scenes: the files under `rules/scenes/` are sound without a warning, pass their own tests, and label the
//! generated customers as they are worked out here again, from the people and not from the files.

mod data;

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use crate::support::sandbox::project;
use crate::support::{Rows, Sandbox, Value};
use data::{AS_OF, Customer, as_of, restaurant, shop};

/// What a scene published.
struct Scene {
    sandbox: Sandbox,
    rows: Rows,
}

impl Scene {
    /// Checks, tests and runs a scene.
    fn run(name: &str) -> Self {
        let sandbox = Sandbox::new();
        let path = project().join(format!("rules/scenes/{name}.yml"));
        let rules = path.to_str().unwrap();
        let checked = sandbox.tiermill(&["check", rules, "--deny-warnings"]);
        assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""), "{}", checked.stdout);
        assert!(checked.stdout.contains("and so are the columns"), "{}", checked.stdout);
        let tested = sandbox.tiermill(&["test", rules]);
        assert_eq!(tested.code, Some(0), "{}{}", tested.stdout, tested.stderr);
        sandbox.tiermill(&["run", rules, "--as-of", AS_OF, "--out", "out"]).done();
        let rows = Rows::parts(&sandbox.path(&format!("out/as_of={AS_OF}")));
        Self { sandbox, rows }
    }

    /// A column by customer.
    fn labels(&self, column: &str) -> BTreeMap<String, String> {
        let at = self.rows.at(column);
        self.rows.rows.iter().map(|row| (row[0].to_string(), row[at].to_string())).collect()
    }

    fn segments(&self) -> Rows {
        Rows::read(&self.sandbox.path(&format!("out/as_of={AS_OF}/_run/segments.parquet")))
    }
}

fn cents(customer: &Customer) -> i128 {
    customer.orders.iter().map(|order| order.cents).sum()
}

/// Customers and their labels, as worked out here.
fn expected(customers: &[Customer], label: impl Fn(&Customer) -> &'static str) -> BTreeMap<String, String> {
    customers.iter().map(|customer| (customer.id.clone(), label(customer).to_owned())).collect()
}

/// Each of these labels is somebody's: a scene without them shows nothing.
fn assert_all_there(labels: &BTreeMap<String, String>, wanted: &[&str]) {
    for label in wanted {
        assert!(labels.values().any(|one| one == label), "nobody is `{label}`");
    }
}

#[test]
fn scene_1_value_category_and_source_crossed() {
    let scene = Scene::run("1_value_category_source");
    let shop = shop();
    // Of 300 customers the first fifth are those with fewer than 60 ahead of them.
    let is_high =
        |one: &Customer| cents(one) > 0 && shop.iter().filter(|other| cents(other) > cents(one)).count() < 60;
    let favourite = |one: &Customer| {
        let mut spent: BTreeMap<&str, i128> = BTreeMap::new();
        one.orders.iter().for_each(|order| *spent.entry(order.category).or_default() += order.cents);
        spent.into_iter().max_by(|x, y| x.1.cmp(&y.1).then(y.0.cmp(x.0))).map(|(category, _)| category)
    };
    let wanted = expected(&shop, |one| {
        let buys_apparel = one.orders.iter().any(|order| order.category == "apparel");
        match (is_high(one), one.source) {
            (true, _) if buys_apparel => "high_value_apparel",
            (true, "referral") => "high_value_referral",
            (true, _) => "high_value",
            (false, "advertisement") if favourite(one) == Some("apparel") => "apparel_from_advertisement",
            _ if one.orders.is_empty() => "not_yet",
            _ => "others",
        }
    });
    let found = scene.labels("target");
    assert_eq!(found, wanted);
    let all = [
        "high_value_apparel",
        "high_value_referral",
        "high_value",
        "apparel_from_advertisement",
        "not_yet",
        "others",
    ];
    assert_all_there(&found, &all);
}

#[test]
fn scene_2_a_restaurants_guests_by_frequency_and_taste() {
    let scene = Scene::run("2_restaurant");
    let mut guests: BTreeMap<i64, (Vec<i64>, BTreeMap<&str, u32>)> = BTreeMap::new();
    for dish in restaurant() {
        let (bills, tastes) = guests.entry(dish.guest).or_default();
        if dish.day > as_of() - Days::new(90) && !bills.contains(&dish.bill) {
            bills.push(dish.bill);
        }
        *tastes.entry(dish.taste).or_default() += 1;
    }
    let (frequency, taste, menu) = (scene.labels("frequency"), scene.labels("taste"), scene.labels("menu"));
    assert_eq!(frequency.len(), guests.len());
    for (guest, (bills, tastes)) in guests {
        let guest = guest.to_string();
        let wanted = match bills.len() {
            6.. => "regular",
            1.. => "occasional",
            0 => "away",
        };
        let most = tastes.into_iter().max_by(|x, y| x.1.cmp(&y.1).then(y.0.cmp(x.0))).unwrap().0;
        assert_eq!((frequency[&guest].as_str(), taste[&guest].as_str()), (wanted, most), "{guest}");
        let on = match (wanted, most) {
            ("regular", "spicy") => "regular_spicy",
            ("regular", _) => "regular_others",
            _ => "card",
        };
        assert_eq!(menu[&guest], on);
    }
    assert_all_there(&frequency, &["regular", "occasional", "away"]);
    assert_all_there(&menu, &["regular_spicy", "regular_others"]);
}

#[test]
fn scene_3_frequent_buyers_are_young_and_in_tier_1_cities() {
    let scene = Scene::run("3_who_buys_often");
    let shop = shop();
    let is_young_tier_1 = |one: &&Customer| one.birth_year >= 1996 && one.city_tier == 1;
    let group = scene.labels("people");
    let frequency = scene.labels("frequency");
    for one in &shop {
        assert_eq!(group[&one.id] == "young_tier_1", is_young_tier_1(&one), "{}", one.id);
        let wanted = match one.orders.len() {
            6.. => "frequent",
            1.. => "seldom",
            0 => "never",
        };
        assert_eq!(frequency[&one.id], wanted);
    }
    // Of the frequent buyers a larger share are young people in tier-1 cities than of all customers.
    let both =
        group.iter().filter(|(id, group)| *group == "young_tier_1" && frequency[*id] == "frequent").count();
    let frequent = frequency.values().filter(|label| *label == "frequent").count();
    let young = group.values().filter(|label| *label == "young_tier_1").count();
    let lift = (both as f64 / frequent as f64) / (young as f64 / shop.len() as f64);
    assert!(lift > 1.5, "{lift}");
    // And the published profile of the segments says so.
    let profile = Rows::read(&scene.sandbox.path(&format!("out/as_of={AS_OF}/_run/segment_profile.parquet")));
    let wanted = ["frequency", "frequent", "people", "young_tier_1"];
    let row = profile
        .rows
        .iter()
        .find(|row| wanted.iter().enumerate().all(|(at, word)| row[at].to_string() == *word));
    let row = row.expect("the row of frequent buyers among the young in tier-1 cities");
    assert_eq!(row[profile.at("customers")], Value::Int(both as i64));
    assert!(row[profile.at("lift")].is(&Value::Double(lift)), "{:?} is not {lift}", row[profile.at("lift")]);
}

#[test]
fn scene_4_cuts_of_each_region() {
    let scene = Scene::run("4_cuts_per_region");
    let shop = shop();
    let third = |one: &Customer, others: &[&Customer]| {
        let worse = others.iter().filter(|other| cents(other) < cents(one)).count();
        1 + 3 * worse / others.len()
    };
    let buyers = |region: Option<&str>| -> Vec<&Customer> {
        shop.iter()
            .filter(|one| !one.orders.is_empty() && region.is_none_or(|region| one.region == region))
            .collect()
    };
    let (here, all, tier) = (scene.labels("here"), scene.labels("everywhere"), scene.labels("tier"));
    for one in &shop {
        if one.orders.is_empty() {
            assert_eq!((here[&one.id].as_str(), tier[&one.id].as_str()), ("-", "none"));
            continue;
        }
        assert_eq!(here[&one.id], third(one, &buyers(Some(one.region))).to_string(), "{}", one.id);
        assert_eq!(all[&one.id], third(one, &buyers(None)).to_string(), "{}", one.id);
    }
    // Nobody is low for living in the west: measured against all most of it would be, by its own cuts a third is.
    let west = buyers(Some("west"));
    let share = |labels: &BTreeMap<String, String>, label: &str| {
        west.iter().filter(|one| labels[&one.id] == label).count() as f64 / west.len() as f64
    };
    assert!(share(&all, "1") > 0.6, "{}", share(&all, "1"));
    assert!((share(&tier, "low") - 1.0 / 3.0).abs() < 0.05, "{}", share(&tier, "low"));
    assert!((share(&tier, "high") - 1.0 / 3.0).abs() < 0.05, "{}", share(&tier, "high"));
}

fn since(customer: &Customer, days: u64) -> impl Iterator<Item = &data::Order> {
    let first = as_of() - Days::new(days);
    customer.orders.iter().filter(move |order| order.day > first)
}

#[test]
fn scene_5_four_kinds_with_four_strategies() {
    let scene = Scene::run("5_four_strategies");
    let shop: Vec<Customer> = shop().into_iter().filter(|one| !one.orders.is_empty()).collect();
    let wanted = expected(&shop, |one| {
        let year: i128 = since(one, 360).map(|order| order.cents).sum();
        let last = one.orders.iter().map(|order| order.day).max().unwrap();
        match one.orders.len() {
            3.. if year >= 100_000 => "vip",
            1 if (as_of() - last).num_days() <= 60 => "first_order",
            _ if year < 10_000 => "low_value",
            _ => "regular",
        }
    });
    let found = scene.labels("tier");
    assert_eq!(found, wanted);
    assert_all_there(&found, &["vip", "first_order", "low_value", "regular"]);
    let segments = scene.segments();
    let mut strategies: Vec<String> = segments.column("strategy").iter().map(ToString::to_string).collect();
    assert_eq!(
        segments.column("id").iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["vip", "first_order", "low_value", "regular"]
    );
    strategies.sort();
    strategies.dedup();
    assert_eq!(strategies.len(), 4);
    for column in ["label_zh", "label_en", "color", "expected_effect"] {
        assert!(segments.column(column).iter().all(|value| value.to_string() != "-"), "{column}");
    }
}

#[test]
fn scene_6_from_25_to_35_with_a_stable_income() {
    let scene = Scene::run("6_age_and_income");
    let shop = shop();
    let is_stable = |one: &Customer| {
        let mut months = [0.0_f64; 12];
        for (day, cents) in &one.incomes {
            let days: NaiveDate = *day;
            let month = (as_of() - days).num_days() / 30;
            months[usize::try_from(month).unwrap()] += *cents as f64;
        }
        let mean = months.iter().sum::<f64>() / 12.0;
        let deviation = (months.iter().map(|month| (month - mean).powi(2)).sum::<f64>() / 12.0).sqrt();
        deviation / mean <= 0.2
    };
    let wanted = expected(&shop, |one| match (2026 - one.birth_year, is_stable(one)) {
        (25..=35, true) => "young_and_stable",
        (25..=35, false) => "young",
        _ => "others",
    });
    let found = scene.labels("target");
    assert_eq!(found, wanted);
    assert_all_there(&found, &["young_and_stable", "young", "others"]);
}
