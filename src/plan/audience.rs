//! Audiences as meant: a segment that gets a file of its own.

use super::OutputColumn;

/// The customers of one segment as a file of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Which column.
    pub segmentation: String,
    /// Which label.
    pub segment: String,
    /// The file's columns, in order; the customer's id is always among them.
    pub columns: Vec<OutputColumn>,
}

impl Audience {
    /// `audience-tier.high_value.parquet`. Of the label, what a file name or an address would take for something else
    /// is written as `%` and its bytes in hex.
    pub fn file_name(&self) -> String {
        let mut label = String::new();
        for c in self.segment.chars() {
            if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') {
                label.push(c);
            } else {
                let mut bytes = [0; 4];
                c.encode_utf8(&mut bytes).bytes().for_each(|byte| label.push_str(&format!("%{byte:02X}")));
            }
        }
        format!("audience-{}.{label}.parquet", self.segmentation)
    }
}
