//! `tiermill schema`: the JSON Schema that editors check a rules file with.

use serde_json::{Value as Json, json};

use crate::support::Sandbox;
use crate::support::sandbox::project;

/// What is wrong with a value, under as much of JSON Schema as the program uses.
fn faults(schema: &Json, value: &Json, at: &str) -> Vec<String> {
    let fault = |what: &str| vec![format!("{at}: {what}")];
    let Some(schema) = schema.as_object() else {
        return if *schema == Json::Bool(false) { fault("is not allowed") } else { Vec::new() };
    };
    let mut found = Vec::new();
    for (keyword, rule) in schema {
        found.extend(match keyword.as_str() {
            "type" if !is_any_of(value, rule) => fault(&format!("is not {rule}")),
            "const" if value != rule => fault(&format!("is not {rule}")),
            "enum" if !rule.as_array().unwrap().contains(value) => fault(&format!("is none of {rule}")),
            "minimum" if value.as_i64().is_some_and(|it| it < rule.as_i64().unwrap()) => {
                fault("is too small")
            }
            "maximum" if value.as_i64().is_some_and(|it| it > rule.as_i64().unwrap()) => {
                fault("is too large")
            }
            "pattern" => {
                assert_eq!(rule, "^[1-9][0-9]{0,4}d$", "the one pattern that is understood here");
                let days = value.as_str().and_then(|text| text.strip_suffix('d')?.parse::<u32>().ok());
                if days.is_some_and(|days| (1..100_000).contains(&days)) {
                    Vec::new()
                } else {
                    fault("is no duration")
                }
            }
            "anyOf" => {
                let each: Vec<Vec<String>> =
                    rule.as_array().unwrap().iter().map(|one| faults(one, value, at)).collect();
                if each.iter().any(Vec::is_empty) { Vec::new() } else { each.concat() }
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                items.flat_map(|(n, item)| faults(rule, item, &format!("{at}[{n}]"))).collect()
            }
            "required" => {
                let missing =
                    rule.as_array().unwrap().iter().filter(|key| value.get(key.as_str().unwrap()).is_none());
                missing.map(|key| format!("{at}: has no {key}")).collect()
            }
            "properties" => {
                let known = rule.as_object().unwrap().iter();
                let there = known.filter_map(|(key, one)| Some((key, one, value.get(key)?)));
                there.flat_map(|(key, one, value)| faults(one, value, &format!("{at}.{key}"))).collect()
            }
            "additionalProperties" => {
                let known = schema.get("properties").and_then(Json::as_object);
                let others = value.as_object().into_iter().flatten();
                let others = others.filter(|(key, _)| known.is_none_or(|known| !known.contains_key(*key)));
                others.flat_map(|(key, value)| faults(rule, value, &format!("{at}.{key}"))).collect()
            }
            "minItems" | "minProperties" => {
                let len = value.as_array().map(Vec::len).or(value.as_object().map(serde_json::Map::len));
                if len.is_some_and(|len| (len as u64) < rule.as_u64().unwrap()) {
                    fault("is empty")
                } else {
                    Vec::new()
                }
            }
            "type" | "const" | "enum" | "minimum" | "maximum" | "description" | "title" | "$schema"
            | "$id" => Vec::new(),
            other => panic!("the keyword {other} is not understood here"),
        });
    }
    found
}

fn is_any_of(value: &Json, types: &Json) -> bool {
    let is = |ty: &Json| match ty.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        other => panic!("the type {other} is not understood here"),
    };
    types.as_array().map_or_else(|| is(types), |types| types.iter().any(is))
}

fn schema() -> Json {
    serde_json::from_str(&Sandbox::new().tiermill(&["schema"]).done().stdout).unwrap()
}

fn read(text: &str) -> Json {
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn it_accepts_the_rules_files_of_the_project() {
    let schema = schema();
    let files = std::fs::read_dir(project().join("rules")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<_> = files.filter(|path| path.extension().is_some_and(|kind| kind == "yml")).collect();
    assert!(!files.is_empty());
    for path in files {
        let rules = read(&std::fs::read_to_string(&path).unwrap());
        assert_eq!(faults(&schema, &rules, ""), [""; 0], "{}", path.display());
    }
}

#[test]
fn it_refuses_what_check_refuses() {
    let schema = schema();
    let sound = read(&std::fs::read_to_string(project().join("rules/abc.yml")).unwrap());
    let check = |pointer: &str, key: &str, value: Json, words: &str| {
        let mut rules = sound.clone();
        rules.pointer_mut(pointer).unwrap().as_object_mut().unwrap().insert(key.to_owned(), value);
        let found = faults(&schema, &rules, "").join("; ");
        assert!(found.contains(words), "{pointer}/{key}: {found}");
    };
    check("", "metric", json!({}), ".metric: is not allowed");
    check("", "metrics", json!({}), ".metrics: is empty");
    check("/inputs/orders", "grain", json!("basket"), ".inputs.orders.grain: is none of");
    check("/metrics", "recent", json!({"expr": "count(*)", "window": 90}), ".metrics.recent");
    check("", "scores", json!({"m": {"of": "revenue", "quantiles": 1}}), ".scores.m.quantiles: is too small");
    check("/bands/abc", "of", Json::Null, ".bands.abc.of: is not");
    // A section that is in the format and not built yet.
    check("", "guards", json!({}), ".guards: is not allowed");
    let mut rules = sound.clone();
    rules.pointer_mut("/inputs/orders").unwrap().as_object_mut().unwrap().remove("path");
    // Neither a mapping with a path nor a list of such.
    let wanted = [".inputs.orders: has no \"path\"", ".inputs.orders: is not \"array\""];
    assert_eq!(faults(&schema, &rules, ""), wanted);
}
