//! The shop behind the synthetic orders: who buys what, and when.
//!
//! Made to look like a shop rather than like noise: the best fifth of the customers makes two thirds of the orders;
//! each has a region, a first and a last day, favourite goods and a price level; amounts are log-normal; some
//! orders are cancelled, refunded or booked back. It yields plain rows, and leaves column types and files to its caller.

use std::error::Error;
use std::f64::consts::TAU;
use std::num::{NonZeroU32, NonZeroU64};

use chrono::NaiveDate;
use clap::Args;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{SECONDS_A_DAY, number};

const REGIONS: [&str; 6] = ["north", "south", "east", "west", "central", "abroad"];
const CHANNELS: [&str; 5] = ["online", "app", "store", "phone", "marketplace"];
const CATEGORIES: [&str; 8] = ["apparel", "food", "home", "beauty", "electronics", "sports", "books", "toys"];

/// A prime above the number of customers: multiplying by it scatters ranks over ids, one to one.
const SCATTER: u64 = 2_654_435_761;

/// What kind of shop it is.
#[derive(Args)]
pub(crate) struct Market {
    /// Another seed, other orders
    #[arg(long, value_parser = number::<u64>, default_value = "1")]
    seed: u64,
    /// Customers to draw from; a few of them never buy
    #[arg(long, value_parser = number::<NonZeroU64>)]
    customers: NonZeroU64,
    /// Most lines an order has; they share all but category and money
    #[arg(long, default_value = "1")]
    lines: NonZeroU32,
    /// First day of orders
    #[arg(long, default_value = "2024-01-01")]
    from: NaiveDate,
    /// Last day of orders
    #[arg(long, default_value = "2025-12-31")]
    to: NaiveDate,
    /// Share of orders booked back: completed, with negative amounts
    #[arg(long, default_value = "0.01")]
    refunds: f64,
    /// Share of nulls in each of customer, time and amount; in a float amount, half of them are NaN
    #[arg(long, default_value = "0")]
    nulls: f64,
}

impl Market {
    pub(crate) fn check(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        if self.from > self.to {
            return Err("`--from` is after `--to`".into());
        }
        if [self.refunds, self.nulls].iter().any(|share| !(0.0..=1.0).contains(share)) {
            return Err("`--refunds` and `--nulls` are shares, from 0 to 1".into());
        }
        if self.customers.get() >= SCATTER {
            return Err(format!("`--customers` must be below {SCATTER}").into());
        }
        Ok(())
    }
}

/// One row: a line of an order, before it has column types.
pub(crate) struct Line {
    pub(crate) customer: Option<u64>,
    pub(crate) order: u64,
    /// Since 1970, in UTC or local time, as the column's type has it.
    pub(crate) second: Option<i64>,
    pub(crate) amount_cents: Option<i64>,
    pub(crate) discount_cents: i64,
    pub(crate) cost_cents: i64,
    pub(crate) status: &'static str,
    pub(crate) channel: &'static str,
    pub(crate) category: &'static str,
    pub(crate) region: &'static str,
}

/// The orders of one file, line by line, without end.
pub(crate) struct Shop<'a> {
    market: &'a Market,
    random: ChaCha8Rng,
    row: u64,
    order: Order,
    lines_left: u32,
}

/// What the lines of an order share.
#[derive(Default)]
struct Order {
    id: u64,
    customer: Customer,
    second: i64,
    status: &'static str,
    channel: &'static str,
    booked_back: bool,
}

/// The lasting traits of a customer: a function of the seed and the id.
#[derive(Clone, Copy, Default)]
struct Customer {
    id: u64,
    /// From the first day to the day after the last, as shares of the whole period.
    active: (f64, f64),
    price_level: f64,
    region: &'static str,
    channel: &'static str,
    category: &'static str,
}

