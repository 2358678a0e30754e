//! Pseudonyms: HMAC-SHA-256 (RFC 2104) of an id's text, in lower-case hex. The key lives in memory alone: nothing
//! prints it, and nothing writes it.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::plan::{Id, Plan, hex};

/// A shorter key could be guessed.
pub const SHORTEST_BYTES: usize = 16;

/// The key of pseudonyms.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// A key of these bytes; none if they are too few.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < SHORTEST_BYTES {
            return None;
        }
        Hmac::new_from_slice(bytes).ok().map(Self)
    }

    /// The pseudonym of an id in its text form: 64 hex digits.
    pub fn pseudonym(&self, id: &str) -> String {
        let mut hmac = self.0.clone();
        hmac.update(id.as_bytes());
        hex(&hmac.finalize().into_bytes())
    }

    /// A word that tells one key from another without telling the key: the pseudonym of a text that is no id.
    pub fn check(&self) -> String {
        self.pseudonym("\0tiermill key check").chars().take(16).collect()
    }

    /// Replaces the customers of the overrides by their pseudonyms, which is what every later stage knows.
    pub fn hide_overrides(&self, plan: &mut Plan) {
        for one in plan.overrides.iter_mut().flat_map(|overrides| &mut overrides.list) {
            one.customer = Id::Text(self.pseudonym(&one.customer.to_string()));
        }
        let segmentations: Vec<String> = plan.segmentations.iter().map(|one| one.name.clone()).collect();
        let number = |name: &str| segmentations.iter().position(|known| known == name);
        if let Some(overrides) = &mut plan.overrides {
            overrides.list.sort_by(|one, other| {
                (number(&one.segmentation), &one.customer)
                    .cmp(&(number(&other.segmentation), &other.customer))
            });
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}
