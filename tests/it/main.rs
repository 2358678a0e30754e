//! The integration tests, one crate: a file is a noun of the product, `support` is what they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cdnow;
mod determinism;
mod goldens;
mod publishing;
mod reference;
mod support;
