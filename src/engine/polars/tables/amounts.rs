//! Numbers of which nearly all differ, kept slice by slice for their exact sum and their median.

/// Unscaled amounts.
#[derive(Clone, Debug, Default)]
pub(super) struct Amounts {
    /// Slice by slice, as they are not copied to be merged.
    narrow: Vec<Vec<i64>>,
    /// Those that do not fit.
    wide: Vec<i128>,
}

impl Amounts {
    /// Room for those of so many customers.
    pub(super) fn of(customers: usize) -> Self {
        Self { narrow: vec![Vec::with_capacity(customers)], wide: Vec::new() }
    }

    pub(super) fn push(&mut self, amount: i128) {
        match (i64::try_from(amount), self.narrow.last_mut()) {
            (Ok(amount), Some(slice)) => slice.push(amount),
            (Ok(amount), None) => self.narrow.push(vec![amount]),
            _ => self.wide.push(amount),
        }
    }

    pub(super) fn merge(&mut self, more: Self) {
        self.narrow.extend(more.narrow);
        self.wide.extend(more.wide);
    }

    pub(super) fn sum(&self) -> i128 {
        let narrow = self.narrow.iter().flatten().map(|amount| i128::from(*amount));
        narrow.chain(self.wide.iter().copied()).sum()
    }

    /// The middle value, or the mean of the two in the middle.
    pub(super) fn median(self) -> Option<f64> {
        self.median_of(|amount| amount as f64)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.narrow.iter().map(Vec::len).sum::<usize>() + self.wide.len()
    }

    /// The middle value as a double, or the mean of the two in the middle.
    pub(super) fn median_of(mut self, double: impl Fn(i128) -> f64) -> Option<f64> {
        if self.wide.is_empty() {
            let mut all = Vec::with_capacity(self.narrow.iter().map(Vec::len).sum());
            self.narrow.into_iter().for_each(|slice| all.extend(slice));
            return median(&mut all, |amount| double(i128::from(amount)));
        }
        self.wide.extend(self.narrow.into_iter().flatten().map(i128::from));
        median(&mut self.wide, double)
    }
}

fn median<T: Ord + Copy>(values: &mut [T], double: impl Fn(T) -> f64) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let middle = values.len() / 2;
    let odd = values.len() % 2 == 1;
    let (below, upper, _) = values.select_nth_unstable(middle);
    let upper = double(*upper);
    let lower = below.iter().max().map_or(upper, |lower| double(*lower));
    Some(if odd { upper } else { (lower + upper) / 2.0 })
}
