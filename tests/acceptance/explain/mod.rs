//! `tollgate explain` as a process, on deployments that an emulator has played.

// What is not known: denied, missing, unreachable.
mod unknown;
// How a deployment ended, and why.
mod verdicts;
mod world;

pub(crate) use world::{World, variables};
