//! Text that YAML cannot read, looked at again: what people really typed there. YAML stops where it notices, which is often
//! behind the mistake; here the line is read as its author meant it. Knows nothing of the format.

use crate::diag::{Source, Span};

use super::units::half_width;

/// A mistake that explains why YAML stopped.
pub(super) struct Cause {
    /// Where it is.
    pub(super) span: Span,
    /// What it is.
    pub(super) message: String,
    /// What to write.
    pub(super) hint: String,
}

/// The likely cause of a stop at a place: on its line, or on the one above.
pub(super) fn cause(source: &Source, stop: usize) -> Option<Cause> {
    let text = source.text.as_str();
    let stop = text.floor_char_boundary(stop.min(text.len()));
    let start = text[..stop].rfind('\n').map_or(0, |at| at + 1);
    let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let line = &text[start..end];
    tab(line, start)
        .or_else(|| comma(line, start))
        .or_else(|| full_width(line, start))
        .or_else(|| no_space(line, start))
        .or_else(|| {
            let above = text[..start].trim_end();
            let start = above.rfind('\n').map_or(0, |at| at + 1);
            full_width(&above[start..], start)
        })
}

/// A tab where only spaces count.
fn tab(line: &str, start: usize) -> Option<Cause> {
    let blank = line.len() - line.trim_start().len();
    let first = line[..blank].find('\t')?;
    let tabs = line[first..blank].chars().take_while(|c| *c == '\t').count();
    Some(Cause {
        span: Span::new(start + first, start + first + tabs),
        message: "a tab in the indentation".to_owned(),
        hint: "indent with spaces".to_owned(),
    })
}

/// The characters of a line outside quotes and comments, each with the depth of `{…}`.
fn bare(line: &str) -> Vec<(usize, char, usize)> {
    let (mut quote, mut depth, mut found) = (None, 0_usize, Vec::new());
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '#') if before.is_whitespace() => break,
            (None, c) => {
                depth += usize::from(c == '{');
                depth = depth.saturating_sub(usize::from(c == '}'));
                found.push((at, c, depth));
            }
        }
        before = c;
    }
    found
}

/// `{when: rfm in ('a', 'b')}`: inside `{…}` the comma ends the text.
fn comma(line: &str, start: usize) -> Option<Cause> {
    let bare = bare(line);
    // The first comma between round brackets, inside curly ones.
    let mut open = Vec::new();
    let (place, first) = bare.iter().enumerate().find_map(|(place, (at, c, depth))| {
        match c {
            '(' => open.push(*at),
            ')' => drop(open.pop()),
            ',' if *depth > 0 => return Some((place, *open.first()?)),
            _ => {}
        }
        None
    })?;
    // From behind the colon before the bracket to the end of the entry: a comma or brace outside of round brackets.
    let begin = line[..first].rfind(": ").map(|at| at + 2)?;
    let begin = begin + line[begin..].len() - line[begin..].trim_start().len();
    let mut depth = open.len();
    let end = bare[place..].iter().find_map(|(at, c, _)| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' | '}' if depth == 0 => return Some(*at),
            _ => {}
        }
        None
    });
    let text = line[begin..end.unwrap_or(line.len())].trim_end();
    if text.starts_with(['"', '\'']) {
        return None;
    }
    let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
    Some(Cause {
        span: Span::new(start + begin, start + begin + text.len()),
        message: "a comma inside `{…}` ends the text".to_owned(),
        hint: format!("put the whole text in double quotes: `\"{quoted}\"`"),
    })
}

/// A colon, comma or bracket of a Chinese keyboard.
fn full_width(line: &str, start: usize) -> Option<Cause> {
    let is_meant = |c: char| "：，｛｝［］【】“”‘’－＃＂＇".contains(c);
    let (at, c, _) = bare(line).into_iter().find(|(_, c, _)| is_meant(*c))?;
    let half = match c {
        '“' | '”' | '＂' => "\"".to_owned(),
        '：' => ": ".to_owned(),
        '－' => "- ".to_owned(),
        '，' => ", ".to_owned(),
        c => half_width(c)?,
    };
    Some(Cause {
        span: Span::new(start + at, start + at + c.len_utf8()),
        message: format!("`{c}` is a full-width sign"),
        hint: format!("write `{half}`"),
    })
}

/// `r:{of: x}`.
fn no_space(line: &str, start: usize) -> Option<Cause> {
    let bare = bare(line);
    let pair = bare.windows(2).find(|pair| pair[0].1 == ':' && matches!(pair[1].1, '{' | '['))?;
    let at = start + pair[0].0;
    Some(Cause {
        span: Span::new(at, at + 1),
        message: "a colon without a space behind it".to_owned(),
        hint: "a key is followed by `: `, with the space".to_owned(),
    })
}
