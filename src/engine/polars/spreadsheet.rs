//! Frames → CSV for people who open it: UTF-8, exact decimals, ISO dates, and no cell that a spreadsheet would run.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use polars::prelude::DataFrame;

use crate::delimited::cell::number;
use crate::engine::Error;
use crate::plan::{Labels, Marks, Segmentation};

use super::cells::text;

/// What a spreadsheet takes for the beginning of a formula, the wide forms of the same letters included.
const FORMULAS: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Writes one file; labels of segmentations are shown as asked. The same frame gives the same bytes.
pub fn csv(
    frame: &DataFrame,
    path: &Path,
    segmentations: &[Segmentation],
    labels: Labels,
    bom: bool,
) -> Result<(), Error> {
    let mut frame = frame.clone();
    frame.rechunk_mut();
    write(&frame, path, segmentations, labels, bom).map_err(Error::io(path))
}

fn write(
    frame: &DataFrame,
    path: &Path,
    segmentations: &[Segmentation],
    labels: Labels,
    bom: bool,
) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    if bom {
        file.write_all(b"\xef\xbb\xbf")?;
    }
    let mut writer = csv::Writer::from_writer(file);
    let columns = frame.columns();
    writer.write_record(columns.iter().map(|column| defused(column.name().to_string())))?;
    let names: Vec<Vec<(&str, &str)>> = columns
        .iter()
        .map(|column| {
            let own = segmentations.iter().find(|one| one.name == column.name().as_str());
            let segments = own.map(Segmentation::segments).unwrap_or_default();
            segments.into_iter().map(|one| (one.id.as_str(), labels.of(one))).collect()
        })
        .collect();
    for row in 0..frame.height() {
        for (column, names) in columns.iter().zip(&names) {
            let value = column.get(row).map_err(|error| io::Error::other(error.to_string()))?;
            let cell = text(&value).unwrap_or_default();
            let cell = match names.iter().find(|(id, _)| *id == cell) {
                Some((_, name)) => (*name).to_owned(),
                None => cell,
            };
            writer.write_field(defused(cell).as_bytes())?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    let file = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// A text that a spreadsheet shows instead of running it; numbers stay numbers.
fn defused(cell: String) -> String {
    let is_number = || {
        let (mantissa, exponent) = cell.split_once(['e', 'E']).unwrap_or((&cell, "0"));
        number(mantissa, Marks::default()).is_some() && exponent.parse::<i32>().is_ok()
    };
    match cell.starts_with(FORMULAS) && !is_number() {
        true => format!("'{cell}"),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::defused;

    #[test]
    fn formulas_are_texts_and_numbers_are_numbers() {
        for formula in
            ["=1+1", "+cmd|'/C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\r=1", "-", "＝1", "+1e", "-1,5"]
        {
            assert_eq!(defused(formula.to_owned()), format!("'{formula}"));
        }
        for plain in ["", "-12.50", "+7", "-1e-7", "a=b", "高价值", "'=1"] {
            assert_eq!(defused(plain.to_owned()), plain);
        }
    }
}
