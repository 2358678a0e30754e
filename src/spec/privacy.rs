//! `privacy`: who is left out before anything is computed, and what is hidden, as written.

use crate::diag::Spanned;

use super::reader::Reader;
use super::yaml::Node;

/// The `privacy` section as written.
#[derive(Clone, Debug, Default)]
pub struct Privacy {
    /// A list of customers who are taken out of every input.
    pub suppress: Option<Suppress>,
    /// The column of the table of customers that says who may be computed.
    pub consent: Option<Spanned<String>>,
    /// The environment variable with the key of the pseudonyms.
    pub key_env: Option<Spanned<String>>,
    /// Groups of fewer customers are not shown in reports.
    pub report_min_group: Option<Spanned<u64>>,
}

/// A list of customer ids.
#[derive(Clone, Debug)]
pub struct Suppress {
    /// A Parquet file or a CSV with a header.
    pub path: Spanned<String>,
    /// The column with the ids.
    pub column: Spanned<String>,
}

impl Privacy {
    pub(super) fn read(node: Option<&Node>, reader: &Reader<'_>) -> Self {
        let Some(node) = node else { return Self::default() };
        let suppress = node.get("suppress").and_then(|node| {
            Some(Suppress { path: reader.text(node, "path")?, column: reader.text(node, "column")? })
        });
        Self {
            suppress,
            consent: reader.text(node, "consent"),
            key_env: node.get("pseudonymize").and_then(|node| reader.text(node, "key_env")),
            report_min_group: reader.integer(node, "report_min_group"),
        }
    }
}
