//! How often AWS is asked whether something is done.

use std::time::Duration;

/// The first pause: what is small is done in a moment.
const SHORTEST: Duration = Duration::from_millis(250);

/// The longest: what takes minutes may be noticed some seconds late.
const LONGEST: Duration = Duration::from_secs(5);

/// Pauses that grow.
#[derive(Debug)]
pub(super) struct Pace(Duration);

impl Default for Pace {
    fn default() -> Self {
        Self(SHORTEST)
    }
}

impl Pace {
    pub(super) async fn wait(&mut self) {
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 3 / 2).min(LONGEST);
    }
}
