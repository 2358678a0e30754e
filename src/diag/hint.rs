//! Words that help: the nearest known name, and lists of names.

use std::collections::BTreeMap;

/// ``did you mean `x`?`` for the known name nearest to what was written, or else for those that have it as one of their
/// words, if these are few.
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    let meant = match nearest(written, known.clone()) {
        Some(name) => format!("`{name}`"),
        None => longer(written, known)?,
    };
    Some(format!("did you mean {meant}?"))
}

/// [`did_you_mean`], or else all known names behind these words.
pub fn suggest<'a>(written: &str, known: impl IntoIterator<Item = &'a str> + Clone, words: &str) -> String {
    did_you_mean(written, known.clone()).unwrap_or_else(|| format!("{words} {}", listed(known)))
}

/// The known name that is what was written but for a few letters.
pub fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = written.to_lowercase();
    let length = written.chars().count();
    known
        .into_iter()
        // As many letters more or fewer are as many mistakes.
        .filter(|name| name.chars().count().abs_diff(length) <= name.chars().count().max(3) / 3)
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        // A name of one letter is near to every other one: that is no hint.
        .filter(|(distance, name)| *distance <= name.chars().count().max(3) / 3)
        .filter(|(distance, _)| *distance < length)
        .min()
        .map(|(_, name)| name)
}

/// The known names that begin with the words that were written (`recency` of `recency_days`), or else have them inside.
fn longer<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    const MOST: usize = 3;
    fn words(name: &str) -> Vec<String> {
        let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    }
    let written = words(written);
    if written.is_empty() {
        return None;
    }
    let known: BTreeMap<&str, Vec<String>> = known.into_iter().map(|name| (name, words(name))).collect();
    let those = |fits: &dyn Fn(&[String]) -> bool| -> Vec<String> {
        let fitting = known.iter().filter(|(_, words)| fits(words));
        fitting.map(|(name, _)| format!("`{name}`")).collect()
    };
    let mut names = those(&|words| words.starts_with(&written));
    if names.is_empty() {
        names = those(&|words| words.windows(written.len()).any(|part| part == written));
    }
    // Of many none is meant more than another.
    if names.len() > MOST {
        return None;
    }
    let last = names.pop()?;
    Some(if names.is_empty() { last } else { format!("{} or {last}", names.join(", ")) })
}

/// `` `a`, `b` and `c` ``; a long list is cut.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let mut names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    if names.len() > MOST {
        let more = names.len() - MOST;
        names.truncate(MOST);
        return format!("{} and {more} more", names.join(", "));
    }
    match names.pop() {
        None => "nothing".to_owned(),
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} and {last}", names.join(", ")),
    }
}
