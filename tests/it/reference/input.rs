//! Generated inputs, and what the contract says of each row: left out, set aside, too late, or an order.

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use proptest::prelude::*;

use crate::support::table::Cells;

use super::sides::{Sides, sides};

pub(crate) const AS_OF: &str = "2025-03-31";

/// Days before the as-of date: both sides of the windows' borders, a change of the clocks, and the future.
pub(crate) const DAYS: [i64; 16] = [0, 1, 2, 5, 6, 7, 29, 30, 31, 59, 60, 61, 90, 365, -1, -40];
const HOURS: [(u32, u32, u32, u32); 8] = [
    (0, 0, 0, 0),
    (23, 59, 59, 999_999),
    (12, 0, 0, 0),
    (6, 30, 0, 0),
    (7, 15, 0, 0),
    (15, 59, 59, 0),
    (16, 0, 0, 0),
    (3, 59, 59, 999_999),
];
const ZONES: [Tz; 5] =
    [Tz::UTC, Tz::Asia__Shanghai, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::Pacific__Kiritimati];
const TEXT_IDS: [&str; 7] = ["b", "a", "B", "é", "客户 1", "", "aa"];
const INT_IDS: [i64; 7] = [3, -1, 10, 2, 0, 7, 1 << 40];
const STATUSES: [Option<&str>; 5] = [Some("done"), Some("done"), Some("done"), Some("open"), None];
const CHANNELS: [Option<&str>; 6] = [Some("web"), Some("app"), Some("web"), Some(""), None, Some("ünï")];
const INTS: [i64; 8] = [0, 1, -1, 5, 10, 10, 20, 100];
const CENTS: [i128; 8] = [0, 1, -1, 500, 1000, 1000, -1000, 99_999];
const FLOATS: [f64; 14] = [
    0.0,
    0.01,
    10.0,
    10.0,
    -10.0,
    0.125,
    -0.125,
    2.5,
    19.99,
    -0.0,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    1e300,
];
const TEXTS: [&str; 10] = ["0", "10", "10.00", "-10", " 7 ", "1e1", ".5", "1.2345", "many", ""];

/// How the files hold a customer's id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ids {
    Text,
    Int,
}

/// How the files hold times.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Times {
    Date,
    Naive,
    Utc,
    Text,
}

/// How the files hold amounts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Amounts {
    Int,
    Decimal,
    Float,
    Text,
}

/// One row as small numbers, which shrink well.
type Seed = (u8, u8, u8, u8, u8, u8);

/// Files of orders.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    pub(crate) files: Vec<Vec<Seed>>,
    pub(crate) zone: Tz,
    /// Decimal places of money, if the rules file says so.
    pub(crate) scale: Option<u8>,
    pub(crate) filtered: bool,
    /// What stands beside the orders, if anything does.
    pub(crate) sides: Option<Sides>,
    ids: Ids,
    times: Times,
    amounts: Amounts,
    /// How many customers there may be; without any, all ids are null.
    crowd: u8,
    /// Everything is after the as-of date.
    late: bool,
}

/// A customer's id, in the order of the output.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Id {
    Int(i64),
    Text(String),
}

/// A row that counts.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) customer: Id,
    pub(crate) order: Option<i64>,
    pub(crate) day: NaiveDate,
    /// Orders rows in time.
    pub(crate) instant: NaiveDateTime,
    /// Unscaled.
    pub(crate) amount: i128,
    pub(crate) channel: Option<String>,
}

/// What becomes of a row.
pub(crate) enum Fate {
    Filtered,
    Rejected(&'static str),
    Later,
    Used(Order),
}

pub(crate) fn input() -> impl Strategy<Value = Input> {
    let row = (0..32_u8, 0..12_u8, any::<u8>(), 0..40_u8, 0..5_u8, 0..6_u8);
    let ids = prop_oneof![Just(Ids::Text), Just(Ids::Int)];
    let times = prop_oneof![Just(Times::Date), Just(Times::Naive), Just(Times::Utc), Just(Times::Text)];
    let amounts =
        prop_oneof![Just(Amounts::Int), Just(Amounts::Decimal), Just(Amounts::Float), Just(Amounts::Text)];
    let rows = (prop::collection::vec(row, 1..40), 0..40_usize, 0..40_usize);
    let place = (prop::sample::select(ZONES.to_vec()), prop::option::of(0..4_u8), any::<bool>());
    let crowd = prop_oneof![1 => Just(0_u8), 2 => Just(1), 20 => 2..8_u8];
    (rows, ids, times, amounts, place, crowd, prop::bool::weighted(0.03), sides()).prop_map(
        |((rows, x, y), ids, times, amounts, (zone, scale, filtered), crowd, late, sides)| {
            let (low, high) = (x.min(y).min(rows.len()), x.max(y).min(rows.len()));
            let files = vec![rows[..low].to_vec(), rows[low..high].to_vec(), rows[high..].to_vec()];
            let scale = scale.filter(|_| !matches!(amounts, Amounts::Decimal));
            Input { files, zone, scale, filtered, sides, ids, times, amounts, crowd, late }
        },
    )
}

impl Input {
    pub(crate) fn money_scale(&self) -> u8 {
        self.scale.unwrap_or(2)
    }

