//! `tiermill schema`: the JSON Schema of the rules file.

use crate::pipeline::Exit;

use super::out;

pub(super) fn schema() -> Exit {
    match serde_json::to_string_pretty(&crate::spec::json_schema()) {
        Ok(text) => out::all_data(&format!("{text}\n")),
        Err(error) => {
            out::note(&format!("error: {error}"));
            Exit::Bug
        }
    }
}
