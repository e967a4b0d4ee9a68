//! `tollgate`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    tollgate::main()
}
