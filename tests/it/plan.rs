//! `tiermill plan` as people and machines read it: one outline of every rules file that is shipped, and of one that has
//! everything; expressions as SQL.

pub(crate) mod expressions;

use std::path::{Path, PathBuf};

use tiermill::diag::{Diagnostics, Source, render};
use tiermill::plan::Plan;
use tiermill::report::Outline;
use tiermill::resolve::{self, Catalogs, Missing, Settings};
use tiermill::spec;

use crate::support::sandbox::project;
use crate::support::{Sandbox, table};

/// The plan of a shipped rules file; paths are relative to the project, where tests are run.
fn shipped(rules: &Path) -> Plan {
    let text = std::fs::read_to_string(rules).unwrap();
    let mut source = Source::new(rules.display().to_string(), text);
    let mut complaints = Diagnostics::new();
    // The last days of the two sets of data.
    let as_of = if rules.starts_with("rules/scenes") { "2026-10-31" } else { "1998-06-30" };
    let settings = Settings {
        as_of: as_of.parse().unwrap(),
        base: rules.parent().unwrap().to_path_buf(),
        out: Some("out".into()),
        lint: false,
    };
    let plan = spec::read(&mut source, &[], &mut complaints).and_then(|rules| {
        let catalogs = Catalogs::read(&rules, &settings, Missing::Error, &mut complaints);
        resolve::resolve(&rules, &catalogs, &settings, &source, &mut complaints)
    });
    plan.unwrap_or_else(|| panic!("{}", render::text(&complaints, &source, false)))
}

fn outline(plan: &Plan) -> Outline {
    let folder = plan.target.join(format!("as_of={}", plan.as_of));
    Outline::of(plan, &folder, false)
}

/// The tree; its hash follows from more than what is shown.
fn json(outline: &Outline) -> String {
    let mut tree = serde_json::to_value(outline).unwrap();
    assert_eq!(tree["plan_sha256"].as_str().unwrap().len(), 64);
    tree["plan_sha256"] = "…".into();
    serde_json::to_string_pretty(&tree).unwrap()
}

