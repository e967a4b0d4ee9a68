//! Deployment packages: zip files, unpacked once, and directories packed for whoever asks for a function's code.

use std::fs::{self, File};
use std::io::{self, Cursor, Read, Write};
use std::path::{Component, Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// Why a zip file cannot be a deployment package.
#[derive(Debug)]
pub(super) enum Unpackable {
    /// It is no zip file, is damaged, or has names that lead out of it.
    Malformed,
    /// More comes out of it than may.
    TooLarge,
    /// The files could not be written.
    Write(io::Error),
}

/// How many files, directories and links a package may have. Lambda says nothing of it; a file system has only so many,
/// and a small zip file could use them up.
const MAX_ENTRIES: usize = 100_000;

/// The longest text of a link, in bytes (`PATH_MAX` of Linux, with the byte that ends it).
const MAX_LINK_BYTES: usize = 4095;

/// Unpacks a zip file into the empty directory `target`: how many bytes the files have together, which may be
/// `limit`.
///
/// Permission bits are kept. Links are made when everything else is there, so that nothing is written through them,
/// and may lead only to what is in the package, also over each other. What comes out is counted as it comes, whatever
/// the zip file says of its sizes.
pub(super) fn unpack(zip: &[u8], target: &Path, limit: u64) -> Result<u64, Unpackable> {
    unpack_within(zip, target, limit, MAX_ENTRIES)
}

fn unpack_within(
    zip: &[u8],
    target: &Path,
    limit: u64,
    mut entries: usize,
) -> Result<u64, Unpackable> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(|_| Unpackable::Malformed)?;
    let mut left = limit;
    let mut links = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|_| Unpackable::Malformed)?;
        let name = entry
            .name()
            .map_err(|_| Unpackable::Malformed)?
            .into_owned();
        let path = target.join(inside(&name).ok_or(Unpackable::Malformed)?);
        if entry.is_dir() {
            create_directory(&path, &mut entries)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            create_directory(parent, &mut entries)?;
        }
        count(&mut entries)?;
        if entry.is_symlink() {
            let mut to = String::new();
            let most = MAX_LINK_BYTES as u64 + 1;
            let read = entry.by_ref().take(most).read_to_string(&mut to);
            read.map_err(|_| Unpackable::Malformed)?;
            if to.len() > MAX_LINK_BYTES {
                return Err(Unpackable::Malformed);
            }
            links.push((path, to));
            continue;
        }
        let mut file = File::create(&path).map_err(misplaced)?;
        // One byte more than may be, so that too much is seen.
        left = left
            .checked_sub(copy(&mut entry.by_ref().take(left + 1), &mut file)?)
            .ok_or(Unpackable::TooLarge)?;
        set_mode(&file, entry.unix_mode()).map_err(Unpackable::Write)?;
    }
    for (path, to) in &links {
        link(path, to)?;
    }
    // Only now, for links lead to links, in whatever order they come.
    let root = target.canonicalize().map_err(Unpackable::Write)?;
    for (path, _) in &links {
        // The system follows all links on the way, which no reading of the text would; what leads nowhere leads out.
        if !path.canonicalize().is_ok_and(|to| to.starts_with(&root)) {
            return Err(Unpackable::Malformed);
        }
    }
    Ok(limit - left)
}

/// One entry more, of which there may be only so many.
fn count(entries: &mut usize) -> Result<(), Unpackable> {
    *entries = entries.checked_sub(1).ok_or(Unpackable::Malformed)?;
    Ok(())
}

/// As [`fs::create_dir_all`], where each directory that is made counts as an entry.
fn create_directory(path: &Path, entries: &mut usize) -> Result<(), Unpackable> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_directory(parent, entries)?;
    }
    count(entries)?;
    fs::create_dir(path).map_err(misplaced)
}

/// The path of an entry below the package's directory; `None` for one that leads elsewhere.
fn inside(name: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    let usable = !path.as_os_str().is_empty() && !name.contains(['\0', '\\']);
    usable.then_some(path)
}

