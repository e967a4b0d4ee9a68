//! The real hooks in emulated deployments: whatever is unusual, CodeDeploy is told once, and the report says why.

// The alias that a PostTraffic hook finds.
mod alias;
// What the calls of the shift say.
mod canary;
// Deliveries that CodeDeploy did not make, or made twice.
mod deliveries;
// What the hook finds out from CodeDeploy.
mod discovery;
// What becomes of test events.
mod outcomes;
// What the hook's policies do not allow.
mod permissions;
// The `GATE_…` variables.
mod settings;
// Where test events come from.
mod sources;
mod world;
