//! Whether the target takes longer than the current version: the same events on both, pair by pair.

mod judge;
mod limit;
mod times;

pub(crate) use judge::{Versions, judge};
pub(crate) use limit::{Limit, LimitError};
pub(crate) use times::{Times, Took};
