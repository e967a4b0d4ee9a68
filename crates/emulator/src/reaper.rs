//! The end of what an emulator leaves behind when it is killed and cannot end it itself.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, Write as _};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

/// Ends each record, so that one that was cut off is never taken for another.
const END: u8 = 0;

/// A process beside the emulator's that outlives it for a moment: it kills the process groups and removes the
/// directories that are left when the emulator is gone, whatever ended it (`SIGKILL` included).
///
/// It learns of that by the end of a pipe that the emulator alone holds open. Of a process that was started in the very
/// moment in which the emulator was killed it may not have heard; nor does it find processes that have left their
/// group (`setsid`).
/// Cloning shares the process.
#[derive(Clone, Debug)]
pub struct Reaper {
    pipe: Arc<Mutex<ChildStdin>>,
}

impl Reaper {
    /// Starts `command`, which must do [`reap`] with its standard input.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(mut command: Command) -> io::Result<Self> {
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // A group of its own: what kills the emulator's group does not reach it, nor does Ctrl-C.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let pipe = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Self {
            pipe: Arc::new(Mutex::new(pipe)),
        })
    }

    /// A directory to remove with everything in it; nothing happens where its path is not UTF-8.
    pub fn directory(&self, path: &Path) {
        if let Some(path) = path.to_str() {
            self.tell('d', path);
        }
    }

    /// A process group that must not stay.
    pub(crate) fn started(&self, group: i32) {
        self.tell('+', &group.to_string());
    }

    /// A process group that has ended: its id may become another's.
    pub(crate) fn ended(&self, group: i32) {
        self.tell('-', &group.to_string());
    }

    fn tell(&self, kind: char, what: &str) {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        // Where somebody has killed the reaper, the emulator still ends everything itself when it can.
        let _ = pipe.write_all(format!("{kind}{what}\0").as_bytes());
    }
}

/// What the process of a [`Reaper`] does: listens to `input` until its end, then kills and removes what is left.
///
/// # Errors
/// When `input` cannot be read, or a directory cannot be removed; everything else has been done then.
pub fn reap(mut input: impl BufRead) -> io::Result<()> {
    let mut groups = BTreeSet::new();
    let mut directories = BTreeSet::new();
    let mut record = Vec::new();
    let read = loop {
        record.clear();
        match input.read_until(END, &mut record) {
            Ok(0) => break Ok(()),
            Err(error) => break Err(error),
            Ok(_) => {}
        }
        let text = record
            .strip_suffix(&[END])
            .and_then(|text| str::from_utf8(text).ok());
        let Some((kind, what)) = text.and_then(|text| text.split_at_checked(1)) else {
            continue;
        };
        match (kind, what.parse::<i32>()) {
            ("+", Ok(group)) => {
                groups.insert(group);
            }
            ("-", Ok(group)) => {
                groups.remove(&group);
            }
            ("d", _) => {
                directories.insert(what.to_owned());
            }
            _ => {}
        }
    };
    for group in groups {
        kill_group(group);
    }
    let removed = directories
        .iter()
        .map(|directory| match fs::remove_dir_all(directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        });
    removed.fold(read, |done, removed| done.and(removed))
}

/// Kills all processes of a group.
#[cfg(unix)]
pub(crate) fn kill_group(leader: i32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(leader) = Pid::from_raw(leader) {
        // It fails only when no process of the group is left, which is the aim.
        let _ = kill_process_group(leader, Signal::KILL);
    }
}

#[cfg(not(unix))]
pub(crate) fn kill_group(_: i32) {}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{BufReader, Read as _};
    use std::os::unix::process::CommandExt as _;
    use std::process::Child;

    use super::*;

    #[expect(clippy::unwrap_used, reason = "a helper of tests")]
    /// A process that ignores SIGTERM, and another that it has started; both hold its standard output open.
    fn family() -> Child {
        let mut child = Command::new("sh")
            .args(["-c", "trap '' TERM; sleep 1000 & echo up; wait"])
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut first = [0; 3];
        child
            .stdout
            .as_mut()
            .unwrap()
            .read_exact(&mut first)
            .unwrap();
        child
    }

    #[test]
    fn what_is_left_is_killed_and_removed_and_nothing_else() {
        let mut families = [family(), family()];
        let [left, ended] = families.each_ref().map(|child| child.id().cast_signed());
        let parent = tempfile::tempdir().unwrap();
        let directories = ["left", "left-too"].map(|name| parent.path().join(name));
        for directory in &directories {
            fs::create_dir_all(directory.join("sub")).unwrap();
        }
        let [one, other] = directories.each_ref().map(|path| path.display());
        // The last record was cut off: it is the beginning of another path.
        let records = format!("+{left}\0+{ended}\0-{ended}\0?\0d{one}\0d{one}-never-was\0d{other}");
        reap(records.as_bytes()).unwrap();

        let mut rest = String::new();
        let mut output = BufReader::new(families[0].stdout.take().unwrap());
        // It ends when the last process of the group is gone.
        output.read_to_string(&mut rest).unwrap();
        families[0].wait().unwrap();
        assert!(
            families[1].try_wait().unwrap().is_none(),
            "a group that has ended was killed"
        );
        kill_group(ended);
        families[1].wait().unwrap();
        let exist = directories.map(|directory| directory.exists());
        assert_eq!(exist, [false, true]);
    }

    #[test]
    fn a_reaper_hears_of_groups_and_directories() {
        let directory = tempfile::tempdir().unwrap();
        let heard = directory.path().join("heard");
        let mut command = Command::new("sh");
        command.args([
            "-c",
            r#"cat > "$1.part"; mv "$1.part" "$1"; echo > "$2""#,
            "sh",
        ]);
        let done = directory.path().join("done");
        assert!(
            Command::new("mkfifo")
                .arg(&done)
                .status()
                .unwrap()
                .success()
        );
        command.args([&heard, &done]);
        let reaper = Reaper::start(command).unwrap();
        let clone = reaper.clone();
        clone.started(12);
        clone.ended(12);
        clone.directory(Path::new("/d"));
        drop((reaper, clone));
        // The pipe opens when the other end does.
        fs::read(done).unwrap();
        assert_eq!(fs::read(heard).unwrap(), b"+12\0-12\0d/d\0");
    }
}
