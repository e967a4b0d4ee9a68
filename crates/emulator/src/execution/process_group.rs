//! A function's process with everything that it has started.

use tokio::process::Child;

use crate::reaper::{Reaper, kill_group};

/// Kills a process and what it started when dropped, also when the whole runtime is torn down; where this process is
/// killed first, its reaper does.
pub(super) struct ProcessGroup {
    leader: Option<i32>,
    reaper: Option<Reaper>,
}

impl ProcessGroup {
    /// The group that `child` leads; `reaper` hears of it.
    pub(super) fn of(child: &Child, reaper: Option<Reaper>) -> Self {
        let leader = child.id().and_then(|id| i32::try_from(id).ok());
        if let (Some(leader), Some(reaper)) = (leader, &reaper) {
            reaper.started(leader);
        }
        Self { leader, reaper }
    }

    pub(super) fn kill(&self) {
        if let Some(leader) = self.leader {
            kill_group(leader);
        }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.kill();
        if let (Some(leader), Some(reaper)) = (self.leader, &self.reaper) {
            reaper.ended(leader);
        }
    }
}
