//! Small groups in tables of counts: what must be hidden so that nobody sees a group of fewer customers than a report
//! may show, nor works one out from the totals. Where something is hidden in a line with a known total, at least two
//! counts that are not zero are, and together they hold as many customers as a group must have.

/// Which counts of a list with a known total are hidden.
pub(super) fn hidden(counts: &[u64], least: Option<u64>) -> Vec<bool> {
    let Some(least) = least else { return vec![false; counts.len()] };
    let mut hidden: Vec<bool> = counts.iter().map(|count| *count < least).collect();
    while let Some(next) = next(counts.iter().copied().zip(hidden.iter().copied()), least) {
        hidden.iter_mut().zip(counts).for_each(|(hidden, count)| *hidden |= *count == next);
    }
    hidden
}

/// Which cells of a table with known totals of rows and columns are hidden, those of hidden rows and columns included.
/// Equal counts are treated alike, so that the table turned round has the same cells hidden.
pub(super) fn hidden_cells(
    cells: &[Vec<u64>],
    (rows, columns): (&[bool], &[bool]),
    least: Option<u64>,
) -> Vec<Vec<bool>> {
    let Some(least) = least else { return cells.iter().map(|row| vec![false; row.len()]).collect() };
    let first = |(row, at): (&Vec<u64>, usize)| {
        let cell = |(column, count): (usize, &u64)| rows[at] || columns[column] || *count < least;
        row.iter().enumerate().map(cell).collect::<Vec<bool>>()
    };
    let mut hidden: Vec<Vec<bool>> = cells.iter().enumerate().map(|(at, row)| first((row, at))).collect();
    loop {
        let mut more = Vec::new();
        for (row, line) in cells.iter().enumerate() {
            if let Some(next) = next(line.iter().copied().zip(hidden[row].iter().copied()), least) {
                more.extend((0..line.len()).filter(|at| line[*at] == next).map(|at| (row, at)));
            }
        }
        for column in 0..columns.len() {
            let line = || cells.iter().zip(&hidden).map(|(row, hidden)| (row[column], hidden[column]));
            if let Some(next) = next(line(), least) {
                more.extend(
                    (0..cells.len()).filter(|row| cells[*row][column] == next).map(|row| (row, column)),
                );
            }
        }
        if more.is_empty() {
            return hidden;
        }
        more.into_iter().for_each(|(row, column)| hidden[row][column] = true);
    }
}

/// The smallest count of a line that is shown and has to be hidden, too; none where what is hidden is safe.
fn next(line: impl Iterator<Item = (u64, bool)>, least: u64) -> Option<u64> {
    let (mut counts, mut sum, mut smallest) = (0, 0_u64, None::<u64>);
    for (count, hidden) in line {
        match hidden {
            true if count > 0 => {
                counts += 1;
                sum += count;
            }
            false => smallest = Some(smallest.map_or(count, |known| known.min(count))),
            true => {}
        }
    }
    let safe = counts == 0 || (counts >= 2 && sum >= least);
    smallest.filter(|_| !safe)
}
