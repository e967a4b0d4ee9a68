//! The machine's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use emulator::Timestamp;

/// The machine's time, at which an emulator begins that people work with: signatures and what they ask for by date go by
/// it.
pub(crate) fn now() -> Result<Timestamp> {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the machine's clock is before 1970")?;
    Ok(Timestamp::from_millis(u64::try_from(since.as_millis())?))
}
