//! The emulator under the real AWS SDKs and the real Lambda runtime client: if both are content, so will AWS's be.

// What alarms see of invocations, and what the registry holds.
mod alarms;
// Deployments that a client creates, from its own AppSpec to the report of the real hooks.
mod appspecs;
// CodeDeploy's view of a deployment.
mod deployments;
mod events;
// What functions are told, and what becomes of their answers.
mod functions;
// What functions write, as it is read back.
mod logs;
// Versions that never change, and aliases that point at them.
mod versions;
mod world;
