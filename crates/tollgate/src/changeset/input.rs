//! Change sets from files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use changeset::ChangeSet;

/// The largest document that is read, in bytes: CloudFormation gives a page of 1 MB at a time, and the AWS CLI puts a few
/// of them together.
const LARGEST: u64 = 64 << 20;

/// Reads every file; `-` is standard input.
pub(super) fn read(files: &[String]) -> Result<Vec<ChangeSet>> {
    if files.iter().filter(|file| *file == "-").count() > 1 {
        bail!("standard input (`-`) can be read once only: give the other change sets as files");
    }
    files.iter().map(|file| read_one(file)).collect()
}

/// Reads a text.
pub(super) fn text(file: &Path) -> Result<String> {
    let document = File::open(file).and_then(limited);
    let text = document.and_then(|document| {
        String::from_utf8(document)
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
    });
    text.with_context(|| format!("cannot read {}", file.display()))
}

fn read_one(file: &str) -> Result<ChangeSet> {
    let (name, document) = if file == "-" {
        ("standard input", limited(io::stdin().lock()))
    } else {
        (file, File::open(file).and_then(limited))
    };
    let document = document.with_context(|| format!("cannot read {name}"))?;
    changeset::parse(&document).with_context(|| name.to_owned())
}

fn limited(source: impl Read) -> io::Result<Vec<u8>> {
    let mut document = Vec::new();
    source.take(LARGEST + 1).read_to_end(&mut document)?;
    if u64::try_from(document.len()).is_ok_and(|length| length > LARGEST) {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than {} MiB", LARGEST >> 20),
        ));
    }
    Ok(document)
}
