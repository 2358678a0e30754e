//! Words on a page of a terminal: sections with a title, and in them rows of cells, one under another. Knows nothing of
//! plans.

/// Lines are broken before they get longer than this, where there is a blank to break them at.
const WIDTH: usize = 100;
/// Less room than this is too little for a condition: it goes under its row instead.
const LEAST_ROOM: usize = 44;
/// A sentence has as much room as this, however long the line gets.
const NARROWEST: usize = 24;
/// How far in stands what goes under its row.
const UNDER: usize = 10;
/// What stands between two cells.
const GAP: usize = 2;
/// First cells are at least as wide, so that sections line up with one another.
const FIRST_WIDTH: usize = 18;

/// A page while it is written.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
}

/// Rows of cells. The last cell of a row has the rest of the line, and more lines if it needs them.
#[derive(Debug, Default)]
pub(super) struct Grid {
    rows: Vec<Vec<String>>,
    first_width: usize,
    /// Whether last cells go under their rows where there is little room beside them.
    goes_under: bool,
    /// Cells that are numbers with a unit, by their place in a row.
    right: &'static [usize],
}

impl Page {
    /// A line of its own.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A title and what stands under it; nothing at all where there is nothing.
    pub(super) fn section(&mut self, title: &str, grid: &Grid) {
        if !grid.rows.is_empty() {
            self.line("");
            self.line(title);
            self.rows(grid);
        }
    }

    /// More rows, right under what is there.
    pub(super) fn rows(&mut self, grid: &Grid) {
        grid.draw(self);
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

impl Grid {
    /// Rows that begin with a name.
    pub(super) fn new() -> Self {
        Self { first_width: FIRST_WIDTH, ..Self::default() }
    }

    /// Rows that begin with a number, and end with a condition that may be long.
    pub(super) fn numbered() -> Self {
        Self { goes_under: true, ..Self::default() }
    }

    /// The same with cells that end, and do not begin, under one another.
    pub(super) fn right(self, right: &'static [usize]) -> Self {
        Self { right, ..self }
    }

    /// One row; blanks before its first cell set it in.
    pub(super) fn row<const N: usize>(&mut self, cells: [impl Into<String>; N]) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    fn draw(&self, page: &mut Page) {
        let width = |at: usize| {
            let cells = self.rows.iter().filter(|row| at + 1 < row.len()).map(|row| columns(&row[at]));
            cells.max().unwrap_or(0).max(if at == 0 { self.first_width } else { 0 })
        };
        let cells = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..cells).map(width).collect();
        let lines: Vec<(String, &str)> = self.rows.iter().filter_map(|row| self.line(row, &widths)).collect();
        let too_long = |(line, last): &(String, &str)| {
            let start = columns(line);
            start + columns(last) > WIDTH && start + LEAST_ROOM > WIDTH
        };
        // All of them, or the eye looks for each at another place.
        let under = self.goes_under && lines.iter().any(too_long);
        for (line, last) in &lines {
            if under {
                page.line(line.trim_end());
                broken(last, &" ".repeat(UNDER), UNDER, page);
            } else {
                broken(last, line, columns(line), page);
            }
        }
    }

    /// The cells of a row up to the last one, and that one.
    fn line<'a>(&self, row: &'a [String], widths: &[usize]) -> Option<(String, &'a str)> {
        let (last, cells) = row.split_last()?;
        let gap = " ".repeat(GAP);
        let padded = cells.iter().zip(widths).enumerate().map(|(at, (cell, width))| {
            let blanks = " ".repeat(width.saturating_sub(columns(cell)));
            if self.right.contains(&at) { blanks + cell + &gap } else { cell.clone() + &blanks + &gap }
        });
        Some((padded.collect(), last))
    }
}

/// Writes a text behind the beginning of a line, and goes on below it.
fn broken(text: &str, beginning: &str, start: usize, page: &mut Page) {
    let end = WIDTH.max(start + NARROWEST);
    let mut line = beginning.to_owned();
    let mut width = start;
    let mut begun = false;
    // A range of dates and a number with its unit stay together.
    let text = text.replace(" .. ", "\u{a0}..\u{a0}").replace(" % ", "\u{a0}% ");
    for word in text.split(' ') {
        let wider = columns(word);
        if begun && width + 1 + wider > end {
            page.line(line.trim_end());
            line = " ".repeat(start);
            width = start;
            begun = false;
        }
        if begun {
            line.push(' ');
            width += 1;
        }
        line.push_str(&word.replace('\u{a0}', " "));
        width += wider;
        begun = true;
    }
    page.line(line.trim_end());
}

/// How many columns of a terminal a text takes: Chinese, Japanese and Korean signs take two.
fn columns(text: &str) -> usize {
    let is_wide = |c: char| {
        matches!(u32::from(c),
            0x1100..=0x115F | 0x2E80..=0x303E | 0x3041..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF
            | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD)
    };
    text.chars().map(|c| if is_wide(c) { 2 } else { 1 }).sum()
}
