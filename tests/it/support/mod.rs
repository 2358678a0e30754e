//! What the tests share: small Parquet inputs ([`table`]), jobs that are run on them ([`sandbox`]), and what they
//! published, read back as plain rows ([`rows`]) or as it lies on the disk ([`folder`]).

pub(crate) mod folder;
pub(crate) mod rows;
pub(crate) mod sandbox;
pub(crate) mod table;

pub(crate) use rows::{Rows, Value};
pub(crate) use sandbox::{Ran, Sandbox};