/// As [`io::copy`], with the two sides' errors told apart.
fn copy(from: &mut impl Read, to: &mut impl Write) -> Result<u64, Unpackable> {
    let mut buffer = vec![0_u8; 1 << 16];
    let mut copied = 0;
    loop {
        let count = from.read(&mut buffer).map_err(|_| Unpackable::Malformed)?;
        let Some(chunk) = buffer.get(..count).filter(|chunk| !chunk.is_empty()) else {
            return Ok(copied);
        };
        to.write_all(chunk).map_err(Unpackable::Write)?;
        copied += count as u64;
    }
}

/// A package that has a file where it needs a directory, or the other way about, is malformed; other errors are the
/// system's.
fn misplaced(error: io::Error) -> Unpackable {
    match error.kind() {
        io::ErrorKind::AlreadyExists
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::IsADirectory
        | io::ErrorKind::InvalidFilename => Unpackable::Malformed,
        _ => Unpackable::Write(error),
    }
}

#[cfg(unix)]
fn set_mode(file: &File, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    match mode {
        // Readable by its owner, so that it can be copied.
        Some(mode) => file.set_permissions(fs::Permissions::from_mode(mode & 0o777 | 0o400)),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn set_mode(_: &File, _: Option<u32>) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn link(path: &Path, to: &str) -> Result<(), Unpackable> {
    if Path::new(to).is_absolute() {
        return Err(Unpackable::Malformed);
    }
    std::os::unix::fs::symlink(to, path).map_err(misplaced)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &str) -> Result<(), Unpackable> {
    Err(Unpackable::Malformed)
}

/// A zip file of everything below `directory`, in the order of the names.
pub(super) fn pack(directory: &Path) -> io::Result<Vec<u8>> {
    let mut files = Vec::new();
    super::content::list(directory, &mut files)?;
    files.sort();
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for file in files {
        let name = file.strip_prefix(directory).unwrap_or(&file);
        let options = SimpleFileOptions::default()
            .unix_permissions(mode(&fs::metadata(&file)?))
            .large_file(false);
        zip.start_file_from_path(name, options)
            .map_err(io::Error::other)?;
        io::copy(&mut File::open(&file)?, &mut zip)?;
    }
    let zip = zip.finish().map_err(io::Error::other)?;
    Ok(zip.into_inner())
}

#[cfg(unix)]
fn mode(metadata: &fs::Metadata) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    // The copies are read-only, which the package was not.
    metadata.permissions().mode() & 0o777 | 0o200
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> u32 {
    0o755
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    enum Entry {
        File(&'static str, u32, &'static str),
        Link(&'static str, &'static str),
    }
    use Entry::{File as F, Link as L};

    fn zip(entries: &[Entry]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for entry in entries {
            match entry {
                F(name, mode, text) => {
                    let options = SimpleFileOptions::default().unix_permissions(*mode);
                    zip.start_file(*name, options).unwrap();
                    zip.write_all(text.as_bytes()).unwrap();
                }
                L(name, to) => zip
                    .add_symlink(*name, *to, SimpleFileOptions::default())
                    .unwrap(),
            }
        }
        zip.finish().unwrap().into_inner()
    }

    const LIMIT: u64 = 1 << 20;

    fn unpacked(bytes: &[u8]) -> Result<(tempfile::TempDir, u64), &'static str> {
        let around = tempfile::tempdir().unwrap();
        let target = around.path().join("package");
        fs::create_dir(&target).unwrap();
        let size = unpack(bytes, &target, LIMIT).map_err(|why| match why {
            Unpackable::Malformed => "malformed",
            Unpackable::TooLarge => "too large",
            Unpackable::Write(_) => "write",
        });
        let outside: Vec<_> = fs::read_dir(around.path()).unwrap().collect();
        assert_eq!(outside.len(), 1, "something was written beside the package");
        Ok((around, size?))
    }

    #[test]
    fn permissions_and_links_inside_are_kept() {
        let (around, size) = unpacked(&zip(&[
            L("bin/run", "../bootstrap"),
            // To links that come later, as shared libraries have them.
            L("lib/a.so", "a.so.1"),
            L("lib/a.so.1", "a.so.1.2"),
            L("lib64", "lib"),
            F("lib/a.so.1.2", 0o644, ""),
            F("bootstrap", 0o755, "#!/bin/sh"),
            F("./data/a.json", 0o640, "{}"),
        ]))
        .unwrap();
        assert_eq!(size, 11);
        let package = around.path().join("package");
        let mode = |name: &str| {
            fs::metadata(package.join(name))
                .unwrap()
                .permissions()
                .mode()
        };
        assert_eq!(mode("bootstrap") & 0o777, 0o755);
        assert_eq!(mode("data/a.json") & 0o777, 0o640);
        assert_eq!(
            fs::read_to_string(package.join("bin/run")).unwrap(),
            "#!/bin/sh"
        );
        assert!(package.join("lib64/a.so").is_file());
        let again = pack(&package).unwrap();
        let (around, _) = unpacked(&again).unwrap();
        let again = around.path().join("package");
        assert_eq!(fs::read_to_string(again.join("data/a.json")).unwrap(), "{}");
    }

    #[test]
    fn what_leads_out_of_the_package_is_refused() {
        let rows: &[&[Entry]] = &[
            &[F("../evil", 0o644, "x")],
            &[F("a/../../evil", 0o644, "x")],
            &[F("/etc/evil", 0o644, "x")],
            &[F("a\\..\\evil", 0o644, "x")],
            &[L("link", "/etc")],
            &[L("link", "..")],
            &[L("link", "nowhere")],
            &[L("one", "two"), L("two", "one")],
            &[L("one", "two"), L("two", "..")],
            &[L("link", ".."), F("link/evil", 0o644, "x")],
            // Each leads inside as it is written, and both together out.
            &[
                F("a/b/file", 0o644, "x"),
                L("a/b/up", "../.."),
                L("out", "a/b/up/.."),
            ],
            &[F("a", 0o644, "x"), F("a/b", 0o644, "x")],
        ];
        for entries in rows {
            assert_eq!(unpacked(&zip(entries)).err(), Some("malformed"));
        }
        assert_eq!(unpacked(b"no zip").err(), Some("malformed"));
        let mut damaged = zip(&[F(
            "bootstrap",
            0o755,
            "some text that is longer than nothing",
        )]);
        damaged[45] ^= 0xff;
        assert_eq!(unpacked(&damaged).err(), Some("malformed"));
    }

    #[test]
    fn what_a_link_says_is_not_cut_off() {
        // What a link can hold of it would lead inside.
        let to = format!("{}bootstrap/../..", "./".repeat(2043));
        assert!(to[..MAX_LINK_BYTES].ends_with("bootstrap"), "{to}");
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        zip.add_directory("bootstrap", options).unwrap();
        zip.add_symlink("link", to, options).unwrap();
        let zip = zip.finish().unwrap().into_inner();
        assert_eq!(unpacked(&zip).err(), Some("malformed"));
    }

    #[test]
    fn entries_are_counted_with_the_directories_that_they_need() {
        let bytes = zip(&[
            F("a/b/one", 0o644, "x"),
            F("a/b/two", 0o644, "x"),
            F("a/c/three", 0o644, "x"),
            L("four", "a"),
        ]);
        for (entries, expected) in [(7, true), (6, false), (3, false)] {
            let target = tempfile::tempdir().unwrap();
            let unpacked = unpack_within(&bytes, target.path(), LIMIT, entries);
            assert_eq!(unpacked.is_ok(), expected, "{entries}");
        }
    }

    #[test]
    fn a_bomb_is_stopped_where_the_limit_is() {
        let bytes = |last: &[u8]| {
            let mut bomb = ZipWriter::new(Cursor::new(Vec::new()));
            let half = vec![0_u8; 1 << 19];
            for (name, text) in [("one", half.as_slice()), ("two", &half), ("three", last)] {
                bomb.start_file(name, SimpleFileOptions::default()).unwrap();
                bomb.write_all(text).unwrap();
            }
            bomb.finish().unwrap().into_inner()
        };
        assert_eq!(unpacked(&bytes(b"")).map(|(_, size)| size), Ok(LIMIT));
        let bytes = bytes(b"0");
        assert!(bytes.len() < 10_000);
        assert_eq!(unpacked(&bytes).err(), Some("too large"));
    }
}
