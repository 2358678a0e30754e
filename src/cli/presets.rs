//! `tiermill presets`: what there is, what each reads, and its variables; or one data file, as it is.

use serde_json::{Value, json};

use crate::diag::suggest;
use crate::pipeline::Exit;
use crate::spec::{Preset, PresetBody};

use super::args::{Format, PresetsArgs};
use super::out;

pub(super) fn presets(args: &PresetsArgs) -> Exit {
    let Some(name) = &args.name else {
        let all: Vec<Preset> = Preset::names().filter_map(Preset::load).collect();
        return out::all_data(&match args.format {
            Format::Text => all.iter().map(summary).collect::<Vec<_>>().join("\n"),
            Format::Json => format!("{}\n", all.iter().map(document).collect::<Value>()),
        });
    };
    let (Some(preset), Some(text)) = (Preset::load(name), Preset::text(name)) else {
        let hint = suggest(name, Preset::names(), "there are");
        out::note(&format!("error: there is no preset `{name}`: {hint}"));
        return Exit::Rules;
    };
    out::all_data(&match args.format {
        Format::Text => text.to_owned(),
        Format::Json => format!("{}\n", document(&preset)),
    })
}

/// The ids of what a preset gives, in order.
fn ids(preset: &Preset) -> Vec<&str> {
    match &preset.body {
        PresetBody::Bands(bands) => bands.iter().map(|(segment, _)| segment.id.value.as_str()).collect(),
        PresetBody::Segments { rules, default } => {
            let ids = rules.iter().map(|rule| &rule.segment).chain([default]);
            ids.map(|segment| segment.id.value.as_str()).collect()
        }
    }
}

fn summary(preset: &Preset) -> String {
    let place = if preset.is_bands() { "bands" } else { "segments" };
    let mut text = format!("{} (under `{place}:`)\n  {}\n", preset.name, preset.about);
    text.push_str(&format!("  gives     {}\n", ids(preset).join(", ")));
    if let Some(scores) = preset.scores {
        let bins = scores.bins;
        text.push_str(&format!("  scores    three of {bins} bins: recency, frequency, monetary\n"));
    }
    for metric in &preset.metrics {
        let renamed =
            if metric.role == metric.column { String::new() } else { format!(", as {}", metric.role) };
        text.push_str(&format!("  metric    {}{renamed}: {}\n", metric.column, metric.about));
    }
    for variable in &preset.variables {
        text.push_str(&format!("  variable  {}: {} ({})\n", variable.name, variable.default, variable.about));
    }
    text
}

fn document(preset: &Preset) -> Value {
    json!({
        "name": preset.name,
        "kind": if preset.is_bands() { "bands" } else { "segments" },
        "about": preset.about,
        "gives": ids(preset),
        "scores": preset.scores.map(|scores| json!({"count": 3, "bins": scores.bins})),
        "metrics": preset.metrics.iter().map(|metric| json!({
            "role": metric.role, "column": metric.column, "about": metric.about, "line": metric.line,
        })).collect::<Vec<_>>(),
        "variables": preset.variables.iter().map(|variable| json!({
            "name": variable.name, "default": variable.default.to_string(), "type": variable.kind,
            "about": variable.about,
        })).collect::<Vec<_>>(),
        "beside": preset.beside,
        "file": Preset::text(&preset.name),
    })
}
