//! `tollgate changeset execute`.

use std::io::Write;

use anyhow::{Result, bail};

use crate::cli::ExecuteChangeset;
use crate::exit::Exit;

pub(super) async fn execute(
    _args: &ExecuteChangeset,
    _out: &mut impl Write,
    _err: &mut impl Write,
) -> Result<Exit> {
    bail!("on its way")
}
