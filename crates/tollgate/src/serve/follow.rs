//! What happens while it serves, line by line.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use emulator::{Emulator, Timestamp};

use crate::draw::MARGIN;
use crate::timeline::{Timeline, What, answers_first, is_shown, write_line};

/// How late a line may be.
const PERIOD: Duration = Duration::from_millis(200);

/// Says on `err` what happens, as long as it is polled.
pub(super) async fn follow(emulator: &Emulator, err: &mut impl Write) -> Result<Infallible> {
    let mut follower = Follower::default();
    loop {
        let entries = answers_first(emulator.take_timeline());
        if !entries.is_empty() {
            // Counted from the epoch: what is shown is the time of day.
            let mut timeline = Timeline::new(Timestamp::from_millis(0));
            for entry in entries {
                timeline.add(entry);
            }
            for line in timeline.into_lines() {
                write!(err, "{}", follower.text(line.at_ms, &line.what)?)?;
            }
            err.flush()?;
        }
        tokio::time::sleep(PERIOD).await;
    }
}

/// What of the lines before a line is needed for it.
#[derive(Default)]
struct Follower {
    /// The deployments that roll another back.
    rollbacks: BTreeSet<String>,
    /// The last time that was shown.
    shown: String,
}

impl Follower {
    /// A line as people read it; nothing where another says as much.
    fn text(&mut self, at_ms: u64, what: &What) -> Result<String, std::fmt::Error> {
        use std::fmt::Write as _;
        if let What::DeploymentCreated {
            deployment_id,
            rolls_back: Some(_),
        } = what
        {
            self.rollbacks.insert(deployment_id.clone());
        }
        let is_rollback = |id: &str| self.rollbacks.contains(id);
        let mut text = String::new();
        if !is_shown(what, is_rollback) {
            return Ok(text);
        }
        let time = time_of_day(at_ms);
        let is_new = time != self.shown;
        let width = MARGIN.len() - 2;
        write!(text, "{:>width$}  ", if is_new { &time } else { "" })?;
        match what {
            // Clients move aliases of many functions.
            What::Alias {
                function,
                alias,
                state,
            } => writeln!(text, "  {function}:{alias} → {state}")?,
            _ => write_line(&mut text, what, is_rollback)?,
        }
        if let What::DeploymentEnded { deployment_id, .. } = what {
            self.rollbacks.remove(deployment_id);
        }
        self.shown = time;
        Ok(text)
    }
}

/// `hh:mm:ss` of a UTC day.
fn time_of_day(millis: u64) -> String {
    let seconds = millis / 1000 % (24 * 60 * 60);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alias::AliasState;
    use crate::timeline::HookAnswer;

    #[test]
    fn lines_say_when_and_of_which_function() {
        let created = |rolls_back: Option<&str>| What::DeploymentCreated {
            deployment_id: rolls_back.map_or("d-1", |_| "d-2").to_owned(),
            rolls_back: rolls_back.map(str::to_owned),
        };
        let alias = What::Alias {
            function: "f".to_owned(),
            alias: "prod".to_owned(),
            state: AliasState {
                function_version: "2".to_owned(),
                additional_version_weights: [("3".to_owned(), 0.1)].into(),
            },
        };
        let succeeded = |id: &str| What::LifecycleEvent {
            deployment_id: id.to_owned(),
            name: "AllowTraffic",
            status: "Succeeded",
        };
        let run = |answer| What::ScheduledRunEnded {
            rule: "r".to_owned(),
            function: "f".to_owned(),
            answer,
        };
        let rows = [
            (created(None), "02:46:40  d-1 created\n"),
            (
                alias,
                "            f:prod → version 2 90 %, version 3 10 %\n",
            ),
            (
                created(Some("d-1")),
                "          d-2 created to roll back d-1\n",
            ),
            (succeeded("d-2"), ""),
            (
                run(HookAnswer::Other("null".to_owned())),
                "            f ran on the schedule r: null\n",
            ),
            (
                run(HookAnswer::FunctionError {
                    error: r#"{"errorMessage":"no"}"#.to_owned(),
                    log_tail: String::new(),
                }),
                "            f failed: no\n",
            ),
            (succeeded("d-1"), "          AllowTraffic Succeeded\n"),
        ];
        let mut follower = Follower::default();
        for (what, expected) in rows {
            let text = follower.text(10_000_000, &what).unwrap();
            assert_eq!(anstream::adapter::strip_str(&text).to_string(), expected);
        }
        let text = follower.text(86_400_000, &succeeded("d-1")).unwrap();
        assert!(text.starts_with("00:00:00"), "{text}");
    }
}
