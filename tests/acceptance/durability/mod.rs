//! What is in `--data-dir` after the emulator was killed, and with directories that cannot be used.

mod deployments;
mod kills;
/// Functions that clients bring.
mod package;
mod refused;
mod restarts;
mod served;
/// What a client has been told, and what it finds.
mod told;
