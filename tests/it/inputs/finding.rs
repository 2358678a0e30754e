//! Which files a path names: names before patterns, what is left out and why, tables with a log of their own, links
//! and what is no file. Files here hold nothing but four bytes, unless a run reads them.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use tiermill::catalog::{self, FileKind, Found};

use crate::goldens::compare;
use crate::support::{Rows, Sandbox, table};

/// A folder with files that begin like Parquet, but for those whose names end with `!`.
fn folder(files: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    for name in files.split_whitespace() {
        let (name, bytes) = name.strip_suffix('!').map_or((name, "PAR1"), |name| (name, "text"));
        let path = sandbox.path(&name.replace("%20", " "));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    sandbox
}

/// Paths as seen from the folder.
fn inside(sandbox: &Sandbox, text: &str) -> String {
    text.replace(&format!("{}/", sandbox.path("").display().to_string().trim_end_matches('/')), "")
}

fn look(sandbox: &Sandbox, path: &str, kind: FileKind) -> Result<Found, String> {
    catalog::find(&sandbox.path(path), kind).map_err(|diagnostic| {
        let lines = std::iter::once(&diagnostic.message).chain(&diagnostic.hints);
        inside(sandbox, &lines.map(String::as_str).collect::<Vec<_>>().join("\n"))
    })
}

/// The files, blanks between them.
fn files(sandbox: &Sandbox, path: &str) -> String {
    let found = look(sandbox, path, FileKind::Parquet).unwrap_or_else(|error| panic!("{path}: {error}"));
    let names = |files: &[PathBuf]| -> Vec<String> {
        files.iter().map(|file| inside(sandbox, &file.display().to_string())).collect()
    };
    names(&found.files).join(" ")
}

/// A line for each that is left out.
fn left_out(sandbox: &Sandbox, path: &str) -> Vec<String> {
    let found = look(sandbox, path, FileKind::Parquet).unwrap_or_else(|error| panic!("{path}: {error}"));
    let line = |one: &tiermill::plan::LeftOut| format!("{}: {}", one.path.display(), one.why);
    found.left_out.iter().map(|one| inside(sandbox, &line(one))).collect()
}

fn refused(sandbox: &Sandbox, path: &str) -> String {
    look(sandbox, path, FileKind::Parquet).map(|found| found.files).unwrap_err()
}

#[test]
fn a_folder_is_searched_and_what_is_no_data_is_said() {
    let sandbox = folder(
        "o/a.parquet o/B.PARQUET o/c.parq o/d.PQ o/part-00000 o/x/y/e.snappy.parquet o/_x=1/f.parquet
         o/_SUCCESS! o/.part.crc! o/_temporary/0/g.parquet o/.ipynb_checkpoints/a.parquet o/..data/a.parquet o/x/_h.parquet
         o/readme! o/notes.txt! o/a.parquet.bak o/_=/i.parquet",
    );
    assert_eq!(
        files(&sandbox, "o"),
        "o/B.PARQUET o/_=/i.parquet o/_x=1/f.parquet o/a.parquet o/c.parq o/d.PQ o/part-00000 o/x/y/e.snappy.parquet"
    );
    insta::assert_snapshot!(left_out(&sandbox, "o").join("\n"), @r"
    o/..data: its name begins with `.`, so nothing in it is read
    o/.ipynb_checkpoints: its name begins with `.`, so nothing in it is read
    o/.part.crc: its name begins with `.`
    o/_SUCCESS: its name begins with `_`
    o/_temporary: its name begins with `_`, so nothing in it is read
    o/a.parquet.bak: its suffix is not `.parquet`, `.parq` or `.pq`, although it is Parquet inside
    o/notes.txt: its suffix is not `.parquet`, `.parq` or `.pq`
    o/readme: its name has no suffix, and it does not begin with `PAR1`
    o/x/_h.parquet: its name begins with `_`
    ");
    // What the path spells out is meant.
    for (path, found) in [
        ("o/_temporary", "o/_temporary/0/g.parquet"),
        ("o/..data", "o/..data/a.parquet"),
        ("o/_temporary/*/*", "o/_temporary/0/g.parquet"),
        ("o/_t*/**", "o/_temporary/0/g.parquet"),
        ("o/x/_h.parquet", "o/x/_h.parquet"),
        ("o/x/_*", "o/x/_h.parquet"),
        ("o/*.bak", "o/a.parquet.bak"),
        ("o/notes.txt", "o/notes.txt"),
        ("o/*.txt", "o/notes.txt"),
    ] {
        assert_eq!(files(&sandbox, path), found, "{path}");
    }
}

#[test]
fn text_files_go_by_their_suffix() {
    let sandbox =
        folder("o/a.csv! o/B.CSV! o/c.csv.gz! o/d.tsv! o/e.txt! o/f.parquet o/g! o/_h.csv! o/x/i.txt.GZ!");
    let found = look(&sandbox, "o", FileKind::Csv).unwrap();
    let names: Vec<String> =
        found.files.iter().map(|file| inside(&sandbox, &file.display().to_string())).collect();
    assert_eq!(names.join(" "), "o/B.CSV o/a.csv o/c.csv.gz o/d.tsv o/e.txt o/x/i.txt.GZ");
    assert_eq!(found.left_out.len(), 3);
    let lists = look(&sandbox, "o", FileKind::ParquetOrCsv).unwrap();
    assert_eq!(lists.files.len(), 3);
}

#[test]
fn names_before_patterns() {
    let sandbox = folder(
        "data%20[2026]/1.parquet data%20[2026]/2.parquet data%202/3.parquet a[b/4.parquet 客户&%/[x].parquet
         客户&%/x.parquet star/*/5.parquet star/y/6.parquet what?/7.parquet",
    );
    for (path, found) in [
        ("data [2026]", "data [2026]/1.parquet data [2026]/2.parquet"),
        ("data [2026]/1.parquet", "data [2026]/1.parquet"),
        ("data [2026]/*.parquet", "data [2026]/1.parquet data [2026]/2.parquet"),
        ("data [2]", "data 2/3.parquet"),
        ("a[b", "a[b/4.parquet"),
        ("a[b/*", "a[b/4.parquet"),
        ("客户&%/[x].parquet", "客户&%/[x].parquet"),
        ("客户&%/[wx].parquet", "客户&%/x.parquet"),
        ("star/*", "star/*/5.parquet"),
        ("star/?", "star/*/5.parquet star/y/6.parquet"),
        ("what?", "what?/7.parquet"),
        ("data [2026]/../data 2/*", "data [2026]/../data 2/3.parquet"),
    ] {
        assert_eq!(files(&sandbox, path), found, "{path}");
    }
    insta::assert_snapshot!(refused(&sandbox, "data [345]/*"), @r"
    `data [345]/*` matches no file
    paths are relative to the rules file; a folder is searched for `*.parquet`
    `[`, `*` and `?` are a pattern where no file or folder has the name as written
    ");
}

#[test]
fn patterns_match_folders_and_files() {
    let sandbox = folder(
        "orders-09.parquet/part-0.parquet orders-09.parquet/_SUCCESS! orders-10.parquet months/2026-01/a.parquet
         months/2026-02/deep/b.parquet months/2025-01/c.parquet months/readme.md! months/_2026-03/d.parquet",
    );
    for (path, found) in [
        ("orders-*.parquet", "orders-09.parquet/part-0.parquet orders-10.parquet"),
        ("months/2026-*", "months/2026-01/a.parquet months/2026-02/deep/b.parquet"),
        ("months/*/*.parquet", "months/2025-01/c.parquet months/2026-01/a.parquet"),
        ("months/**/[ab].parquet", "months/2026-01/a.parquet months/2026-02/deep/b.parquet"),
        ("months/**", "months/2025-01/c.parquet months/2026-01/a.parquet months/2026-02/deep/b.parquet"),
        ("**/2026-01/**/*.parquet", "months/2026-01/a.parquet"),
        ("months/*/a.parquet", "months/2026-01/a.parquet"),
    ] {
        assert_eq!(files(&sandbox, path), found, "{path}");
    }
    assert_eq!(
        left_out(&sandbox, "months/*"),
        [
            "months/_2026-03: its name begins with `_`, so nothing in it is read",
            "months/readme.md: its suffix is not `.parquet`, `.parq` or `.pq`",
        ]
    );
}

#[test]
fn nothing_to_read_is_an_error_that_says_what_there_was() {
    let sandbox = folder("o/_a.parquet o/b.txt! o/c! p/x/_q.parquet empty/.keep!");
    insta::assert_snapshot!(refused(&sandbox, "o"), @r"
    `o` matches no file that is read: each of those found there is left out
    paths are relative to the rules file; a folder is searched for `*.parquet`
    `o/_a.parquet` is left out: its name begins with `_`
    `o/b.txt` is left out: its suffix is not `.parquet`, `.parq` or `.pq`
    `o/c` is left out: its name has no suffix, and it does not begin with `PAR1`
    ");
    assert!(refused(&sandbox, "p/*").contains("the one found there is left out"));
    for path in ["none", "o/*.parquet.gz", "none/*/x", "o/c/d"] {
        assert!(refused(&sandbox, path).starts_with(&format!("`{path}` matches no file\n")), "{path}");
    }
    assert!(refused(&sandbox, "s3://shop/orders").contains("object store"));
}

#[test]
fn tables_with_a_log_of_their_own_are_refused() {
    let sandbox = folder(
        "delta/a.parquet delta/_delta_log/0.json! delta/day=1/b.parquet lake/iceberg/data/c.parquet
         lake/iceberg/metadata/v1.metadata.json! hudi/.hoodie/hoodie.properties! hudi/2026/d.parquet
         other/e.parquet other/metadata/readme.metadata.json! other/metadata/f.parquet",
    );
    for (path, what) in [
        ("delta", "`delta` is a Delta table (`_delta_log` is there)"),
        ("delta/*.parquet", "`delta` is a Delta"),
        ("delta/**/*.parquet", "`delta` is a Delta"),
        ("delta/day=1", "`delta` is a Delta"),
        ("*/a.parquet", "`delta` is a Delta"),
        ("lake", "`lake/iceberg` is an Iceberg table"),
        ("lake/*/data", "`lake/iceberg` is an Iceberg table"),
        ("lake/iceberg/data", "`lake/iceberg` is an Iceberg table"),
        ("lake/iceberg/data/*", "`lake/iceberg` is an Iceberg table"),
        ("hudi/2026", "`hudi` is a Hudi table"),
    ] {
        let said = refused(&sandbox, path);
        assert!(said.starts_with(what) && said.contains("export a copy"), "{path}: {said}");
    }
    // One file that is named is one file.
    assert_eq!(files(&sandbox, "delta/day=1/b.parquet"), "delta/day=1/b.parquet");
    assert_eq!(files(&sandbox, "other"), "other/e.parquet other/metadata/f.parquet");
}

#[test]
fn a_file_is_read_once_and_links_do_not_go_round() {
    let sandbox =
        folder("o/2026/a.parquet o/2027/b.parquet away/c.parquet away/d.parquet o/_hidden/e.parquet");
    let link = |target: &str, name: &str| symlink(target, sandbox.path(name)).unwrap();
    link("2027", "o/latest");
    link("..", "o/2026/up");
    link("../../away", "o/2026/away");
    link("../../o/2026", "away_again");
    link("../away", "o/zz");
    link("_hidden/e.parquet", "o/e.parquet");
    link("itself", "o/itself");
    assert_eq!(
        files(&sandbox, "o"),
        "o/2026/a.parquet o/2026/away/c.parquet o/2026/away/d.parquet o/2027/b.parquet o/e.parquet"
    );
    let said = inside(&sandbox, &left_out(&sandbox, "o").join("\n"));
    insta::assert_snapshot!(said, @r"
    o/2026/up: it is a link to a folder that it lies in
    o/_hidden: its name begins with `_`, so nothing in it is read
    o/itself: it leads nowhere: Too many levels of symbolic links (os error 40)
    o/latest/b.parquet: it is `o/2027/b.parquet` under another name
    o/zz: it is a link to a folder that is read already
    ");
    // Data that is not there is not left out in silence.
    link("gone", "o/2026/f.parquet");
    assert!(refused(&sandbox, "o").contains("`o/2026/f.parquet`: No such file"));
}

/// Two folders with links to one another, and to themselves: an end is reached.
#[test]
fn folders_that_link_to_one_another() {
    let sandbox = folder("a/1.parquet b/2.parquet");
    for (target, name) in [("../b", "a/b"), ("../a", "b/a"), (".", "a/a"), ("../a", "a/c")] {
        symlink(target, sandbox.path(name)).unwrap();
    }
    assert_eq!(files(&sandbox, "a"), "a/1.parquet a/b/2.parquet");
    assert_eq!(files(&sandbox, "*"), "a/1.parquet b/2.parquet");
    assert_eq!(files(&sandbox, "**/*.parquet"), "a/1.parquet b/2.parquet");
}

#[test]
fn only_regular_files_are_opened() {
    let sandbox = folder("o/a.parquet");
    let pipe = sandbox.path("o/pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::rename(&pipe, sandbox.path("o/pipe.parquet")).unwrap();
    let _socket = UnixListener::bind(sandbox.path("o/socket")).unwrap();
    symlink("/dev/zero", sandbox.path("o/zero")).unwrap();
    assert_eq!(files(&sandbox, "o"), "o/a.parquet");
    assert_eq!(
        left_out(&sandbox, "o"),
        [
            "o/pipe.parquet: it is a FIFO; only regular files are opened",
            "o/socket: it is a socket; only regular files are opened",
            "o/zero: it is a device; only regular files are opened",
        ]
    );
    for path in ["o/pipe.parquet", "o/p*.parquet"] {
        assert!(refused(&sandbox, path).contains("cannot be read: it is a FIFO"), "{path}");
    }
    assert!(refused(&sandbox, "/dev/null").contains("it is a device"));
}

const RULES: &str = "tiermill: 1
name: shop
inputs:
  orders:
    path: PATH
    columns: {customer: id, time: at, amount: amount}
metrics: {n: count(*), revenue: sum(amount), region: max(region), y: max(year)}
output: {path: 'out [1] & 客户'}
";

/// Folders give columns under a pattern, too; and brackets in the output's folder are its name.
#[test]
fn folders_give_columns_under_a_pattern() {
    let sandbox = Sandbox::new();
    for (folder, words) in [
        ("year=2025/region=north", "id:text at:date amount:decimal\n a 2025-01-01 1"),
        ("year=2026/region=south", "id:text at:date amount:decimal\n a 2025-01-02 2\n b 2025-01-03 4"),
        ("_temporary/region=south", "id:text at:date amount:decimal\n a 2025-01-02 2"),
    ] {
        sandbox.orders(&format!("data/{folder}/part-0"), &table::words(words));
    }
    for path in ["data", "data/*", "data/year=*/region=*/part-?", "data/**/part-0", "d*/*/*"] {
        let rules = RULES.replace("PATH", &format!("'{path}'"));
        sandbox.text("rules.yml", &rules);
        sandbox.tiermill(&["run", "rules.yml", "--as-of", "2025-01-31"]).done();
        let rows = Rows::parts(&sandbox.path("out [1] & 客户/as_of=2025-01-31"));
        compare(&rows, "id n revenue region y\n a 2 3.00 south 2026\n b 1 4.00 south 2026");
    }
}

/// `plan` names what is left out, as text and as data; nothing follows from it.
#[test]
fn the_plan_says_what_is_left_out() {
    let sandbox = Sandbox::new();
    let orders =
        table::words("id:text at:date amount:decimal region:text year:int\n a 2025-01-01 1 north 2025");
    sandbox.orders("data/a.parquet", &orders);
    sandbox.text("rules.yml", &RULES.replace("PATH", "data"));
    let before = sandbox.plan("rules.yml", "2025-01-31").unwrap();
    std::fs::write(sandbox.path("data/notes.txt"), "x").unwrap();
    std::fs::create_dir(sandbox.path("data/_temporary")).unwrap();
    let after = sandbox.plan("rules.yml", "2025-01-31").unwrap();
    assert_eq!(after.orders[0].table.left_out.len(), 2);
    assert_eq!(before.digest(), after.digest());
    assert_eq!(before.profile_key(), after.profile_key());
    assert_eq!(before.profile_family(), after.profile_family());
    let said = sandbox.tiermill(&["plan", "rules.yml", "--as-of", "2025-01-31"]).done().stdout;
    assert!(said.contains("left out") && said.contains("data/notes.txt: its suffix is not"), "{said}");
    let json = sandbox.tiermill(&["plan", "rules.yml", "--as-of", "2025-01-31", "--format", "json"]).done();
    let tree: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let left_out = tree["inputs"][0]["left_out"].as_array().unwrap_or_else(|| panic!("{tree:#}"));
    assert_eq!(left_out.len(), 2);
    assert_eq!(left_out[0]["path"], "data/_temporary");
}

/// Who stands in a list that is passed over would be published.
#[test]
fn a_list_of_ids_leaves_no_file_out() {
    let sandbox = folder("optout/a.csv! optout/b.xlsx!");
    let said = catalog::read_list(&sandbox.path("optout")).unwrap_err();
    assert!(inside(&sandbox, &said.message).starts_with("`optout/b.xlsx` is in the way"), "{}", said.message);
    std::fs::rename(sandbox.path("optout/b.xlsx"), sandbox.path("optout/_b.xlsx")).unwrap();
    assert_eq!(catalog::read_list(&sandbox.path("optout")).unwrap().files.len(), 1);
}

/// Patterns that begin a path have no folder before them.
#[test]
fn a_pattern_may_begin_a_path() {
    let found = catalog::find(Path::new("Cargo.tom?"), FileKind::Parquet);
    assert!(found.unwrap_err().message.contains("is left out"));
    let found = catalog::find(Path::new("d*/cdnow/*"), FileKind::Parquet).unwrap();
    assert_eq!(found.files, ["data/cdnow/orders.parquet", "data/cdnow/sample.parquet"].map(Path::new));
    assert_eq!(found.hive_root, Some(PathBuf::new()));
}
