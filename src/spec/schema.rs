//! The table of the format → JSON Schema (draft-07), for editors. What is not built yet is left out, so an editor
//! marks it just as `check` refuses it.

use serde_json::{Map, Value, json};

use super::format;
use super::reader::is_built;
use super::shape::{Object, Shape};

/// The JSON Schema of a rules file.
pub fn json_schema() -> Value {
    let mut root = schema(&format::RULES);
    if let Some(object) = root.as_object_mut() {
        object.insert("title".to_owned(), json!("tiermill rules file"));
        object.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
        object.sort_keys();
    }
    root
}

fn schema(shape: &Shape) -> Value {
    match shape {
        Shape::Text | Shape::Expression => json!({"type": ["string", "number", "boolean"]}),
        Shape::Cell => json!({"type": ["string", "number", "boolean", "null"]}),
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Integer(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Shape::Version(version) => json!({"const": version}),
        Shape::Number => json!({"type": "number"}),
        Shape::Days => json!({"type": "string", "pattern": "^[1-9][0-9]{0,4}d$"}),
        Shape::Choice(words) => json!({"enum": words}),
        Shape::List(item) => json!({"type": "array", "minItems": 1, "items": schema(item)}),
        Shape::Map(value) => {
            json!({"type": "object", "minProperties": 1, "additionalProperties": schema(value)})
        }
        Shape::Object(object) => of_object(object),
        Shape::Either(shapes) => json!({"anyOf": shapes.iter().map(schema).collect::<Vec<_>>()}),
        Shape::NotBuilt => Value::Bool(false),
    }
}

fn of_object(object: &Object) -> Value {
    let keys = || object.keys.iter().filter(|key| is_built(key));
    let mut properties = Map::new();
    for key in keys() {
        let mut value = schema(&key.shape);
        if let Some(fields) = value.as_object_mut() {
            fields.insert("description".to_owned(), json!(key.doc));
        }
        properties.insert(key.name.to_owned(), value);
    }
    let required: Vec<&str> = keys().filter(|key| key.required).map(|key| key.name).collect();
    json!({
        "type": "object",
        "additionalProperties": object.others.map_or(Value::Bool(false), schema),
        "properties": properties,
        "required": required,
    })
}
