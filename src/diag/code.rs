//! The closed list of what can be wrong with a rules file and the inputs it names. Each code has a fixture in
//! the tests that pins its exact line, column and words.

/// What kind of failure a code is; it decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The rules file or the command line is wrong.
    Rules,
    /// An input is missing or empty: it may be late.
    Missing,
    /// An input cannot be read.
    Input,
}

macro_rules! codes {
    ($($variant:ident $text:literal $class:ident $doc:literal,)+) => {
        /// What is wrong, as a stable short name to look up and to filter by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $doc] $variant,)+ }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The stable name, as printed in brackets after `error`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// What kind of failure this is.
            pub fn class(self) -> Class {
                match self { $(Self::$variant => Class::$class,)+ }
            }

            /// What is wrong, in one sentence: for the documentation.
            pub fn about(self) -> &'static str {
                match self { $(Self::$variant => $doc,)+ }
            }
        }
    };
}

codes! {
    YamlSyntax "yaml-syntax" Rules "The file is not YAML.",
    DuplicateKey "duplicate-key" Rules "A key stands twice in one mapping.",
    UnknownKey "unknown-key" Rules "A key that means nothing here.",
    MissingKey "missing-key" Rules "A required key is not there.",
    WrongType "wrong-type" Rules "A text where a mapping is needed, and the like.",
    BadValue "bad-value" Rules "The right type, but out of range or not readable.",
    BadName "bad-name" Rules "A name that no warehouse would take as a column.",
    NotBuilt "not-built" Rules "A section of the format that this version does not run yet.",
    FormatVersion "format-version" Rules "A version of the format that this program does not know.",
    ExprSyntax "expr-syntax" Rules "An expression that is not SQL.",
    UnsupportedSql "unsupported-sql" Rules "SQL outside the subset.",
    UnknownName "unknown-name" Rules "A name in an expression or a reference that nothing has.",
    UnknownFunction "unknown-function" Rules "A function outside the subset.",
    WrongArguments "wrong-arguments" Rules "A function with the wrong number or kind of arguments.",
    TypeMismatch "type-mismatch" Rules "Operands that cannot be compared or combined.",
    AggregateMisplaced "aggregate-misplaced" Rules "An aggregate where rows are not grouped, or none where they are.",
    DuplicateName "duplicate-name" Rules "Two output columns, or two segments, of one name.",
    Cycle "cycle" Rules "Metrics or segmentations that are derived from one another.",
    BreaksOrder "breaks-order" Rules "Breaks out of order.",
    BandsOrder "bands-order" Rules "Cumulative bounds that do not rise to 1.",
    UnknownPreset "unknown-preset" Rules "A preset that does not exist.",
    PresetScores "preset-scores" Rules "Scores that do not fit a preset's table.",
    PresetMetrics "preset-metrics" Rules "A metric that a preset reads and the rules file does not have.",
    PresetVariable "preset-variable" Rules "A variable that a preset does not have, or cannot use.",
    UnknownLabel "unknown-label" Rules "A comparison with a label its column never has.",
    Override "override" Rules "A line of the overrides that cannot stand.",
    WindowMisfit "window-misfit" Rules "A window that the aggregate cannot use.",
    UnknownColumn "unknown-column" Rules "A column that the input files do not have.",
    ColumnType "column-type" Rules "A column whose type its role cannot use.",
    NeverTrue "never-true" Rules "A rule that is true for nobody.",
    DuplicateRule "duplicate-rule" Rules "A rule with the condition of an earlier one.",
    UnreachableRule "unreachable-rule" Rules "A rule that those above leave nobody for.",
    UncoveredCodes "uncovered-codes" Rules "Combinations of scores that a table does not hold.",
    UnusedColumn "unused-column" Rules "A metric, score or band that nothing reads or publishes.",
    CoarsePreset "coarse-preset" Rules "A preset without the finer one that it hides.",
    QuotedName "quoted-name" Rules "An output column that warehouses take in quotes only.",
    RecencyReversed "recency-reversed" Rules "A score of days since the last order in which many days are the best.",
    LintSkipped "lint-skipped" Rules "A segmentation that is too large to be looked through.",
    FilesDisagree "files-disagree" Input "Input files of which some lack a column that the rules read.",
    InputMissing "input-missing" Missing "A path that matches no file.",
    InputUnreadable "input-unreadable" Input "A file or folder that is not readable as Parquet or CSV.",
    InputEmpty "input-empty" Missing "Input files without a single row.",
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
