//! The command line as a person runs it, with the workspace's own binaries under the names of the template.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

/// The workspace's programs under the names that template and metadata use.
pub(crate) const BINARIES: [(&str, &str); 15] = [
    ("order-api", env!("CARGO_BIN_EXE_order-api-under-test")),
    ("pre-traffic", env!("CARGO_BIN_EXE_pre-traffic-under-test")),
    (
        "post-traffic",
        env!("CARGO_BIN_EXE_post-traffic-under-test"),
    ),
    (
        "canary-watch",
        env!("CARGO_BIN_EXE_canary-watch-under-test"),
    ),
    (
        "release-1-0-0",
        env!("CARGO_BIN_EXE_release-1-0-0-under-test"),
    ),
    (
        "lost-validation",
        env!("CARGO_BIN_EXE_lost-validation-under-test"),
    ),
    (
        "panics-on-create",
        env!("CARGO_BIN_EXE_panics-on-create-under-test"),
    ),
    (
        "slices-customer-ids",
        env!("CARGO_BIN_EXE_slices-customer-ids-under-test"),
    ),
    (
        "slower-than-its-timeout",
        env!("CARGO_BIN_EXE_slower-than-its-timeout-under-test"),
    ),
    (
        "fails-one-in-twenty",
        env!("CARGO_BIN_EXE_fails-one-in-twenty-under-test"),
    ),
    (
        "wrong-behind-the-alias",
        env!("CARGO_BIN_EXE_wrong-behind-the-alias-under-test"),
    ),
    (
        "warehouse-1-0-0",
        env!("CARGO_BIN_EXE_warehouse-1-0-0-under-test"),
    ),
    (
        "warehouse-2-0-0",
        env!("CARGO_BIN_EXE_warehouse-2-0-0-under-test"),
    ),
    (
        "warehouse-impatient",
        env!("CARGO_BIN_EXE_warehouse-impatient-under-test"),
    ),
    ("mirror", env!("CARGO_BIN_EXE_mirror")),
];

/// The command line itself.
pub(crate) const TOLLGATE: &str = env!("CARGO_BIN_EXE_tollgate-under-test");

/// Variables with which nobody is trusted: a debug build that reads root certificates ends where it finds none.
pub(crate) const NO_CERTIFICATES: [(&str, &str); 2] = [
    ("SSL_CERT_FILE", "/dev/null"),
    ("SSL_CERT_DIR", "/dev/null"),
];

static BIN_DIR: LazyLock<TempDir> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    for (name, path) in BINARIES {
        std::os::unix::fs::symlink(path, directory.path().join(name)).unwrap();
    }
    directory
});

/// The repository's top level.
pub(crate) fn top_level() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// `tollgate` in the repository's top level, taking its functions from this build.
pub(crate) fn tollgate() -> Command {
    let mut command = Command::new(TOLLGATE);
    command
        .current_dir(top_level())
        .env("TOLLGATE_BIN_DIR", BIN_DIR.path())
        .env("NO_COLOR", "1");
    // What is configured on this machine is nobody's business here.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_ascii_uppercase();
        if text.starts_with("AWS_") || text.starts_with("GITHUB_") || text.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
    command
}

/// A run that has ended.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in {}\n{}", self.stdout, self.stderr))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// Runs `tollgate` with `args`.
pub(crate) fn run<'a>(args: impl IntoIterator<Item = &'a str>) -> Ran {
    tollgate().args(args).output().unwrap().into()
}

/// Writes an executable file.
pub(crate) fn write_script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A copy of the template and the events that a test may spoil.
pub(crate) struct Copy {
    directory: TempDir,
}

impl Copy {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let copy = |file: &str| {
            let target = directory.path().join(file);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(top_level().join(file), target).unwrap();
        };
        copy("template.yaml");
        for name in [
            "CreateOrderValid",
            "CreateOrderMissingCustomer",
            "GetOrderStatus",
        ] {
            copy(&format!("events/VersionedOrderAPI/{name}.json"));
            copy(&format!("events/VersionedOrderAPI/{name}.expect.json"));
        }
        Self { directory }
    }

    pub(crate) fn path(&self, file: &str) -> PathBuf {
        self.directory.path().join(file)
    }

    pub(crate) fn spoil(&self, file: &str, change: impl Fn(String) -> String) {
        let path = self.path(file);
        let text = fs::read_to_string(&path).unwrap();
        let changed = change(text.clone());
        assert_ne!(text, changed, "the change of {file} changed nothing");
        fs::write(path, changed).unwrap();
    }

    pub(crate) fn rehearse(&self, args: &[&str]) -> Ran {
        tollgate()
            .current_dir(self.directory.path())
            .args(["rehearse", "--current", "release-1-0-0"])
            .args(args)
            .output()
            .unwrap()
            .into()
    }
}

/// Replaces measured times, the only thing in which two runs with one seed may differ.
pub(crate) fn without_measured_times(text: &str) -> String {
    let text = replace_numbers_before(text, " ms");
    let text = replace_numbers_after(&text, "\"durationMs\": ");
    let text = replace_numbers_after(&text, "\"elapsedMs\": ");
    let text = without_object(&text, "\"timed\": {");
    without_object(&text, "\"durations\": {")
}

/// Leaves out what is in the objects that begin so; in what is measured, also which invocations were cold differs.
fn without_object(text: &str, begin: &str) -> String {
    let mut parts = text.split(begin);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut depth = 1;
        let end = part.find(|character| {
            depth += match character {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            depth == 0
        });
        out.push_str(begin);
        out.push_str(&part[end.unwrap_or_default()..]);
    }
    out
}

fn replace_numbers_before(text: &str, unit: &str) -> String {
    let mut out = String::new();
    let mut parts = text.split(unit).peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            out.push_str(part);
            break;
        }
        out.push_str(part.trim_end_matches(|character: char| character.is_ascii_digit()));
        out.push('N');
        out.push_str(unit);
    }
    out
}

fn replace_numbers_after(text: &str, name: &str) -> String {
    let mut parts = text.split(name);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(name);
        out.push('N');
        out.push_str(part.trim_start_matches(|character: char| character.is_ascii_digit()));
    }
    out
}