    /// Whether the last file is an input of its own: another system's, with other names for its columns.
    pub(crate) fn is_apart(&self) -> bool {
        let rows = |files: &[Vec<Seed>]| files.iter().any(|file| !file.is_empty());
        self.sides.as_ref().is_some_and(|sides| sides.apart)
            && rows(&self.files[..2])
            && rows(&self.files[2..])
    }

    /// The path of a file.
    pub(crate) fn file_name(&self, number: usize) -> String {
        let folder = if number == 2 && self.is_apart() { "apart" } else { "orders" };
        format!("{folder}/{number}.parquet")
    }

    pub(crate) fn holds_numbers(&self) -> bool {
        matches!(self.ids, Ids::Int)
    }

    /// The id of a number below seven.
    pub(crate) fn id(&self, at: u8) -> Option<Id> {
        let at = usize::from(at);
        Some(match self.ids {
            // A blank id is none.
            Ids::Text => Id::Text((*TEXT_IDS.get(at).filter(|id| !id.trim().is_empty())?).to_owned()),
            Ids::Int => Id::Int(*INT_IDS.get(at)?),
        })
    }

    /// The customer of a row.
    pub(crate) fn customer_of(&self, seed: Seed) -> Option<Id> {
        self.id(self.customer(seed)? as u8)
    }

    /// The columns of one file.
    pub(crate) fn columns(&self, file: &[Seed]) -> Vec<(&'static str, Cells)> {
        let text = |value: Option<&str>| value.map(str::to_owned);
        let customers = match self.ids {
            Ids::Text => Cells::Text(
                file.iter().map(|seed| text(self.customer(*seed).map(|at| TEXT_IDS[at]))).collect(),
            ),
            Ids::Int => {
                Cells::Int(file.iter().map(|seed| self.customer(*seed).map(|at| INT_IDS[at])).collect())
            }
        };
        let moment = |seed: &Seed| self.moment(*seed);
        let micros = |seed: &Seed| moment(seed).map(|time| time.and_utc().timestamp_micros());
        let times = match self.times {
            Times::Date => {
                let day = |time: NaiveDateTime| (time.date() - NaiveDate::default()).num_days() as i32;
                Cells::Date(file.iter().map(|seed| moment(seed).map(day)).collect())
            }
            Times::Naive => Cells::Naive(file.iter().map(micros).collect()),
            Times::Utc => Cells::Utc(file.iter().map(micros).collect()),
            Times::Text => Cells::Text(file.iter().map(|seed| self.time_text(*seed)).collect()),
        };
        let amount = |seed: &Seed| usize::from(seed.3).checked_sub(2);
        let amounts = match self.amounts {
            Amounts::Int => {
                Cells::Int(file.iter().map(|s| amount(s).map(|at| INTS[at % INTS.len()])).collect())
            }
            Amounts::Decimal => {
                Cells::Decimal(file.iter().map(|s| amount(s).map(|at| CENTS[at % CENTS.len()])).collect(), 2)
            }
            Amounts::Float => {
                Cells::Float(file.iter().map(|s| amount(s).map(|at| FLOATS[at % FLOATS.len()])).collect())
            }
            Amounts::Text => {
                Cells::Text(file.iter().map(|s| text(amount(s).map(|at| TEXTS[at % TEXTS.len()]))).collect())
            }
        };
        vec![
            ("customer_id", customers),
            ("order_id", Cells::Int(file.iter().map(order).collect())),
            ("ordered_at", times),
            ("amount", amounts),
            ("status", Cells::Text(file.iter().map(|s| text(STATUSES[usize::from(s.4)])).collect())),
            ("channel", Cells::Text(file.iter().map(|s| text(CHANNELS[usize::from(s.5)])).collect())),
        ]
    }

    /// An id that an input of this kind may hold.
    pub(crate) fn some_id(&self, at: usize) -> Id {
        match self.ids {
            Ids::Int => Id::Int(INT_IDS[at % INT_IDS.len()]),
            Ids::Text => Id::Text(TEXT_IDS[at % TEXT_IDS.len()].to_owned()),
        }
    }

