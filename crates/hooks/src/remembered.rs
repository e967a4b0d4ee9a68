//! The verdicts that this execution environment has come to.
//!
//! Lambda delivers an asynchronous invocation at least once, and again when the function has failed. Test events may have
//! effects, and a second run might end otherwise than the first, so a hook execution is decided once.

use crate::lifecycle_event::LifecycleEvent;
use aws_lambda_events::codedeploy::CodeDeployLifecycleEvent;
use checks::Report;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// Lambda repeats a delivery within minutes, and a report of thousands of events takes megabytes.
const MOST: usize = 4;

/// What a hook execution has come to.
#[derive(Debug, Clone)]
pub(crate) struct Decided {
    pub(crate) report: Report,
    /// The lifecycle event that is validated, where that was found out.
    pub(crate) lifecycle_event: Option<LifecycleEvent>,
}

/// The decisions on the last hook executions.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<VecDeque<(Ids, Arc<Decided>)>>);

type Ids = (String, String);

impl Remembered {
    pub(crate) fn get(&self, ids: &CodeDeployLifecycleEvent) -> Option<Arc<Decided>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.iter().find(|(known, _)| *known == key(ids));
        found.map(|(_, decided)| Arc::clone(decided))
    }

    /// Keeps the decision, instead of an earlier one on the same execution; the oldest goes when there are too many.
    pub(crate) fn put(&self, ids: &CodeDeployLifecycleEvent, decided: &Arc<Decided>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(known, _)| *known != key(ids));
        if known.len() >= MOST {
            known.pop_front();
        }
        known.push_back((key(ids), Arc::clone(decided)));
    }
}

fn key(ids: &CodeDeployLifecycleEvent) -> Ids {
    (
        ids.deployment_id.clone(),
        ids.lifecycle_event_hook_execution_id.clone(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload;

    fn ids(deployment: usize, execution: usize) -> CodeDeployLifecycleEvent {
        let payload = format!(
            r#"{{"DeploymentId":"d-{deployment}","LifecycleEventHookExecutionId":"e-{execution}"}}"#
        );
        payload::read(&payload).unwrap()
    }

    #[test]
    fn keeps_the_last_report_of_the_last_executions() {
        let remembered = Remembered::default();
        let report = |text: &str| {
            Arc::new(Decided {
                report: Report::failed(text),
                lifecycle_event: None,
            })
        };
        let found = |ids| {
            let decided = remembered.get(&ids);
            decided.map(|decided| decided.report.reason.clone())
        };
        assert_eq!(found(ids(1, 1)), None);
        remembered.put(&ids(1, 1), &report("first"));
        remembered.put(&ids(1, 1), &report("second"));
        assert_eq!(found(ids(1, 1)).as_deref(), Some("second"));
        assert_eq!(found(ids(1, 2)), None);
        assert_eq!(found(ids(2, 1)), None);
        for execution in 2..=MOST {
            remembered.put(&ids(1, execution), &report("other"));
        }
        assert_eq!(found(ids(1, 1)).as_deref(), Some("second"));
        remembered.put(&ids(2, 1), &report("one more"));
        assert_eq!(found(ids(1, 1)), None);
        assert_eq!(found(ids(1, 2)).as_deref(), Some("other"));
    }
}
