//! Several inputs in one job: orders of several systems, the table of customers, events, opt-outs and consent. Small
//! tables, results worked out by hand.

mod as_they_come;
mod computed_ids;
mod dimensions;
mod embedded_types;
mod finding;
mod lists;
mod population;
mod privacy;
mod rejected;
mod sources;

use serde_json::Value as Json;

use crate::goldens::compare;
use crate::support::{Rows, Sandbox, Value, table};

/// The day that every run here is as of.
const AS_OF: &str = "2025-01-31";

/// A folder with tables, each given as words, and the rules over them.
struct Shop {
    sandbox: Sandbox,
}

/// What was published.
struct Run {
    rows: Rows,
    rejected: Vec<String>,
    manifest: Json,
}

impl Shop {
    /// `tables` are file names without `.parquet` and tables of words; `rules` is everything from `inputs` on.
    fn new(tables: &[(&str, &str)], rules: &str) -> Self {
        let sandbox = Sandbox::new();
        for (name, words) in tables {
            sandbox.orders(&format!("{name}.parquet"), &table::words(words));
        }
        sandbox.text("rules.yml", &format!("tiermill: 1\nname: shop\n{rules}"));
        Self { sandbox }
    }

    fn run(&self) -> Run {
        let published = self.sandbox.publish("rules.yml", AS_OF).unwrap_or_else(|error| panic!("{error}"));
        let manifest = std::fs::read_to_string(published.folder.join("_run/manifest.json")).unwrap();
        let rejected = Rows::read(&published.folder.join("_run/rejected.parquet"));
        let columns = ["file", "row", "reason", "customer"];
        let line = |row: &Vec<Value>| {
            let mut words: Vec<String> =
                columns.iter().map(|name| row[rejected.at(name)].to_string()).collect();
            words[0] = words[0].rsplit('/').next().unwrap().to_owned();
            words.join(" ")
        };
        Run {
            rows: Rows::parts(&published.folder),
            rejected: rejected.rows.iter().map(line).collect(),
            manifest: serde_json::from_str(&manifest).unwrap(),
        }
    }

    /// Runs, and compares the columns that `expected` names.
    fn check(&self, expected: &str) -> Run {
        let run = self.run();
        compare(&run.rows, expected);
        assert_rows_add_up(&run.manifest);
        run
    }
}

impl Run {
    /// What the manifest says of an input's rows; of several inputs of orders, of that path.
    fn rows_of(&self, input: &str) -> &Json {
        let all = self.manifest["rows_by_input"].as_array().unwrap();
        let found = all.iter().find(|one| one["input"] == input || one["path"] == input);
        found.unwrap_or_else(|| panic!("{input} in {all:?}"))
    }
}

/// Every row of every input is somewhere.
fn assert_rows_add_up(manifest: &Json) {
    let count = |rows: &Json, key: &str| rows[key].as_u64().unwrap_or(0);
    let by_input = manifest["rows_by_input"].as_array().cloned().unwrap_or_default();
    for rows in by_input.iter().chain([&manifest["rows"]]) {
        let rejected: u64 = rows["rejected"].as_object().unwrap().values().filter_map(Json::as_u64).sum();
        let parts =
            ["filtered", "suppressed", "no_consent", "after_as_of", "unknown_customer", "identical", "used"];
        let sum: u64 = parts.iter().map(|key| count(rows, key)).sum();
        assert_eq!(count(rows, "read"), sum + rejected, "{rows}");
    }
}
