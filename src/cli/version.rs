//! `tiermill --version --verbose`: what was built, of what, for what.

/// Several lines, `name: value` each.
pub(super) fn verbose() -> String {
    let engine = format!("{} {}", crate::engine::polars::NAME, crate::engine::polars::VERSION);
    let lines = [
        ("tiermill", env!("CARGO_PKG_VERSION")),
        // Whoever builds for others sets it; a build without git has none.
        ("commit", option_env!("TIERMILL_COMMIT").unwrap_or("unknown")),
        ("engine", engine.as_str()),
    ];
    let target = format!("target: {}-{}\n", std::env::consts::ARCH, std::env::consts::OS);
    let format = format!("rules format: {}\n", crate::spec::VERSION);
    lines.iter().map(|(name, value)| format!("{name}: {value}\n")).chain([target, format]).collect()
}
