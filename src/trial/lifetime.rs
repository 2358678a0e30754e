//! CLV in a test: a model of orders needs a population, and a test has a few rows. It is learned only if the test expects
//! something of it; otherwise its columns are null.

use crate::plan::{Clv, ClvModel, Column, Expr, ExprKind, Literal, OnFailure, Plan, ScoreKind, Type};
use crate::spec::Test;

/// What is said of a model that cannot be learned from a test.
pub(super) const HINT: &str =
    "; a test of a few rows names a `model:` with what was learned of all, or says `learn: false`";

/// The plan as a test runs it; `is_frozen` says that it brings a model.
pub(super) fn adapt(plan: &mut Plan, test: &Test, is_frozen: bool) {
    let is_learned = !is_frozen && !test.is_clv_unlearned && expects(plan, test);
    let Some(clv) = &mut plan.clv else { return };
    let ClvModel::Orders(model) = &mut clv.model else { return };
    // A few rows have no days to hold out.
    model.holdout = None;
    if !(is_frozen || is_learned) {
        // The way of a run on which nothing is learned: too few customers, and `simple` of no margin, which is null.
        model.min_repeat_customers = u64::MAX;
        model.on_failure = OnFailure::Simple;
        if let Some(money) = &mut clv.money {
            money.margin = Expr::new(ExprKind::Literal(Literal::Null), Type::Double);
        }
    }
}

/// Whether a test expects something of CLV, or of what reads it.
fn expects(plan: &Plan, test: &Test) -> bool {
    let columns = test.expect.iter().flat_map(|one| one.columns.iter().flatten());
    let mut waiting: Vec<String> = columns.map(|(column, _)| column.value.clone()).collect();
    let mut seen: Vec<String> = Vec::new();
    while let Some(name) = waiting.pop() {
        if Clv::ORDERS_COLUMNS.contains(&name.as_str()) {
            return true;
        }
        if !seen.contains(&name) {
            waiting.extend(read_by(plan, &name));
            seen.push(name);
        }
    }
    false
}

/// The columns of the customer's row that a score, band or segmentation reads.
fn read_by(plan: &Plan, name: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut read = |expr: &Expr| {
        expr.columns(&mut |column| {
            if let Column::Customer(name) = column {
                names.push(name.clone());
            }
        });
    };
    for score in plan.scores.iter().filter(|score| score.name == name) {
        match &score.kind {
            ScoreKind::Fitted { of, .. } | ScoreKind::Breaks { of, .. } => read(of),
            ScoreKind::Weighted(parts) => return parts.iter().map(|(name, _)| name.clone()).collect(),
        }
    }
    plan.bands.iter().filter(|band| band.name == name).for_each(|band| read(&band.of));
    for one in &plan.segmentations {
        if one.name == name || one.rule_column() == name {
            one.rules.iter().for_each(|rule| read(&rule.when));
        }
    }
    names
}
