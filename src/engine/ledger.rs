//! What happened to every row of every input, and to the customers who were left out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What happened to the rows of one input:
/// `read = filtered + suppressed + no_consent + later + unknown + identical + used + Σ rejected`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows of all files.
    pub read: u64,
    /// Left out by `where`.
    pub filtered: u64,
    /// Left out because their customer is on the list of suppressed ones.
    pub suppressed: u64,
    /// Left out because their customer has given no consent.
    pub no_consent: u64,
    /// Left out because they are after as-of.
    pub later: u64,
    /// Left out because their customer is not in the population.
    pub unknown: u64,
    /// Rows of the table of customers that say what another one says.
    pub identical: u64,
    /// Aggregated.
    pub used: u64,
    /// Set aside, by reason; reasons without rows are left out.
    pub rejected: Vec<(Cow<'static, str>, u64)>,
}

/// One input, and what happened to its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputCounts {
    /// Its name under `inputs`.
    pub name: String,
    /// Its path as the rules file has it.
    pub path: String,
    /// Its rows.
    pub counts: Counts,
    /// How many suppressed customers had rows in it.
    pub suppressed_customers: u64,
    /// Rows of customers who joined the population though they are not in the table of customers; they are used.
    pub joined: u64,
    /// What gates count of its rows.
    #[serde(default)]
    pub measured: Measured,
}

/// What gates count of the rows of an input that count, those of unknown customers among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// Rows by what is wrong with them.
    pub rows: BTreeMap<String, u64>,
    /// The newest day in days since 1970, where it is asked for and there is one.
    pub newest: Option<i32>,
}

/// Everything that was counted while the inputs were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Orders, then events, then customers, in the order of the plan.
    pub inputs: Vec<InputCounts>,
    /// How many inputs of orders there are; they come first.
    pub orders: usize,
    /// How many ids the list of suppressed customers has, if there is one.
    pub listed: Option<u64>,
    /// Where unknown customers may join the population: how many did.
    pub joined_customers: Option<u64>,
    /// Bytes that went through scratch files.
    #[serde(skip)]
    pub spilled_bytes: u64,
}

impl Ledger {
    /// The inputs as the rules file has them: files of one input that are read as several are one again.
    pub fn by_input(&self) -> Vec<InputCounts> {
        let mut inputs: Vec<InputCounts> = Vec::new();
        for one in &self.inputs {
            match inputs.iter_mut().find(|known| known.name == one.name && known.path == one.path) {
                None => inputs.push(one.clone()),
                Some(known) => {
                    known.counts.add(&one.counts);
                    known.joined += one.joined;
                    known.measured.add(&one.measured);
                    known.suppressed_customers += one.suppressed_customers;
                }
            }
        }
        inputs
    }

    /// All orders together.
    pub fn of_orders(&self) -> Counts {
        let mut sum = Counts::default();
        for InputCounts { counts, .. } in self.inputs.iter().take(self.orders) {
            sum.add(counts);
        }
        sum
    }
}

impl Measured {
    /// Takes in what was measured of other rows of the same input.
    pub fn add(&mut self, other: &Self) {
        for (name, rows) in &other.rows {
            *self.rows.entry(name.clone()).or_default() += rows;
        }
        self.newest = self.newest.max(other.newest);
    }
}

impl Counts {
    /// Rows by what became of them: as many as were read.
    pub fn accounted(&self) -> u64 {
        let Self { read: _, filtered, suppressed, no_consent, later, unknown, identical, used, rejected } =
            self;
        let rejected: u64 = rejected.iter().map(|(_, rows)| rows).sum();
        filtered + suppressed + no_consent + later + unknown + identical + used + rejected
    }

    fn add(&mut self, other: &Self) {
        let Self { read, filtered, suppressed, no_consent, later, unknown, identical, used, rejected } =
            other;
        let sums = [
            (&mut self.read, read),
            (&mut self.filtered, filtered),
            (&mut self.suppressed, suppressed),
            (&mut self.no_consent, no_consent),
            (&mut self.later, later),
            (&mut self.unknown, unknown),
            (&mut self.identical, identical),
            (&mut self.used, used),
        ];
        sums.into_iter().for_each(|(sum, more)| *sum += more);
        for (reason, rows) in rejected {
            match self.rejected.iter_mut().find(|(known, _)| known == reason) {
                Some((_, sum)) => *sum += rows,
                None => self.rejected.push((reason.clone(), *rows)),
            }
        }
    }
}