    fn customer(&self, seed: Seed) -> Option<usize> {
        if seed.0 == 31 { None } else { usize::from(seed.0).checked_rem(usize::from(self.crowd)) }
    }

    /// The date and time as a file holds them.
    fn moment(&self, seed: Seed) -> Option<NaiveDateTime> {
        let (day, hour) = (usize::from(seed.2 % 16), usize::from(seed.2 / 16 % 8));
        if seed.2 == 255 {
            return None;
        }
        let late = if self.late { 400 } else { 0 };
        let date = AS_OF.parse::<NaiveDate>().unwrap() - TimeDelta::days(DAYS[day]) + Days::new(late);
        let (h, m, s, micro) = HOURS[hour];
        Some(date.and_time(NaiveTime::from_hms_micro_opt(h, m, s, micro).unwrap()))
    }

    fn time_text(&self, seed: Seed) -> Option<String> {
        let time = self.moment(seed)?;
        Some(match seed.3 % 7 {
            0 => time.format("%Y-%m-%d").to_string(),
            1 => time.format("%Y-%m-%d %H:%M:%S").to_string(),
            2 => time.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            3 => time.format("%Y-%m-%dT%H:%M:%S+05:30").to_string(),
            4 if seed.5 == 0 => "soon".to_owned(),
            _ => time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string(),
        })
    }

    /// Local time, and the instant that orders rows; none where it cannot be read.
    fn local(&self, seed: Seed, time: NaiveDateTime) -> Option<(NaiveDateTime, NaiveDateTime)> {
        let local = |utc: NaiveDateTime| self.zone.from_utc_datetime(&utc).naive_local();
        Some(match self.times {
            Times::Date => (time.date().into(), time.date().into()),
            Times::Naive => (time, time),
            Times::Utc => (local(time), time),
            Times::Text => {
                let text = self.time_text(seed)?;
                let read = match text.len() {
                    4 => return None,
                    10 => text.parse::<NaiveDate>().unwrap().into(),
                    _ if text.ends_with('Z') || text.contains('+') => {
                        local(DateTime::parse_from_rfc3339(&text).unwrap().naive_utc())
                    }
                    _ => text.replace(' ', "T").parse().unwrap(),
                };
                (read, read)
            }
        })
    }

    /// The exact amount, unscaled, or why there is none.
    fn money(&self, seed: Seed) -> Result<i128, &'static str> {
        let at = usize::from(seed.3).checked_sub(2).ok_or("null_amount")?;
        let unit = 10_i128.pow(u32::from(self.money_scale()));
        match self.amounts {
            Amounts::Int => Ok(i128::from(INTS[at % INTS.len()]) * unit),
            Amounts::Decimal => Ok(CENTS[at % CENTS.len()]),
            Amounts::Float => match FLOATS[at % FLOATS.len()] {
                value if !value.is_finite() => Err("amount_not_finite"),
                1e300 => Err("unreadable_amount"),
                value => Ok((value * unit as f64).round() as i128),
            },
            Amounts::Text => {
                // In ten-thousandths, which all of the texts have.
                let parts = match TEXTS[at % TEXTS.len()] {
                    "0" => 0,
                    "10" | "10.00" | "1e1" => 100_000,
                    "-10" => -100_000,
                    " 7 " => 70_000,
                    ".5" => 5_000,
                    "1.2345" => 12_345,
                    _ => return Err("unreadable_amount"),
                };
                if parts * unit % 10_000 == 0 { Ok(parts * unit / 10_000) } else { Err("unreadable_amount") }
            }
        }
    }

    /// What becomes of a row: `where` comes first, then its faults in this order, then the as-of date.
    pub(crate) fn fate(&self, seed: Seed) -> Fate {
        if self.filtered && STATUSES[usize::from(seed.4)] != Some("done") {
            return Fate::Filtered;
        }
        let customer = self.customer(seed).and_then(|at| self.id(at as u8));
        let Some(customer) = customer else { return Fate::Rejected("null_customer") };
        let Some(time) = self.moment(seed) else { return Fate::Rejected("null_time") };
        let Some((local, instant)) = self.local(seed, time) else { return Fate::Rejected("unreadable_time") };
        let amount = match self.money(seed) {
            Ok(amount) => amount,
            Err(reason) => return Fate::Rejected(reason),
        };
        if local.date() > AS_OF.parse().unwrap() {
            return Fate::Later;
        }
        let channel = CHANNELS[usize::from(seed.5)].map(str::to_owned);
        Fate::Used(Order { customer, order: order(&seed), day: local.date(), instant, amount, channel })
    }
}

fn order(seed: &Seed) -> Option<i64> {
    (seed.1 > 0).then(|| i64::from(seed.1))
}
