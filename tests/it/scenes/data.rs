//! The data of the scenes: a shop with customers, orders and their incomes, and a restaurant's bills, made up the same way
//! every time. The files under `data/scenes/` are written by `TIERMILL_BLESS=1 cargo test --release scenes::data`.

use chrono::{Datelike, Days, NaiveDate};

use crate::support::Rows;
use crate::support::sandbox::project;
use crate::support::table::{self, Cells};

/// The day that all scenes look back from.
pub(super) const AS_OF: &str = "2026-10-31";

pub(super) struct Customer {
    pub(super) id: String,
    pub(super) region: &'static str,
    pub(super) city_tier: i64,
    pub(super) birth_year: i64,
    pub(super) source: &'static str,
    pub(super) orders: Vec<Order>,
    /// Days and cents.
    pub(super) incomes: Vec<(NaiveDate, i128)>,
}

pub(super) struct Order {
    pub(super) day: NaiveDate,
    pub(super) cents: i128,
    pub(super) category: &'static str,
}

/// A dish on a bill.
pub(super) struct Dish {
    pub(super) guest: i64,
    pub(super) bill: i64,
    pub(super) day: NaiveDate,
    pub(super) cents: i128,
    pub(super) taste: &'static str,
}

/// Numbers that look random and are always the same (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn is(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

pub(super) fn as_of() -> NaiveDate {
    AS_OF.parse().unwrap()
}

/// 300 customers, some of them without an order. Young people in tier-1 cities order often; the west is poor.
pub(super) fn shop() -> Vec<Customer> {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let customer = |number: u64| {
        let region = numbers.one_of(&["north", "north", "south", "west"]);
        let city_tier = numbers.one_of(&[1, 1, 2, 3]);
        let birth_year = 1956 + numbers.below(50) as i64;
        let is_young_tier_1 = city_tier == 1 && birth_year >= 1996;
        let count = match numbers.below(20) {
            0 => 0,
            _ if is_young_tier_1 && numbers.is(80) => 6 + numbers.below(8),
            _ if numbers.is(10) => 6 + numbers.below(3),
            _ => 1 + numbers.below(5),
        };
        let wealth = match region {
            "north" => 4,
            "south" => 3,
            _ => 1,
        };
        let favourite = numbers.one_of(&["apparel", "food", "home", "books"]);
        let order = |_| {
            let day = as_of() - Days::new(numbers.below(400));
            let category = if numbers.is(60) {
                favourite
            } else {
                numbers.one_of(&["apparel", "food", "home", "books"])
            };
            let cents = i128::from((1000 + numbers.below(9000)) * wealth);
            Order { day, cents, category }
        };
        let orders = (0..count).map(order).collect();
        let salaried = numbers.is(60);
        let income = |month: u64| {
            let day = as_of() - Days::new(30 * month + 3);
            // Salaries move by a few per cent; others have good and bad months.
            let cents = if salaried { 800_000 + numbers.below(40_000) } else { numbers.below(1_600_000) };
            (day, i128::from(cents))
        };
        let incomes = (0..12).map(income).collect();
        let source = numbers.one_of(&["online", "store", "advertisement", "referral"]);
        Customer { id: format!("c{:03}", number + 1), region, city_tier, birth_year, source, orders, incomes }
    };
    (0..300).map(customer).collect()
}

/// 60 guests and what they ate.
pub(super) fn restaurant() -> Vec<Dish> {
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let mut dishes = Vec::new();
    let mut bill = 0;
    for guest in 1..=60 {
        let favourite = numbers.one_of(&["spicy", "sweet", "light"]);
        for _ in 0..1 + numbers.below(12) {
            bill += 1;
            let day = as_of() - Days::new(numbers.below(120));
            for _ in 0..1 + numbers.below(3) {
                let taste =
                    if numbers.is(70) { favourite } else { numbers.one_of(&["spicy", "sweet", "light"]) };
                dishes.push(Dish { guest, bill, day, cents: i128::from(1500 + numbers.below(6000)), taste });
            }
        }
    }
    dishes
}

fn date(day: NaiveDate) -> Option<i32> {
    Some(day.num_days_from_ce() - NaiveDate::default().num_days_from_ce())
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// Every file by its name.
fn files() -> Vec<(&'static str, arrow::record_batch::RecordBatch)> {
    let shop = shop();
    let orders =
        || shop.iter().flat_map(|customer| customer.orders.iter().map(move |order| (customer, order)));
    let incomes =
        || shop.iter().flat_map(|customer| customer.incomes.iter().map(move |income| (customer, income)));
    let dishes = restaurant();
    vec![
        (
            "customers",
            table::batch(&[
                ("customer_id", Cells::Text(shop.iter().map(|one| text(&one.id)).collect())),
                ("region", Cells::Text(shop.iter().map(|one| text(one.region)).collect())),
                ("city_tier", Cells::Int(shop.iter().map(|one| Some(one.city_tier)).collect())),
                ("birth_year", Cells::Int(shop.iter().map(|one| Some(one.birth_year)).collect())),
                ("source", Cells::Text(shop.iter().map(|one| text(one.source)).collect())),
            ]),
        ),
        (
            "orders",
            table::batch(&[
                ("customer_id", Cells::Text(orders().map(|(customer, _)| text(&customer.id)).collect())),
                ("order_id", Cells::Int((1..=orders().count() as i64).map(Some).collect())),
                ("ordered_on", Cells::Date(orders().map(|(_, order)| date(order.day)).collect())),
                ("amount", Cells::Decimal(orders().map(|(_, order)| Some(order.cents)).collect(), 2)),
                ("category", Cells::Text(orders().map(|(_, order)| text(order.category)).collect())),
            ]),
        ),
        (
            "incomes",
            table::batch(&[
                ("customer_id", Cells::Text(incomes().map(|(customer, _)| text(&customer.id)).collect())),
                ("paid_on", Cells::Date(incomes().map(|(_, (day, _))| date(*day)).collect())),
                ("amount", Cells::Decimal(incomes().map(|(_, (_, cents))| Some(*cents)).collect(), 2)),
            ]),
        ),
        (
            "restaurant",
            table::batch(&[
                ("guest", Cells::Int(dishes.iter().map(|dish| Some(dish.guest)).collect())),
                ("bill", Cells::Int(dishes.iter().map(|dish| Some(dish.bill)).collect())),
                ("visited_on", Cells::Date(dishes.iter().map(|dish| date(dish.day)).collect())),
                ("price", Cells::Decimal(dishes.iter().map(|dish| Some(dish.cents)).collect(), 2)),
                ("taste", Cells::Text(dishes.iter().map(|dish| text(dish.taste)).collect())),
            ]),
        ),
    ]
}

/// What is committed is what is made here, and it is small.
#[test]
fn the_files_are_the_generated_ones() {
    let folder = project().join("data/scenes");
    let mut bytes = 0;
    for (name, batch) in files() {
        let path = folder.join(format!("{name}.parquet"));
        if std::env::var_os("TIERMILL_BLESS").is_some() {
            table::write(&path, &batch);
        }
        let fresh = tempfile::tempdir().unwrap();
        let again = fresh.path().join("again.parquet");
        table::write(&again, &batch);
        assert_eq!(Rows::read(&path), Rows::read(&again), "{name}");
        bytes += std::fs::metadata(&path).unwrap().len();
    }
    assert!(bytes < 200_000, "{bytes} bytes");
}