impl Customer {
    fn new(seed: u64, id: u64) -> Self {
        let mut state = mix(seed ^ mix(id));
        let mut share = || {
            state = mix(state);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        // A third was there before the first day; two fifths are still there after the last.
        let first = (1.5 * share() - 0.5).max(0.0);
        let stay = (share() / 0.6).min(1.0);
        Self {
            id,
            active: (first, first + (1.0 - first) * stay),
            price_level: (0.4 * normal(share(), share())).exp(),
            region: skewed(&REGIONS, share()),
            channel: skewed(&CHANNELS, share()),
            category: skewed(&CATEGORIES, share()),
        }
    }
}

impl<'a> Shop<'a> {
    /// The orders of one of many files: `stream` tells them apart, `first_row` is their place in the whole.
    pub(crate) fn new(market: &'a Market, stream: u32, first_row: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(market.seed);
        random.set_stream(u64::from(stream));
        Self { market, random, row: first_row, order: Order::default(), lines_left: 0 }
    }

    /// The next line.
    pub(crate) fn line(&mut self) -> Line {
        self.row += 1;
        if self.lines_left == 0 {
            self.order = self.order();
            self.lines_left = self.random.random_range(1..=self.market.lines.get());
        }
        self.lines_left -= 1;

        let Self { market, random, order, .. } = self;
        let customer = &order.customer;
        let category =
            if random.random_bool(0.5) { customer.category } else { skewed(&CATEGORIES, random.random()) };
        let gross = 3_500.0 * customer.price_level * (0.8 * normal(random.random(), random.random())).exp();
        let off = if random.random_bool(0.3) { 0.1 * f64::from(random.random_range(1..=4u8)) } else { 0.0 };
        let sign = if order.booked_back { -1 } else { 1 };
        let cents = |value: f64| sign * (value.round() as i64).clamp(1, 999_999_999);
        let amount_cents = cents(gross * (1.0 - off));
        let discount_cents = cents(gross) - amount_cents;
        let cost_cents = cents(gross * random.random_range(0.45..0.75));
        let mut missing = || market.nulls > 0.0 && random.random_bool(market.nulls);
        Line {
            customer: (!missing()).then_some(customer.id),
            order: order.id,
            second: (!missing()).then_some(order.second),
            amount_cents: (!missing()).then_some(amount_cents),
            discount_cents,
            cost_cents,
            status: order.status,
            channel: order.channel,
            category,
            region: customer.region,
        }
    }

    /// The order that starts at the current row, whose number is its id.
    fn order(&mut self) -> Order {
        let customer = Customer::new(self.market.seed, self.customer_id());
        let second = self.second(customer.active);
        let random = &mut self.random;
        let booked_back = random.random_bool(self.market.refunds);
        let status = match random.random_range(0..100u8) {
            0..5 if !booked_back => "cancelled",
            5..8 if !booked_back => "refunded",
            _ => "completed",
        };
        let channel =
            if random.random_bool(0.7) { customer.channel } else { skewed(&CHANNELS, random.random()) };
        Order { id: self.row, customer, second, status, channel, booked_back }
    }

    /// A customer, from 1. The product of three uniform numbers is the rank, so the customer at rank q of 0..1
    /// buys at a rate of ln²(q)/2; one order in five goes to anybody.
    fn customer_id(&mut self) -> u64 {
        let customers = self.market.customers.get();
        let random = &mut self.random;
        let mut rank: f64 = random.random();
        if random.random_bool(0.8) {
            rank *= random.random::<f64>() * random.random::<f64>();
        }
        (rank * customers as f64) as u64 * SCATTER % customers + 1
    }

    /// A second of a day the customer is active, between 6 and 24 o'clock and mostly in the afternoon.
    fn second(&mut self, (first, end): (f64, f64)) -> i64 {
        let Market { from, to, .. } = self.market;
        let random = &mut self.random;
        let days = (*to - *from).num_days() + 1;
        let share = first + (end - first) * random.random::<f64>();
        let day = i64::from(from.to_epoch_days()) + ((share * days as f64) as i64).min(days - 1);
        let hour = 6.0 + 9.0 * (random.random::<f64>() + random.random::<f64>());
        day * SECONDS_A_DAY + (hour * 3_600.0) as i64
    }
}

/// SplitMix64's output function: a bijection that leaves no pattern.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A standard normal number from two uniform ones (Box and Muller 1958).
fn normal(u: f64, v: f64) -> f64 {
    (-2.0 * (1.0 - u).ln()).sqrt() * (TAU * v).cos()
}

/// One of `choices` for a uniform `share`: the first most often.
fn skewed(choices: &[&'static str], share: f64) -> &'static str {
    choices.get((share * share * choices.len() as f64) as usize).copied().unwrap_or_default()
}
