//! Words that help: the nearest known name, and lists of names.

/// ``did you mean `x`?`` for the known name nearest to what was written, if one is near.
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
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
        .map(|(_, name)| format!("did you mean `{name}`?"))
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
