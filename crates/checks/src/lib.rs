#![doc = include_str!("../README.md")]

mod answer;
mod check;
mod compare;
pub mod edge_cases;
mod event;
mod expectation;
mod judge;
mod matching;
mod number;
mod outcome;
mod path;
mod place;
mod proposal;
mod raw;
pub mod registry;
mod repeat;
mod report;
mod response;
mod run;
mod shown;
mod spelled;

pub use answer::Answer;
pub use event::{
    Content, Source, TestEvent, document_name, expectation_name, file_name, merge, pair,
};
pub use expectation::{Expectation, ExpectationError, parse_json};
pub use judge::judge;
pub use outcome::{Difference, Mismatch, Outcome};
pub use place::{Place, Places};
pub use proposal::{Change, NotProposed, Proposal, Proposed, Why, propose};
pub use repeat::{Finding, Found, Interval, Repeats};
pub use report::{
    Calls, Canary, CheckedEvent, Durations, LeftOut, Part, Report, Timed, TimedBy, Took, Verdict,
};
pub use run::{Comparison, Invoke, Run, Side, run, run_watched};
pub use spelled::Spelled;
