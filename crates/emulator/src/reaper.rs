//! The end of what an emulator leaves behind when it is killed and cannot end it itself.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, Write as _};
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
#[cfg(unix)]
use std::{
    thread,
    time::{Duration, Instant},
};

#[cfg(unix)]
use rustix::process::{Pid, Signal, getpgid, kill_process_group};

/// Ends each record, so that one that was cut off is never taken for another.
const END: u8 = 0;

/// The variable by which the processes of an emulator's functions are known, whatever they start included.
pub(crate) const MARKER: &str = "TOLLGATE_EMULATOR";

/// A process beside the emulator's that outlives it for a moment: it kills the process groups and removes the
/// directories that are left when the emulator is gone, whatever ended it (`SIGKILL` included).
///
/// It learns of that by the end of a pipe that the emulator alone holds open, and that a process which it is just
/// starting holds until it runs its own program. From then on that process has a variable in its environment by which
/// it is found in `/proc`, also where the emulator was killed before it could tell of the group, or where it has left
/// its group (`setsid`). On systems without `/proc` only groups that were told of are killed.
/// Cloning shares the process.
#[derive(Clone, Debug)]
pub struct Reaper {
    pipe: Arc<Mutex<ChildStdin>>,
    mark: Arc<str>,
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
            .stderr(Stdio::null())
            // Where a function runs an emulator, this process ends what that one leaves, and must not end with it.
            .env_remove(MARKER);
        // A group of its own: what kills the emulator's group does not reach it, nor does Ctrl-C.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let pipe = child.stdin.take().ok_or(io::ErrorKind::BrokenPipe)?;
        // Two emulators that are started at the same instant are different processes.
        let mark = format!("{}-{:016x}", std::process::id(), fastrand::u64(..));
        let reaper = Self {
            pipe: Arc::new(Mutex::new(pipe)),
            mark: mark.into(),
        };
        // Before any process has it.
        reaper.tell('m', &reaper.mark);
        Ok(reaper)
    }

    /// The value of [`MARKER`] in the environment of each process that must not stay.
    pub(crate) fn mark(&self) -> &str {
        &self.mark
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
    let mut marks = BTreeSet::new();
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
            ("m", _) => {
                marks.insert(what.to_owned());
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
    #[cfg(unix)]
    kill_marked(&marks);
    let removed = directories
        .iter()
        .map(|directory| match fs::remove_dir_all(directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        });
    removed.fold(read, |done, removed| done.and(removed))
}

/// Kills all processes that have one of these marks, with their groups, until none is left.
#[cfg(unix)]
fn kill_marked(marks: &BTreeSet<String>) {
    // How long no process with the marker must be seen until none is left: one that the system is just starting does not
    // show its environment for an instant.
    const QUIET: Duration = Duration::from_millis(250);
    // How long processes are looked for: one that cannot die keeps showing its environment.
    const SEARCH_LIMIT: Duration = Duration::from_secs(10);
    // How long to wait between two looks.
    const SEARCH_PERIOD: Duration = Duration::from_millis(10);

    let begun = Instant::now();
    let mut seen = begun;
    while !marks.is_empty() && seen.elapsed() < QUIET && begun.elapsed() < SEARCH_LIMIT {
        // Without `/proc` there is nothing to look at.
        let Ok(processes) = fs::read_dir("/proc") else {
            return;
        };
        for process in processes.flatten() {
            let id = process.file_name().to_str().and_then(|id| id.parse().ok());
            // Other users' processes cannot be read, and none of them is a function's.
            let environment = fs::read(process.path().join("environ")).unwrap_or_default();
            if let Some(id) = id.and_then(Pid::from_raw)
                && is_marked(&environment, marks)
            {
                if let Ok(group) = getpgid(Some(id)) {
                    kill_group(group.as_raw_nonzero().get());
                }
                seen = Instant::now();
            }
        }
        thread::sleep(SEARCH_PERIOD);
    }
}

/// Whether the environment of a process, as `/proc` has it, holds one of these marks.
#[cfg(unix)]
fn is_marked(environment: &[u8], marks: &BTreeSet<String>) -> bool {
    let mut variables = environment.split(|byte| *byte == 0);
    variables.any(|variable| {
        str::from_utf8(variable)
            .ok()
            .and_then(|variable| variable.strip_prefix(MARKER)?.strip_prefix('='))
            .is_some_and(|mark| marks.contains(mark))
    })
}

/// Kills all processes of a group.
#[cfg(unix)]
pub(crate) fn kill_group(leader: i32) {
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

    /// A process that ignores SIGTERM, and another that it has started, without its environment; both hold its standard
    /// output open.
    #[expect(clippy::unwrap_used, reason = "a helper of tests")]
    fn family(mark: &str) -> Child {
        let mut child = Command::new("sh")
            .args(["-c", "trap '' TERM; env -i sleep 1000 & echo up; wait"])
            .env(MARKER, mark)
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
        let families = [family("none"), family("none")];
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

        one_is_gone(families);
        let exist = directories.map(|directory| directory.exists());
        assert_eq!(exist, [false, true]);
    }

    /// Of the first family nothing is left, or nothing soon; the second goes on, and is ended.
    #[expect(clippy::unwrap_used, reason = "a helper of tests")]
    fn one_is_gone([mut gone, mut other]: [Child; 2]) {
        let mut rest = String::new();
        let mut output = BufReader::new(gone.stdout.take().unwrap());
        // It ends when the last process of the group is gone.
        output.read_to_string(&mut rest).unwrap();
        gone.wait().unwrap();
        let goes_on = other.try_wait().unwrap().is_none();
        kill_group(other.id().cast_signed());
        other.wait().unwrap();
        assert!(goes_on, "another group was killed");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_nobody_told_of_is_known_by_its_mark() {
        let [mark, other] = [(); 2].map(|()| format!("test-{:016x}", fastrand::u64(..)));
        let families = [family(&mark), family(&other)];
        reap(format!("m{mark}\0m{other}").as_bytes()).unwrap();
        one_is_gone(families);
    }

    #[test]
    fn marks_are_whole_values_of_one_variable() {
        let marks = BTreeSet::from(["1-ab".to_owned()]);
        let rows: [(&[u8], bool); 7] = [
            (b"", false),
            (b"TOLLGATE_EMULATOR=1-ab\0", true),
            (b"A=\xff\0TOLLGATE_EMULATOR=1-ab\0B=\0", true),
            (b"TOLLGATE_EMULATOR=1-abc\0", false),
            (b"TOLLGATE_EMULATOR=1-a\0", false),
            (b"MY_TOLLGATE_EMULATOR=1-ab\0", false),
            (b"A=TOLLGATE_EMULATOR=1-ab\0TOLLGATE_EMULATOR\0", false),
        ];
        for (environment, expected) in rows {
            let text = String::from_utf8_lossy(environment);
            assert_eq!(is_marked(environment, &marks), expected, "{text:?}");
        }
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
        let mark = clone.mark().to_owned();
        clone.started(12);
        clone.ended(12);
        clone.directory(Path::new("/d"));
        drop((reaper, clone));
        // The pipe opens when the other end does.
        fs::read(done).unwrap();
        let heard = fs::read_to_string(heard).unwrap();
        assert_eq!(heard, format!("m{mark}\0+12\0-12\0d/d\0"));
    }
}
