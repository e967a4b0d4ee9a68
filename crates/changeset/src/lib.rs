#![doc = include_str!("../README.md")]

mod class;
mod conditional;
mod context;
mod deployments;
mod fate;
mod finding;
mod hints;
mod judge;
mod model;
mod parse;
mod policy;
mod protection;
mod readiness;
mod reasons;
mod review;
mod tree;
mod whole;

pub use class::Class;
pub use deployments::{CodeDeploy, Deployment, Gating, How, Named, Shift, Templates, deployments};
pub use fate::Fate;
pub use finding::{Cause, Finding};
pub use judge::{Conditional, Effect, Verdict};
pub use model::{
    Action, Change, ChangeSet, ChangeSource, Detail, Evaluation, ExecutionStatus, Parameter,
    PolicyAction, Replacement, RequiresRecreation, ResourceChange, Status, Target,
};
pub use parse::{ParseError, parse};
pub use policy::{Allow, Loss, NotAllow, Policy};
pub use readiness::Readiness;
pub use review::{Review, review};
pub use tree::ReviewError;
pub use whole::Flaw;
