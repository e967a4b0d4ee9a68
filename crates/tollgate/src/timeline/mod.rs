//! What happened, as data: what every output format draws from.

mod text;
mod watch;

pub(crate) use text::{is_shown, write_line};
pub(crate) use watch::Counted;

use std::collections::BTreeMap;
use std::time::Duration;

use checks::Report;
use emulator::{Happening, TimelineEntry, Timestamp};
use hooks::WatchAnswer;
use serde::Serialize;

use crate::alias::AliasState;
use crate::moment::Moment;

/// One line of the timeline.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    /// Simulated milliseconds since the deployment was created.
    pub(crate) at_ms: u64,
    #[serde(flatten)]
    pub(crate) what: What,
}

#[derive(Debug, Serialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(crate) enum What {
    DeploymentCreated {
        deployment_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        rolls_back: Option<String>,
    },
    LifecycleEvent {
        deployment_id: String,
        name: &'static str,
        status: &'static str,
    },
    HookInvoked {
        deployment_id: String,
        event: &'static str,
        function: String,
        attempt: u8,
    },
    HookEnded {
        deployment_id: String,
        event: &'static str,
        function: String,
        attempt: u8,
        answer: HookAnswer,
    },
    HookReported {
        deployment_id: String,
        status: String,
    },
    /// A function that runs on a schedule has run.
    ScheduledRunEnded {
        rule: String,
        function: String,
        answer: HookAnswer,
    },
    Alias {
        #[serde(skip)]
        function: String,
        alias: String,
        #[serde(flatten)]
        state: AliasState,
    },
    /// Requests during the traffic step that the alias line before it began.
    Traffic {
        /// What each version answered in all of the step.
        versions: BTreeMap<String, Counts>,
        /// The same minute by minute, without those in which nothing was sent.
        minutes: Vec<MinuteCounts>,
    },
    /// What all versions of the function depend on fails many calls, or does so no longer.
    Outage { status: &'static str },
    Alarm {
        name: String,
        state: String,
        reason: String,
    },
    DeploymentEnded {
        deployment_id: String,
        status: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<ErrorInformation>,
    },
}

impl What {
    /// Whether it is a run of the watch while nothing shifted.
    fn is_idle_run(&self) -> bool {
        matches!(self, Self::ScheduledRunEnded { answer: HookAnswer::Watch(answer), .. } if answer.shifts.is_empty())
    }
}

/// CodeDeploy's `errorInformation`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ErrorInformation {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// What a hook function answered, or one that runs on a schedule; AWS never looks at it, people do.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum HookAnswer {
    /// The report of one of our hooks.
    Report(Box<Report>),
    /// What our watch published.
    Watch(Box<WatchAnswer>),
    /// Something else: the answer of a hook that is not ours, or of one that reports nothing.
    Other(String),
    /// The function failed: its error object, and the end of its output.
    #[serde(rename_all = "camelCase")]
    FunctionError { error: String, log_tail: String },
}

impl HookAnswer {
    fn of(payload: String, function_error: bool, log_tail: String) -> Self {
        if function_error {
            return Self::FunctionError {
                error: payload,
                log_tail,
            };
        }
        if let Ok(report) = serde_json::from_str(&payload) {
            Self::Report(Box::new(report))
        } else if let Ok(answer) = serde_json::from_str(&payload) {
            Self::Watch(Box::new(answer))
        } else {
            Self::Other(payload)
        }
    }
}

/// The lines of a timeline as they come in.
#[derive(Debug)]
pub(crate) struct Timeline {
    start: Timestamp,
    lines: Vec<Line>,
}

impl Timeline {
    /// An empty timeline whose times count from `start`.
    pub(crate) fn new(start: Timestamp) -> Self {
        Self {
            start,
            lines: Vec::new(),
        }
    }

    /// Adds what the emulator says; the position of the line.
    pub(crate) fn add(&mut self, entry: TimelineEntry) -> usize {
        let at_ms = millis(entry.at.since(self.start));
        self.lines.push(Line {
            at_ms,
            what: what(entry.happening),
        });
        self.lines.len() - 1
    }

    /// Adds that an outage begins or ends.
    pub(crate) fn add_outage(&mut self, at: Timestamp, status: &'static str) {
        let at_ms = millis(at.since(self.start));
        let what = What::Outage { status };
        self.lines.push(Line { at_ms, what });
    }

    /// Adds the traffic of the step that the alias line at `alias_line` began, right behind that line.
    pub(crate) fn add_traffic(&mut self, alias_line: usize, minutes: Vec<MinuteCounts>) {
        let mut versions: BTreeMap<String, Counts> = BTreeMap::new();
        for (version, counts) in minutes.iter().flat_map(|minute| &minute.versions) {
            let sum = versions.entry(version.clone()).or_default();
            sum.requests += counts.requests;
            sum.errors += counts.errors;
        }
        let at_ms = self.lines.get(alias_line).map_or(0, |line| line.at_ms);
        let position = (alias_line + 1).min(self.lines.len());
        self.lines.insert(
            position,
            Line {
                at_ms,
                what: What::Traffic { versions, minutes },
            },
        );
    }

    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// All lines but those of a watch that saw nothing shift.
    pub(crate) fn into_lines(self) -> Vec<Line> {
        let mut lines = self.lines;
        lines.retain(|line| !line.what.is_idle_run());
        lines
    }
}

