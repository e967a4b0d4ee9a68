//! The acceptance tests of the whole workspace, in one binary because linking it takes longer than running it.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, outside of test functions"
)]

// Whether wrong input ends in one clear message and nothing left running.
mod bad_input;
// `tollgate changeset` as a process.
mod changeset;
// `tollgate changeset` with change sets that a stand-in of CloudFormation describes.
mod changeset_api;
// What `tollgate changeset` says of deployments and gates.
mod changeset_deployments;
// The emulator under the real AWS SDKs and the real Lambda runtime client.
mod conformance;
// What `tollgate serve --data-dir` keeps.
mod durability;
// `tollgate events`, between files and an emulator's registry.
mod events;
// Edge cases as files, and `tollgate test --generated` against releases with and without a defect.
mod edge_cases;
// `tollgate explain`, on deployments that an emulator has played.
mod explain;
// The hooks' binaries as processes, among endpoints that fail as a script says.
mod faults;
// The real hooks in emulated deployments, by what CodeDeploy received of them.
mod gate;
mod harness;
// `tollgate plan` as a process.
mod plan;
// A relay that refuses some actions, notes all, and says when others may come in between.
mod relay;
// `tollgate init`, and the deployment of what it writes.
mod init;
// What must be true of the repository itself.
mod repository;
// Functions that bring no program of their own.
mod runtimes;
// Every scenario of a rehearsal, by its exit status and by where it leaves the alias.
mod scenarios;
// `tollgate serve` as a process.
mod serve;
// Console sessions that are documentation, the README's among them.
mod sessions;
mod stack;
// `tollgate test` as a process.
mod test;
// Other templates than ours.
mod variations;
// The watch of the shipped template, in a shift.
mod watch;
