//! The data files: tables are complete, segments described, mistakes found, and the command that lists and prints them.

use std::collections::BTreeSet;

use tiermill::diag::{Source, render};
use tiermill::spec::{Looks, Preset, PresetBody, PresetCondition, Segment};

use crate::support::Sandbox;

/// The names, in the order of the documentation.
const NAMES: [&str; 10] = [
    "rfm-11",
    "cn-8",
    "cn-4",
    "braze-10",
    "lifecycle-retail",
    "interaction-3",
    "interaction-steady",
    "purchase-2x2",
    "abc-80-95",
    "abc-70-90",
];

fn check_looks(name: &str, segment: &Segment) {
    let Looks { label_zh, label_en, color, strategy, expected_effect } = &segment.looks;
    for (what, text) in [
        ("label.zh", label_zh),
        ("label.en", label_en),
        ("color", color),
        ("strategy", strategy),
        ("expected_effect", expected_effect),
    ] {
        assert!(
            text.as_ref().is_some_and(|text| !text.is_empty()),
            "`{name}`: {} has no {what}",
            segment.id.value
        );
    }
    let is_chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    assert!(label_zh.as_ref().unwrap().contains(is_chinese), "`{name}`: {label_zh:?}");
    let digits = color.as_ref().unwrap().strip_prefix('#').expect("a colour");
    assert!(digits.len() == 6 && u32::from_str_radix(digits, 16).is_ok(), "`{name}`: {color:?}");
}

/// R1, R3: each class has a colour, a label in Chinese and in English, a strategy and what it should bring.
#[test]
fn every_segment_of_every_preset_is_described() {
    assert_eq!(Preset::names().collect::<Vec<_>>(), NAMES);
    for name in NAMES {
        let text = Preset::text(name).expect(name);
        let preset = Preset::parse(name, text)
            .unwrap_or_else(|found| panic!("{}", render::text(&found, &Source::new(name, text), false)));
        let segments: Vec<&Segment> = match &preset.body {
            PresetBody::Bands(bands) => bands.iter().map(|(segment, _)| segment).collect(),
            PresetBody::Segments { rules, default } => {
                // The label of those without a score or contact asks for nothing but to be there.
                assert!(
                    default.looks.label_zh.is_some()
                        && default.looks.label_en.is_some()
                        && default.looks.color.is_some()
                );
                rules.iter().map(|rule| &rule.segment).collect()
            }
        };
        segments.iter().for_each(|segment| check_looks(name, segment));
        let ids: BTreeSet<&str> = segments.iter().map(|segment| segment.id.value.as_str()).collect();
        assert_eq!(ids.len(), segments.len(), "`{name}`: two segments of one id");
        assert!(text.starts_with(&format!("# {name}: ")), "`{name}` opens with what it is");
    }
}

fn check_codes(name: &str, bins: u16, segments: usize) {
    let preset = Preset::load(name).expect(name);
    assert_eq!(preset.scores.map(|scores| scores.bins), Some(bins));
    assert_eq!(preset.rules().len(), segments);
    let digits = || 1..=bins;
    let all: BTreeSet<u16> = digits()
        .flat_map(|r| digits().flat_map(move |f| digits().map(move |m| 100 * r + 10 * f + m)))
        .collect();
    let codes = preset.rules().iter().flat_map(|rule| match &rule.condition {
        PresetCondition::Codes(codes) => codes.clone(),
        PresetCondition::When(..) => panic!("`{name}` is a table of codes"),
    });
    let codes: Vec<u16> = codes.collect();
    assert_eq!(codes.len(), all.len(), "`{name}`: a code stands twice, or is missing");
    assert_eq!(codes.into_iter().collect::<BTreeSet<u16>>(), all);
    assert_eq!(preset.broken_codes(), (Vec::new(), Vec::new()));
}

#[test]
fn rfm_11_has_each_of_125_codes_once() {
    check_codes("rfm-11", 5, 11);
}

#[test]
fn cn_8_has_each_of_8_codes_once() {
    check_codes("cn-8", 2, 8);
}

/// A table that misses a code or holds one twice is found out.
#[test]
fn a_broken_table_is_found_out() {
    let text = Preset::text("rfm-11").unwrap().replace("codes: [555, 554,", "codes: [554, 543,");
    let (missing, doubled) = Preset::parse("rfm-11", &text).unwrap().broken_codes();
    assert_eq!((missing, doubled), (vec![555], vec![543]));
}

#[test]
fn a_data_file_is_checked_like_a_rules_file() {
    let text = Preset::text("cn-4").unwrap();
    for (before, after, code) in [
        ("bins: 2", "bins: two", "wrong-type"),
        ("segments:", "segmente:", "unknown-key"),
        ("when: r = 2\n", "when: r = = 2\n", "expr-syntax"),
        ("    when: r = 2\n", "", "missing-key"),
    ] {
        assert!(text.contains(before), "{before}");
        let text = text.replace(before, after);
        let found = Preset::parse("cn-4", &text).expect_err("a mistake");
        let found = render::text(&found, &Source::new("cn-4", text), false);
        assert!(found.contains(&format!("error[{code}]")), "{found}");
    }
}

/// `tiermill presets` lists them all with what they read, and prints each data file as it is.
#[test]
fn the_command_lists_and_prints_them() {
    let sandbox = Sandbox::new();
    let list = sandbox.tiermill(&["presets"]).done().stdout;
    for name in NAMES {
        assert!(list.contains(&format!("{name} (under `")), "{list}");
        let printed = sandbox.tiermill(&["presets", name]).done().stdout;
        assert_eq!(printed, Preset::text(name).unwrap());
        let json = sandbox.tiermill(&["presets", name, "--format", "json"]).done().result();
        assert_eq!((&json["name"], &json["file"]), (&name.into(), &printed.into()));
    }
    assert!(list.contains("variable  churn_days: 180 (who has not bought for longer is churned)"), "{list}");
    let all = sandbox.tiermill(&["presets", "--format", "json"]).done().result();
    assert_eq!(all.as_array().unwrap().len(), NAMES.len());
    assert_eq!(all[4]["metrics"][1]["line"], "recency_days: days_since(max(time))");
    let wrong = sandbox.tiermill(&["presets", "rfm-12"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (Some(2), ""));
    assert!(wrong.stderr.contains("did you mean `rfm-11`?"), "{}", wrong.stderr);
}