/// Nothing of the program's own, and nothing that a terminal of a hundred columns cannot show.
fn assert_readable(text: &str) {
    let banned = ["cast(", "#0", "#1", "Some(", "Decimal(", "Quantiles(", "best High", "\u{1b}", "\t", " \n"];
    let found: Vec<&str> = banned.into_iter().filter(|banned| text.contains(banned)).collect();
    assert!(found.is_empty(), "{found:?} in\n{text}");
    let long = text.lines().filter(|line| line.chars().count() > 100 && !line.contains(".parquet"));
    assert_eq!(long.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn every_shipped_rules_file() {
    assert_eq!(std::env::current_dir().unwrap(), project());
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in ["rules", "rules/scenes"] {
        files.extend(std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yml"));
    files.sort();
    assert!(files.len() >= 10, "{files:?}");
    for file in files {
        let text = outline(&shipped(&file)).text();
        assert_readable(&text);
        insta::assert_snapshot!(file.file_stem().unwrap().to_string_lossy().into_owned(), text);
    }
}

#[test]
fn the_same_tree_as_json() {
    for name in ["retail_value", "clv"] {
        let plan = shipped(Path::new(&format!("rules/{name}.yml")));
        insta::assert_snapshot!(format!("{name}.json"), json(&outline(&plan)));
    }
}

const TOUR: &str = "
tiermill: 1
name: tour
timezone: Asia/Shanghai
inputs:
  orders:
    - path: web
      columns: {customer: uid, order: no, time: at, amount: paid}
      where: status in ('paid', 'shipped') and not is_test and at >= '2024-01-01'
      grain: line
    - path: store/*.parquet
      columns: {customer: card, order: receipt, time: day, amount: total}
      grain: line
  customers:
    path: people.parquet
    columns: {customer: id}
    attributes: {region: region, since: Member since}
  visits: {path: visits.parquet, columns: {customer: id, time: seen}}
metrics:
  recency_days: days_since(max(time))
  days_since_first: days_since(min(time))
  last_gap_days: last_gap(time)
  order_count: count(distinct order)
  revenue: sum(amount)
  app_share: {expr: sum(amount), where: \"channel in ('app', 'mini')\", window: 30d, per: revenue}
  visits_today: {from: visits, expr: count(*), window: 1d}
  member_days: as_of - since
  margin_rate: case when region = 'north' then 0.30 else 0.25 end
scores:
  r: {of: recency_days, quantiles: 5, best: low, ties: split}
  m: {of: revenue, quantiles: 4, within: region, min_group: 500}
  f: {of: order_count, mean: true}
  v: {of: visits_today, breaks: [1, 2.50], best: low}
  value: {weighted: {r: 0.25, m: 0.75}}
bands:
  level: {of: revenue, top: {diamond: 100, gold: 5%, rest: all}}
  share: {of: clv, cumulative: {A: 0.805, B: 1}, within: region}
clv: {model: mbg_nbd, spend: mean, horizon: 180d, margin: margin_rate, discount_rate: 0.125, holdout: 90d}
segments:
  stage: {preset: lifecycle-retail, fitted: {by: customer, active: 0.75}}
  tier:
    rules:
      - {id: best, when: level = 'diamond' and stage <> 'churned'}
      - {id: back, when: \"(since > '2025-01-01' or region is null) and share not in ('B')\"}
    default: rest
overrides: {path: labels.csv}
audiences: [tier.best, {segment: tier.back, columns: [uid, revenue]}]
edges: {within: 0.05}
privacy:
  suppress: {path: out.csv, column: customer}
  consent: agreed
  report_min_group: 10
  pseudonymize: {key_env: SHOP_ID_KEY}
output: {path: out, columns: [uid, region, revenue, r, m, clv, tier, tier_rule, tier_override]}
";

/// A folder with what the rules above read.
fn tour() -> Sandbox {
    let sandbox = Sandbox::new();
    let web = "uid:text no:int at:utc paid:float status:text is_test:bool
        a 1 2025-01-01T10:00:00 10 paid false";
    for channel in ["app", "site"] {
        sandbox.orders(&format!("web/channel={channel}/a.parquet"), &table::words(web));
    }
    let store = "card:text receipt:int day:date total:decimal channel:text\n b 7 2025-01-02 3.50 till";
    for month in 1..=14 {
        sandbox.orders(&format!("store/{month:02}.parquet"), &table::words(store));
    }
    let people = table::batch(&[
        ("id", table::Cells::Text(vec![Some("a".to_owned())])),
        ("region", table::Cells::Text(vec![Some("north".to_owned())])),
        ("Member since", table::Cells::Date(vec![Some(table::days("2024-06-01"))])),
        ("agreed", table::Cells::Bool(vec![Some(true)])),
    ]);
    sandbox.orders("people.parquet", &people);
    sandbox.orders("visits.parquet", &table::words("id:text seen:naive\n a 2025-01-31T12:00:00"));
    sandbox.text("out.csv", "customer,why\nx,asked\n");
    let labels = "segmentation,customer,action,segment,reason,author,expires_on
tier,secret-1,pin,best,friend,ann,
tier,secret-2,pin,best,friend,ann,2025-01-31
tier,secret-3,cap,back,fraud,bob,
tier,secret-4,floor,back,sorry,bob,2025-01-30
stage,secret-5,exclude,loyal,no,bob,
";
    sandbox.text("labels.csv", labels);
    sandbox.text("rules.yml", TOUR);
    sandbox
}

#[test]
fn a_rules_file_with_everything() {
    let sandbox = tour();
    let mut plan =
        sandbox.plan("rules.yml", "2025-01-31").unwrap_or_else(|complaints| panic!("{complaints}"));
    // Files of usual sizes, whatever a version of the writer makes of a row.
    let orders = plan.orders.iter_mut().chain(&mut plan.events).map(|input| &mut input.table);
    let tables = orders.chain(plan.customers.iter_mut().map(|customers| &mut customers.table));
    for (at, file) in tables.flat_map(|table| &mut table.files).enumerate() {
        (file.rows, file.bytes) = (17 * 13_u64.pow(at as u32 % 7), 211 * 17_u64.pow(at as u32 % 8));
    }
    let outline = outline(&plan);
    let below = format!("{}/", sandbox.path("").display()).replace("//", "/");
    let (text, json) = (outline.text().replace(&below, ""), json(&outline).replace(&below, ""));
    assert_readable(&text);
    assert!(!text.contains("secret") && !json.contains("secret"), "ids are nothing for a log");
    insta::assert_snapshot!("everything", text);
    insta::assert_snapshot!("everything.json", json);
}

/// The page and the tree are of one plan, and only the last line tells what is there already.
#[test]
fn what_is_there_is_replaced() {
    let plan = shipped(Path::new("rules/abc.yml"));
    let [new, old] = [false, true].map(|there| Outline::of(&plan, Path::new("out/as_of=1998-06-30"), there));
    assert!(new.text().ends_with("\npublished to out/as_of=1998-06-30 (new)\n"));
    assert!(old.text().ends_with("\npublished to out/as_of=1998-06-30 (replaces what is there)\n"));
    let replaces = |outline: &Outline| serde_json::to_value(outline).unwrap()["replaces"].clone();
    assert_eq!((replaces(&new), replaces(&old)), (false.into(), true.into()));
}
