//! `tiermill schema`: the JSON Schema of the rules file.

use crate::pipeline::Exit;

pub(super) fn schema() -> Exit {
    match serde_json::to_string_pretty(&crate::spec::json_schema()) {
        Ok(text) => {
            println!("{text}");
            Exit::Done
        }
        Err(error) => {
            eprintln!("error: {error}");
            Exit::Bug
        }
    }
}
