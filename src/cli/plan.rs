//! `tiermill plan`: what a run would read, compute and replace. Nothing is read but footers.

use serde_json::json;

use crate::pipeline::{Compiled, Data, Exit, compile};
use crate::plan::Plan;
use crate::publish;

use super::args::{Format, PlanArgs};
use super::{draw, settings};

pub(super) fn plan(args: &PlanArgs) -> Exit {
    let compiled = compile(&args.rules.rules, &args.rules.set, &settings::of_plan(args), Data::Required);
    let compiled = compiled.inspect(|one| draw::diagnostics(&one.diagnostics, &one.source));
    let plan = match compiled.and_then(Compiled::into_plan) {
        Ok(plan) => plan,
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            return failure.exit;
        }
    };
    match args.rules.format {
        Format::Text => print!("{}", text(&plan)),
        Format::Json => println!("{}", document(&plan)),
    }
    Exit::Done
}

fn text(plan: &Plan) -> String {
    let rows = plan.rows();
    let bytes: u64 = plan.files().map(|(_, file)| file.bytes).sum();
    let folder = publish::folder(plan);
    let replaces = if folder.exists() { "replaces what is there" } else { "new" };
    format!(
        "{} as of {}\n{} files, {rows} rows, {:.1} MB\n{plan}  to {} ({replaces})\n",
        plan.name,
        plan.as_of,
        plan.files().count(),
        bytes as f64 / 1e6,
        folder.display(),
    )
}

fn document(plan: &Plan) -> serde_json::Value {
    let folder = publish::folder(plan);
    let file = |(input, file): (&str, &crate::plan::InputFile)| {
        let mut entry =
            json!({"path": file.path.display().to_string(), "rows": file.rows, "bytes": file.bytes});
        if !plan.reads_only_orders() {
            entry["input"] = json!(input);
        }
        entry
    };
    json!({
        "rules": plan.name,
        "as_of": plan.as_of.to_string(),
        "plan_sha256": plan.digest(),
        "inputs": plan.files().map(file).collect::<Vec<_>>(),
        "aggregates": plan.aggregates.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "metrics": plan.metrics.iter().map(|metric| json!({
            "name": metric.name, "expr": metric.expr.to_string(), "type": metric.ty.sql(),
        })).collect::<Vec<_>>(),
        "scores": plan.scores.iter().map(|score| score.name.as_str()).collect::<Vec<_>>(),
        "bands": plan.bands.iter().map(|band| band.name.as_str()).collect::<Vec<_>>(),
        "segmentations": plan.segmentations.iter().map(|one| json!({
            "name": one.name,
            "rules": one.rules.iter().map(|rule| json!({
                "id": rule.segment.id, "when": rule.when.to_string(),
            })).collect::<Vec<_>>(),
            "default": one.default.id,
        })).collect::<Vec<_>>(),
        "columns": plan.output.iter().map(|column| json!({
            "name": column.name, "type": column.ty.sql(),
        })).collect::<Vec<_>>(),
        "output": folder.display().to_string(),
        "replaces": folder.exists(),
    })
}
