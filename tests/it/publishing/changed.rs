//! Inputs that change while a run reads them: nothing is published of what was planned by one file and read from another.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tiermill::pipeline::{self, Asked, Exit, Observer, Request};
use tiermill::publish::Terms;
use tiermill::resolve::Settings;

use super::{FOLDER, RUN, files, shop};
use crate::support::{Sandbox, table};

/// Does something to the inputs when a phase begins.
struct Meddler<F: FnMut()> {
    phase: &'static str,
    harm: F,
}

impl<F: FnMut()> Observer for Meddler<F> {
    fn begin(&mut self, phase: &str) {
        if phase == self.phase {
            (self.harm)();
        }
    }
}

fn request(sandbox: &Sandbox) -> Request {
    let base = sandbox.path("");
    Request {
        rules: sandbox.path("rules.yml"),
        overrides: Vec::new(),
        settings: Settings {
            as_of: "2025-01-31".parse().unwrap(),
            base: base.clone(),
            out: Some(base.join("out")),
            lint: false,
        },
        model: None,
        asked: Asked::default(),
        terms: Terms::default(),
        skip_code: None,
    }
}

/// What is done to a file, and how.
type Harm = (&'static str, Arc<dyn Fn()>);

fn harms(orders: PathBuf, other: PathBuf) -> Vec<Harm> {
    let (cut, grown, gone, touched) = (orders.clone(), orders.clone(), orders.clone(), orders.clone());
    let append = |path: &Path| {
        use std::io::Write;
        std::fs::File::options().append(true).open(path).unwrap().write_all(b"more").unwrap();
    };
    vec![
        (
            "cut",
            Arc::new(move || std::fs::File::options().write(true).open(&cut).unwrap().set_len(100).unwrap()),
        ),
        ("grown", Arc::new(move || append(&grown))),
        ("gone", Arc::new(move || std::fs::remove_file(&gone).unwrap())),
        ("another file of the same size", Arc::new(move || std::fs::rename(&other, &orders).unwrap())),
        (
            "written to again",
            Arc::new(move || {
                let bytes = std::fs::read(&touched).unwrap();
                std::fs::write(&touched, bytes).unwrap();
            }),
        ),
    ]
}

#[test]
fn inputs_that_do_not_hold_still() {
    for phase in ["profile", "fit"] {
        for at in 0..5 {
            let sandbox = shop();
            sandbox.tiermill(&RUN).done();
            let before = files(&sandbox.path(FOLDER));
            let orders = sandbox.path("orders.parquet");
            std::fs::copy(&orders, sandbox.path("other.parquet")).unwrap();
            let (what, harm) = harms(orders, sandbox.path("other.parquet")).remove(at);
            let mut meddler = Meddler { phase, harm: || harm() };
            let failure = pipeline::run(&request(&sandbox), &mut meddler).unwrap_err();
            assert_eq!(failure.exit, Exit::Transient, "{what}, {phase}: {}", failure.message);
            assert!(failure.message.contains("orders.parquet"), "{what}: {}", failure.message);
            assert!(
                files(&sandbox.path(FOLDER)) == before,
                "{what}, {phase}: the earlier partition has changed"
            );
        }
    }
}

/// The system takes back the pages of a file that is cut while they are mapped: the run ends with 5 and says so.
#[test]
#[cfg(target_os = "linux")]
fn a_file_is_cut_while_it_is_mapped() {
    let rows: String = (0..200_000).map(|row| format!("c{} 2025-01-01 {row}\n", row % 5_000)).collect();
    let orders = table::words(&format!("id:text at:date amount:int\n{rows}"));
    let mut ends = Vec::new();
    for attempt in 0..12 {
        let sandbox = Sandbox::new();
        sandbox.orders("orders.parquet", &orders);
        sandbox.text(
            "rules.yml",
            "tiermill: 1\nname: shop\ninputs: {orders: {path: orders.parquet, columns: {customer: id, time: at}}}\n\
             metrics: {n: count(*)}\noutput: {path: out}\n",
        );
        let mut command = sandbox.command(&RUN);
        let mut run = command
            .args(["--result-file", "result.json"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(2 * attempt));
        let file = std::fs::File::options().write(true).open(sandbox.path("orders.parquet")).unwrap();
        file.set_len(5_000).unwrap();
        let code = run.wait().unwrap().code();
        let result = std::fs::read_to_string(sandbox.path("result.json")).unwrap();
        assert!(result.contains(&format!("\"code\":{}", code.unwrap_or(-1))), "{code:?}: {result}");
        ends.push(code);
    }
    // Too early is an unreadable file, too late is no harm.
    assert!(ends.iter().all(|code| matches!(code, Some(0 | 4 | 5))), "{ends:?}");
}
