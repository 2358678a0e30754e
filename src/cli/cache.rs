//! `tiermill cache`: what is kept, and what to do with it.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::engine::{Cache, Entry};
use crate::pipeline::{Exit, Failure};

use super::args::{CacheCommand, Format};
use super::out;

pub(super) fn cache(command: &CacheCommand) -> Exit {
    let text = match command {
        CacheCommand::Ls(args) => Cache::at(&args.folder).entries().map(|entries| match args.format {
            Format::Text => entries.iter().map(line).collect(),
            Format::Json => format!("{}\n", entries.iter().map(document).collect::<Value>()),
        }),
        CacheCommand::Clean(args) => {
            Cache::at(&args.cache.folder).clean(args.keep).map(|cleaned| match args.cache.format {
                Format::Text => format!(
                    "{} removed ({:.1} MB), {} kept, {} half-written ones removed{}\n",
                    cleaned.removed,
                    cleaned.bytes as f64 / 1e6,
                    cleaned.kept,
                    cleaned.leftovers,
                    match cleaned.with_other_files {
                        0 => String::new(),
                        others => format!("; {others} folders stay, with files that are not the cache's"),
                    }
                ),
                Format::Json => format!("{}\n", json!(cleaned)),
            })
        }
    };
    match text {
        Ok(text) => out::all_data(&text),
        Err(error) => out::failed(&Failure::from(error)),
    }
}

/// Enough of the key to tell one from another.
const KEY_SHOWN: usize = 12;

fn line(entry: &Entry) -> String {
    let key = entry.key.get(..KEY_SHOWN).unwrap_or(&entry.key);
    let size = entry.bytes as f64 / 1e6;
    match &entry.about {
        None => format!("{key}  {size:>9.1} MB  broken\n"),
        Some(about) => format!(
            "{key}  {size:>9.1} MB  {} as of {}, {} customers\n",
            about.rules, about.as_of, about.customers
        ),
    }
}

fn document(entry: &Entry) -> Value {
    let used = entry.used.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let about = entry.about.as_ref();
    json!({
        "key": entry.key,
        "bytes": entry.bytes,
        "used_unix": used,
        "is_whole": about.is_some(),
        "rules": about.map(|about| &about.rules),
        "as_of": about.map(|about| &about.as_of),
        "customers": about.map(|about| about.customers),
        "version": about.map(|about| &about.build),
    })
}