/// Moves what hooks answered to where they were invoked: a hook reports before it answers, and what it reports leads
/// to other things at once, but people want to read the answer first.
pub(crate) fn answers_first(entries: Vec<TimelineEntry>) -> Vec<TimelineEntry> {
    let mut arranged: Vec<TimelineEntry> = Vec::with_capacity(entries.len());
    for entry in entries {
        let answers = |earlier: &TimelineEntry| match (&earlier.happening, &entry.happening) {
            (
                Happening::HookInvoked {
                    deployment_id,
                    event,
                    attempt,
                    ..
                },
                Happening::HookEnded {
                    deployment_id: id,
                    event: served,
                    attempt: ended,
                    ..
                },
            ) => (deployment_id, event, attempt) == (id, served, ended),
            _ => false,
        };
        let position = arranged
            .iter()
            .rposition(answers)
            .map_or(arranged.len(), |invocation| invocation + 1);
        arranged.insert(position, entry);
    }
    arranged
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn what(happening: Happening) -> What {
    match happening {
        Happening::DeploymentCreated {
            deployment_id,
            rolls_back,
        } => What::DeploymentCreated {
            deployment_id,
            rolls_back,
        },
        Happening::LifecycleEvent {
            deployment_id,
            name,
            status,
        } => What::LifecycleEvent {
            deployment_id,
            name,
            status,
        },
        Happening::HookInvoked {
            deployment_id,
            event,
            function,
            attempt,
        } => What::HookInvoked {
            deployment_id,
            event,
            function,
            attempt,
        },
        Happening::HookEnded {
            deployment_id,
            event,
            function,
            attempt,
            payload,
            function_error,
            log_tail,
        } => {
            let answer = HookAnswer::of(payload, function_error, log_tail);
            What::HookEnded {
                deployment_id,
                event,
                function,
                attempt,
                answer,
            }
        }
        Happening::HookReported {
            deployment_id,
            status,
        } => What::HookReported {
            deployment_id,
            status,
        },
        Happening::ScheduledRunEnded {
            rule,
            function,
            payload,
            function_error,
            log_tail,
        } => What::ScheduledRunEnded {
            rule,
            function,
            answer: HookAnswer::of(payload, function_error, log_tail),
        },
        Happening::AliasUpdated {
            function,
            alias,
            function_version,
            additional_version_weight,
        } => {
            let additional_version_weights = additional_version_weight.into_iter().collect();
            What::Alias {
                function,
                alias,
                state: AliasState {
                    function_version,
                    additional_version_weights,
                },
            }
        }
        Happening::AlarmState {
            name,
            state,
            reason,
        } => What::Alarm {
            name,
            state,
            reason,
        },
        Happening::DeploymentEnded {
            deployment_id,
            status,
            error,
        } => {
            let error = error.map(|(code, message)| ErrorInformation { code, message });
            What::DeploymentEnded {
                deployment_id,
                status,
                error,
            }
        }
    }
}

/// What one version answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) requests: u32,
    /// Function errors, as Lambda's metric `Errors` counts them.
    pub(crate) errors: u32,
}

/// What the versions answered in one minute.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MinuteCounts {
    /// When it starts, in simulated time.
    pub(crate) at: Moment,
    pub(crate) versions: BTreeMap<String, Counts>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_hook_answered_stands_where_it_was_invoked() {
        let entry = |happening| TimelineEntry {
            at: Timestamp::from_millis(0),
            happening,
        };
        let (id, function) = (|| "d-1".to_owned(), || "one function for both".to_owned());
        let invoked = |event, attempt| {
            entry(Happening::HookInvoked {
                deployment_id: id(),
                event,
                function: function(),
                attempt,
            })
        };
        let reported = || {
            entry(Happening::HookReported {
                deployment_id: id(),
                status: "Succeeded".to_owned(),
            })
        };
        let ended = |event, attempt| {
            entry(Happening::HookEnded {
                deployment_id: id(),
                event,
                function: function(),
                attempt,
                payload: String::new(),
                function_error: false,
                log_tail: String::new(),
            })
        };
        let arranged = answers_first(vec![
            invoked("before", 1),
            reported(),
            invoked("after", 1),
            ended("before", 1),
            reported(),
            ended("after", 1),
            ended("after", 2),
        ]);
        let expected = [
            invoked("before", 1),
            ended("before", 1),
            reported(),
            invoked("after", 1),
            ended("after", 1),
            reported(),
            ended("after", 2),
        ];
        assert_eq!(arranged, expected);
    }
}
