//! The tables of the pages, made of the code: keys of the rules file (from the JSON Schema), exit codes, diagnostics,
//! presets. Of functions the code has the names, and the pages the words.

use serde_json::{Map, Value as Json};
use tiermill::diag::{Class, Code};
use tiermill::pipeline::Exit;
use tiermill::resolve::{AGGREGATE_FUNCTIONS, SCALAR_FUNCTIONS};
use tiermill::spec::{self, Preset, PresetBody};

/// The names of the tables that a page has.
pub(super) fn names(page: &str) -> Vec<String> {
    let begins = page.lines().filter_map(|line| line.strip_prefix("<!-- begin: ")?.strip_suffix(" -->"));
    // How to write them is written in backquotes, and no table.
    begins.map(str::to_owned).collect()
}

/// The tables that some page must have: `keys x` is there, too, as `keys x.y`.
pub(super) fn needed() -> Vec<String> {
    let tables = ["keys .", "exit codes", "diagnostics", "presets", "aggregates", "scalar functions"];
    let schema = spec::json_schema();
    let sections = properties(&schema).into_iter().flatten();
    let is_text = |value: &Json| value.get("const").is_some() || value["type"][0] == "string";
    let sections = sections.filter(|(_, value)| !is_text(value)).map(|(name, _)| format!("keys {name}"));
    tables.into_iter().map(str::to_owned).chain(sections).collect()
}

/// Whether a table is as it should be: none if it is, what it should be if the code makes it, and what is wrong if it
/// has to be written.
pub(super) fn check(name: &str, found: &str) -> Result<Option<String>, String> {
    let wanted = match name {
        "exit codes" => exit_codes(),
        "diagnostics" => diagnostics(),
        "presets" => presets(),
        "aggregates" => return same_functions(name, found, &AGGREGATE_FUNCTIONS),
        // Written by `tests/readers/run.sh`, which needs the readers.
        "readers" => return Ok(None),
        "scalar functions" => return same_functions(name, found, &SCALAR_FUNCTIONS),
        _ => match name.strip_prefix("keys ") {
            Some(path) => keys(path)?,
            None => return Err(format!("no table is called `{name}`")),
        },
    };
    Ok((wanted != found).then_some(wanted))
}

fn table(head: &[&str], right: &[usize], rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = (0..head.len()).map(|at| if right.contains(&at) { "--:" } else { "---" });
    let rule: String = rule.map(|one| format!("{one}|")).collect();
    let rows: String = rows.map(|row| line(&row)).collect();
    format!("{}|{rule}\n{rows}", line(&head))
}

/// A text in a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn exit_codes() -> String {
    let row = |exit: Exit| {
        let again = if exit.retryable() { "yes" } else { "no" };
        vec![exit.code().to_string(), format!("`{}`", exit.class()), again.to_owned(), exit.hint().to_owned()]
    };
    table(&["exit code", "class", "retryable", "hint"], &[0], Exit::ALL.into_iter().map(row))
}

fn diagnostics() -> String {
    let row = |code: &Code| {
        let exit = match code.class() {
            Class::Rules => Exit::Rules,
            Class::Missing => Exit::Missing,
            Class::Input => Exit::Input,
        };
        vec![format!("`{code}`"), exit.code().to_string(), cell(code.about())]
    };
    table(&["code", "exit", "what is wrong"], &[1], Code::ALL.iter().map(row))
}

fn presets() -> String {
    let row = |preset: Preset| {
        let scores = preset.scores.map(|scores| format!("three scores of {} bins", scores.bins));
        let metrics = preset.metrics.iter().map(|metric| format!("`{}`", metric.column));
        let reads: Vec<String> = scores.into_iter().chain(metrics).collect();
        let variables = preset.variables.iter();
        let variables: Vec<String> =
            variables.map(|variable| format!("`{}` {}", variable.name, variable.default)).collect();
        let gives: Vec<&str> = match &preset.body {
            PresetBody::Bands(bands) => bands.iter().map(|(segment, _)| segment.id.value.as_str()).collect(),
            PresetBody::Segments { rules, default } => {
                let all = rules.iter().map(|rule| &rule.segment).chain([default]);
                all.map(|segment| segment.id.value.as_str()).collect()
            }
        };
        let under = if preset.is_bands() { "`bands`" } else { "`segments`" };
        vec![
            format!("`{}`", preset.name),
            under.to_owned(),
            cell(&preset.about),
            reads.join(", "),
            variables.join(", "),
            gives.join(", "),
        ]
    };
    let head = ["preset", "under", "what it is", "reads", "variables", "gives"];
    table(&head, &[], Preset::names().filter_map(Preset::load).map(row))
}

