//! Layers: their content laid over each other in one directory, as Lambda does under `/opt`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where Lambda puts the content of layers.
const OPT: &str = "/opt";

/// The most that a deployment package and its layers may have unzipped, in bytes (Lambda quotas: 250 MB).
pub(crate) const MAX_UNZIPPED_BYTES: u64 = 250 * 1024 * 1024;

/// Copies the layers into `target`; a later one replaces files of an earlier one.
///
/// Links are followed, so that a link to a directory above would have no end but for the limits.
pub(super) fn overlay(layers: &[PathBuf], target: &Path) -> io::Result<()> {
    let mut left = MAX_UNZIPPED_BYTES;
    layers
        .iter()
        .try_for_each(|layer| copy_tree(layer, target, &mut left, 0))
}

fn copy_tree(from: &Path, to: &Path, left: &mut u64, depth: u32) -> io::Result<()> {
    if depth > 64 {
        return Err(io::Error::other(format!(
            "{} is nested deeper than 64 directories",
            from.display()
        )));
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let metadata = fs::metadata(entry.path())?;
        if metadata.is_dir() {
            fs::create_dir_all(&target)?;
            copy_tree(&entry.path(), &target, left, depth + 1)?;
        } else if metadata.is_file() {
            *left = left.checked_sub(metadata.len()).ok_or_else(|| {
                io::Error::other("there is more than the 250 MB that Lambda takes unzipped")
            })?;
            // What is there may be read-only, as a layer's files are.
            match fs::remove_file(&target) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

/// Takes the right to write from all files below `directory`; directories keep it, so that they can be removed.
pub(super) fn make_read_only(directory: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            make_read_only(&entry.path())?;
        } else if kind.is_file() {
            let mut permissions = entry.metadata()?.permissions();
            permissions.set_readonly(true);
            fs::set_permissions(entry.path(), permissions)?;
        }
    }
    Ok(())
}

/// The value of an environment variable, leading to `directory` where it names `/opt` or something below it.
pub(crate) fn map_opt(value: &str, directory: &Path) -> String {
    match value.strip_prefix(OPT) {
        Some("") => directory.display().to_string(),
        Some(below) if below.starts_with('/') => format!("{}{below}", directory.display()),
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_at_or_below_opt_are_mapped() {
        let rows = [
            ("/opt", "/tmp/layer"),
            ("/opt/events", "/tmp/layer/events"),
            ("/opt/", "/tmp/layer/"),
            ("/optional", "/optional"),
            ("opt", "opt"),
            ("", ""),
        ];
        for (value, expected) in rows {
            assert_eq!(map_opt(value, Path::new("/tmp/layer")), expected, "{value}");
        }
    }

    #[test]
    fn a_later_layer_wins() {
        let root = tempfile::tempdir().unwrap();
        let layer = |name: &str, files: &[(&str, &str)]| {
            let directory = root.path().join(name);
            for (file, text) in files {
                let path = directory.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            directory
        };
        let one = layer("one", &[("f/a.json", "1"), ("f/b.json", "1")]);
        let two = layer("two", &[("f/b.json", "2"), ("g/c.json", "2")]);
        let opt = root.path().join("opt");
        fs::create_dir(&opt).unwrap();
        // Also where the files of both are read-only.
        make_read_only(&one).unwrap();
        make_read_only(&two).unwrap();
        overlay(&[one, two], &opt).unwrap();
        let read = |file: &str| fs::read_to_string(opt.join(file)).unwrap();
        assert_eq!(
            (read("f/a.json"), read("f/b.json"), read("g/c.json")),
            ("1".into(), "2".into(), "2".into())
        );
    }

    #[test]
    fn a_link_without_end_has_one() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(root.path(), root.path().join("again")).unwrap();
        let target = tempfile::tempdir().unwrap();
        // The system's limit for links or ours for nesting, whichever comes first.
        assert!(overlay(&[root.path().to_owned()], target.path()).is_err());
    }
}
