//! A plan as people read it: [`Outline`], one typed tree that is made of a [`crate::plan::Plan`] once. `tiermill plan`
//! draws it as text, or writes the very same tree as JSON.
//!
//! A file is a part of the tree: what it holds, how it comes out of the plan, and the words it is drawn with.
//! [`sql`] writes expressions as a rules file has them, [`page`] lays words out. Nothing here is hashed or read again:
//! the text of which [`crate::plan::Plan::digest`] is taken is the plan's own, and stands with it.

mod bands;
mod clv;
mod hand;
mod inputs;
mod left_out;
mod metrics;
mod outline;
mod output;
mod page;
mod rows;
mod scores;
mod segments;
mod sql;
mod words;

pub use outline::Outline;