/// The keys of one place of the rules file: names joined by dots, `*` for any name, `[]` for an item; `.` is the file.
fn keys(path: &str) -> Result<String, String> {
    let mut schema = &spec::json_schema();
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let inner = alternatives(schema).into_iter().find_map(|one| match step {
            "[]" => one.get("items"),
            "*" => one.get("additionalProperties").filter(|other| other.is_object()),
            name => one.get("properties")?.get(name),
        });
        schema = inner.ok_or_else(|| format!("the rules file has no `{path}`: `{step}`"))?;
    }
    let object = alternatives(schema).into_iter().find(|one| one.get("properties").is_some());
    let object = object.ok_or_else(|| format!("`{path}` has no keys"))?;
    let required = object["required"].as_array().cloned().unwrap_or_default();
    let row = |(name, value): (&String, &Json)| {
        let must = if required.iter().any(|one| one == name) { "yes" } else { "" };
        let about = value["description"].as_str().unwrap_or_default();
        vec![format!("`{name}`"), must.to_owned(), cell(&holds(value)), cell(about)]
    };
    let rows = properties(object).into_iter().flatten().map(row);
    Ok(table(&["key", "must be there", "holds", "what it is"], &[], rows))
}

fn properties(schema: &Json) -> Option<&Map<String, Json>> {
    schema.get("properties")?.as_object()
}

/// A schema, or the alternatives that it has.
fn alternatives(schema: &Json) -> Vec<&Json> {
    match schema.get("anyOf").and_then(Json::as_array) {
        Some(all) => all.iter().flat_map(alternatives).collect(),
        None => vec![schema],
    }
}

/// What a key holds, in words.
fn holds(schema: &Json) -> String {
    if let Some(all) = schema.get("anyOf").and_then(Json::as_array) {
        let mut words: Vec<String> = Vec::new();
        for one in all.iter().map(holds) {
            if !words.contains(&one) {
                words.push(one);
            }
        }
        return words.join(" or ");
    }
    if let Some(value) = schema.get("const") {
        return format!("`{value}`");
    }
    if let Some(words) = schema.get("enum").and_then(Json::as_array) {
        let words = words.iter().filter_map(Json::as_str).map(|word| format!("`{word}`"));
        return words.collect::<Vec<_>>().join(", ");
    }
    match &schema["type"] {
        Json::Array(types) if types.iter().any(|one| one == "null") => "a value".to_owned(),
        Json::Array(_) => "a text".to_owned(),
        ty => match ty.as_str().unwrap_or_default() {
            "boolean" => "`true` or `false`".to_owned(),
            "integer" => format!("a whole number, {} to {}", schema["minimum"], schema["maximum"]),
            "number" => "a number".to_owned(),
            "string" => "days, as `90d`".to_owned(),
            "array" => format!("a list, each {}", holds(&schema["items"])),
            "object" if schema.get("properties").is_some() => "a mapping".to_owned(),
            "object" => format!("names, each with {}", holds(&schema["additionalProperties"])),
            other => panic!("the type {other} has no words here: {schema}"),
        },
    }
}

/// Whether a table has a row for each function, in the order of the code: `count(*)`, `count(x)` in one cell is `count`.
fn same_functions(name: &str, found: &str, wanted: &[&str]) -> Result<Option<String>, String> {
    let cells =
        found.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('(').map(|(name, _)| name));
    let found: Vec<&str> = cells.collect();
    match found == wanted {
        true => Ok(None),
        false => Err(format!("the table `{name}` has {found:?}, and the code {wanted:?}")),
    }
}
