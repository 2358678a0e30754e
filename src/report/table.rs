//! The segments of a run as a small table for the terminal, from the published summary.

use std::path::Path;

use crate::engine::polars::tables::summary;
use crate::engine::{Error, OverrideCounts};
use crate::publish::run_file;

/// One line a segment: customers, their share, their revenue's share.
pub fn segments_table(folder: &Path) -> Result<String, Error> {
    let rows = summary::read(&run_file(folder, "summary.parquet"))?;
    let width = rows.iter().map(|row| row.segment.chars().count()).max().unwrap_or(0).max(8);
    let mut text = String::new();
    let mut segmentation = String::new();
    for row in rows {
        if row.segmentation != segmentation {
            segmentation.clone_from(&row.segmentation);
            let heads = ["customers", "share", "revenue", "share"];
            let [customers, share, revenue, revenue_share] = heads;
            text += &format!(
                "{}{:<width$}  {customers:>11} {share:>7} {revenue:>18} {revenue_share:>7}\n",
                if text.is_empty() { "" } else { "\n" },
                row.segmentation
            );
        }
        let percent =
            |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0));
        text += &format!(
            "  {:<width$}{:>11} {:>7} {:>18} {:>7}\n",
            row.segment,
            row.customers.map_or("-".to_owned(), |customers| thousands(&customers.to_string())),
            percent(row.customer_share),
            row.revenue.as_deref().map_or("-".to_owned(), thousands),
            percent(row.revenue_share),
        );
    }
    Ok(text)
}

/// What came of the overrides, in one line.
pub fn overrides_line(counts: &OverrideCounts) -> String {
    let OverrideCounts { applied, far_off, no_op, expired, unknown_customer } = counts;
    format!(
        "overrides: {applied} applied, {far_off} far off, {no_op} without effect, {expired} expired, \
         {unknown_customer} of unknown customers"
    )
}

/// `2500315.63` → `2,500,315.63`
pub(super) fn thousands(number: &str) -> String {
    let (whole, fraction) =
        number.split_once('.').map_or((number, None), |(whole, fraction)| (whole, Some(fraction)));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{}", fraction.map_or(String::new(), |fraction| format!(".{fraction}")))
}
