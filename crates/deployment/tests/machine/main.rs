//! The state machine, driven through a simulated world.

/// The deployments and scripts that the tests start from.
#[cfg(test)]
mod script;
/// A world that does what the machine asks for.
#[cfg(test)]
mod world;

/// A small independent account of what a deployment comes to.
#[cfg(test)]
mod model;
/// Every way through the lifecycle.
#[cfg(test)]
mod paths;
/// Random scripts against the model and the invariants.
#[cfg(test)]
mod properties;
/// `PutLifecycleEventHookExecutionStatus` and `StopDeployment`.
#[cfg(test)]
mod requests;
/// Rollback as a new deployment.
#[cfg(test)]
mod rollback;
/// Every code and text of `errorInformation`.
#[cfg(test)]
mod texts;
/// Late ticks, late answers, alarm polls and what is due next.
#[cfg(test)]
mod timing;
