//! Presets are complete tables: every code of scores stands exactly once.

use std::collections::BTreeSet;

use tiermill::spec::Preset;

fn check(name: &str, bins: u16, segments: usize) {
    let preset = Preset::load(name).expect(name);
    assert_eq!(preset.bins, bins);
    assert_eq!(preset.segments.len(), segments);
    let digits = || 1..=bins;
    let all: BTreeSet<u16> = digits()
        .flat_map(|r| digits().flat_map(move |f| digits().map(move |m| 100 * r + 10 * f + m)))
        .collect();
    let codes: Vec<u16> = preset.segments.iter().flat_map(|(_, codes)| codes.iter().copied()).collect();
    assert_eq!(codes.len(), all.len(), "`{name}`: a code stands twice, or is missing");
    assert_eq!(codes.into_iter().collect::<BTreeSet<u16>>(), all);

    let ids: BTreeSet<&str> = preset.segments.iter().map(|(segment, _)| segment.id.value.as_str()).collect();
    assert_eq!(ids.len(), segments, "`{name}`: two segments of one id");
    assert!(!ids.contains(preset.default.id.value.as_str()));
    for (segment, _) in &preset.segments {
        let looks = &segment.looks;
        for text in [&looks.label_zh, &looks.label_en, &looks.color, &looks.strategy] {
            assert!(text.as_ref().is_some_and(|text| !text.is_empty()), "`{name}`: {}", segment.id.value);
        }
    }
}

#[test]
fn rfm_11_has_each_of_125_codes_once() {
    check("rfm-11", 5, 11);
}

#[test]
fn cn_8_has_each_of_8_codes_once() {
    check("cn-8", 2, 8);
}

#[test]
fn every_preset_is_readable() {
    assert_eq!(Preset::names().collect::<Vec<_>>(), ["rfm-11", "cn-8"], "a new preset needs a test above");
    assert!(Preset::names().all(|name| Preset::load(name).is_some()));
}
