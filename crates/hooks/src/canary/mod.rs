//! What users met of the new version while traffic shifted: the calls of the whole shift, and what they say.

mod seen;
mod statement;

pub(crate) use seen::{Shifted, Unseen, Versions, read};
pub(crate) use statement::{Demand, Stated, state};
