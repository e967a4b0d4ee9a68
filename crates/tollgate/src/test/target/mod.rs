//! What is tested: a module per way to invoke it.

pub(super) mod lambda;
pub(super) mod over_http;
mod ramp_up;

use checks::{Invoke, Report};

/// Something that answers test events.
pub(super) trait Target: Invoke {
    /// The version that answers for [`Side::Current`](checks::Side::Current), where answers are to be compared with its.
    fn current_version(&self) -> Option<&str> {
        None
    }

    /// For people, what was tested; when the events have run, with the version that answered.
    fn shown(&self) -> String;

    /// The report with what the target knows of itself, when the events have run: alias and version.
    fn identified(&self, report: Report) -> Report;

    /// What the reader of the report should know about who answered, when the events have run.
    fn notes(&self) -> Vec<String>;

    /// Completes, with the reason, once it is clear that no event can be answered, whichever it is.
    fn given_up(&self) -> impl Future<Output = String>;

    /// That reason, where it came to that, with what to do about it.
    fn reason(&self) -> Option<String>;
}
