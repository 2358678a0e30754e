//! Quantile cuts. `score = 1 + floor(k × worse / N)` depends on a value only through how many customers are
//! strictly worse, so k − 1 cut values say it all: the first value, from the worst, that has each score.

use crate::plan::Best;

use super::Histogram;

/// The first key that reaches each score 2..=bins, from the worst; none for a score that no value reaches. A
/// score's cut is reached by its key and every better one.
pub fn quantile_cuts(histogram: &Histogram, bins: u16, best: Best) -> Vec<Option<i128>> {
    let total = u128::from(histogram.customers());
    let bins = usize::from(bins);
    let mut cuts = Vec::with_capacity(bins.saturating_sub(1));
    let mut worse: u128 = 0;
    let mut visit = |(key, count): &(i128, u64)| {
        // floor(k × worse / N) bins lie below this value.
        let below = (bins as u128 * worse / total.max(1)) as usize;
        while cuts.len() < below {
            cuts.push(Some(*key));
        }
        worse += u128::from(*count);
    };
    match best {
        Best::High => histogram.counts.iter().for_each(&mut visit),
        Best::Low => histogram.counts.iter().rev().for_each(&mut visit),
    }
    cuts.resize(bins.saturating_sub(1), None);
    cuts
}

/// With `ties: split`: the rank (from 0, from the worst) of the first customer of each score 2..=bins among
/// `total`; none for a score that nobody gets.
pub fn split_positions(total: u64, bins: u16) -> Vec<Option<u64>> {
    let (total, bins) = (u128::from(total), u128::from(bins));
    let first = |score: u128| ((score - 1) * total).div_ceil(bins);
    (2..=bins).map(|score| (first(score) < total).then(|| first(score) as u64)).collect()
}
