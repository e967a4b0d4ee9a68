//! `tollgate changeset create`.

use std::io::Write;

use anyhow::{Result, bail};

use crate::cli::CreateChangeset;
use crate::exit::Exit;

pub(super) async fn create(
    _args: &CreateChangeset,
    _out: &mut impl Write,
    _err: &mut impl Write,
) -> Result<Exit> {
    bail!("on its way")
}
