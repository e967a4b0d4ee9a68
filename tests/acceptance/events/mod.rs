//! `tollgate events` as a process, between files and an emulator's registry.

// What each command does, and says.
mod commands;
// Others who write at the same moment.
mod concurrency;
// What cannot be done, or is ended halfway.
mod refusals;
mod world;
