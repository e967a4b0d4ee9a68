//! Functions that bring no program of their own: the command that runs them is the runtime interface client of their
//! runtime, which whoever starts the emulator has installed.
//!
//! Sources: Lambda developer guide, "Lambda runtimes" (what each runtime's environment holds); the clients' own pages
//! on how they are started (`aws/aws-lambda-python-runtime-interface-client`,
//! `aws/aws-lambda-nodejs-runtime-interface-client`).

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::process::Command;

use super::{Launch, Program};

/// How long an interpreter may take to say whether it has the client.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// What a Python prints that has the client: its own file, because what was found may be a script that chooses one.
const PROBE: &str = "import sys, awslambdaric; print(sys.executable)";

/// Interpreters that have the client, by runtime and the directory in which they have it.
static FOUND: Mutex<BTreeMap<(String, PathBuf), PathBuf>> = Mutex::new(BTreeMap::new());

/// The runtimes that are no `provided.*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Managed {
    Python,
    Node,
    Other,
}

impl Managed {
    fn of(runtime: &str) -> Option<Self> {
        match runtime {
            "" => None,
            _ if runtime.starts_with("provided") => None,
            _ if runtime.starts_with("python3.") => Some(Self::Python),
            _ if runtime.starts_with("nodejs") => Some(Self::Node),
            _ => Some(Self::Other),
        }
    }
}

/// Whether functions of `runtime` (`python3.13`, `nodejs22.x`) need no program: a directory with their code is enough,
/// where the runtime interface client is installed.
pub fn has_runtime_interface_client(runtime: &str) -> bool {
    matches!(Managed::of(runtime), Some(Managed::Python | Managed::Node))
}

/// Whether a function of `runtime` that needs no program, with its code in the directory `task_root`, can be run by this
/// process: its runtime interface client is installed. Of runtimes whose functions bring a program nothing is asked.
///
/// # Errors
/// What to install.
pub async fn check_runtime_interface_client(runtime: &str, task_root: &Path) -> io::Result<()> {
    match Managed::of(runtime) {
        Some(managed) => {
            let task_root = std::path::absolute(task_root)?;
            client(managed, runtime, "", &task_root).await.map(drop)
        }
        None => Ok(()),
    }
}

/// What the processes of a runtime's functions find in their environment besides what all find; their own variables may
/// replace it.
pub(crate) fn variables(runtime: &str, opt: &Path) -> Vec<(String, String)> {
    let Some(managed) = Managed::of(runtime) else {
        return Vec::new();
    };
    let opt = opt.display();
    let set = |name: &str, value: String| (name.to_owned(), value);
    let mut variables = vec![
        set("AWS_EXECUTION_ENV", format!("AWS_Lambda_{runtime}")),
        set("LAMBDA_RUNTIME_DIR", "/var/runtime".to_owned()),
    ];
    match managed {
        Managed::Python => variables.extend([
            // On Lambda the runtime itself adds the layers.
            set(
                "PYTHONPATH",
                format!("{opt}/python/lib/{runtime}/site-packages:{opt}/python"),
            ),
            // On Lambda the task root cannot be written.
            set("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
        ]),
        Managed::Node => {
            let name = runtime.trim_end_matches(".x").replace("nodejs", "node");
            variables.push(set(
                "NODE_PATH",
                format!("{opt}/nodejs/{name}/node_modules:{opt}/nodejs/node_modules"),
            ));
        }
        Managed::Other => {}
    }
    variables
}

/// What is run for a function: its own program or, where it has none, the client of its runtime.
///
/// # Errors
/// What to install, where the client cannot be found.
pub(super) async fn program(launch: &Launch) -> io::Result<Program> {
    let own = &launch.code.program;
    let Some(managed) = Managed::of(&launch.runtime).filter(|_| !own.path.is_file()) else {
        return Ok(own.clone());
    };
    let task_root = &launch.code.task_root;
    client(managed, &launch.runtime, &launch.handler, task_root).await
}

/// The command that is the runtime interface client.
async fn client(
    managed: Managed,
    runtime: &str,
    handler: &str,
    task_root: &Path,
) -> io::Result<Program> {
    let path = env::var_os("PATH").unwrap_or_default();
    match managed {
        Managed::Python => {
            let interpreter = interpreter(runtime, task_root, &path).await?;
            Ok(python(interpreter, handler))
        }
        Managed::Node => node(runtime, handler, &path),
        Managed::Other => Err(io::Error::other(format!(
            "the emulator runs no functions of the runtime {runtime}, only of provided.*, python3.* and nodejs*"
        ))),
    }
}

fn python(interpreter: PathBuf, handler: &str) -> Program {
    Program {
        path: interpreter,
        args: ["-m", "awslambdaric", handler].map(str::to_owned).into(),
    }
}

/// The Python that runs the functions of `runtime` in `task_root`: one that has the client everywhere, or else there.
async fn interpreter(runtime: &str, task_root: &Path, path: &OsStr) -> io::Result<PathBuf> {
    let found = || FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    // A client that is part of a function's code says nothing about other functions.
    let elsewhere = task_root.ancestors().last().unwrap_or(task_root);
    let key = |directory: &Path| (runtime.to_owned(), directory.to_owned());
    let places = [elsewhere, task_root].map(key);
    let known = places.iter().find_map(|place| found().get(place).cloned());
    if let Some(known) = known {
        return Ok(known);
    }
    let (place, interpreter) = match find_python(runtime, elsewhere, path).await {
        Ok(interpreter) => (elsewhere, interpreter),
        Err(_) => (task_root, find_python(runtime, task_root, path).await?),
    };
    found().insert(key(place), interpreter.clone());
    Ok(interpreter)
}

/// The first Python on `path` that can import the client when it runs in `directory`; one of the runtime's own version
/// is preferred.
async fn find_python(runtime: &str, directory: &Path, path: &OsStr) -> io::Result<PathBuf> {
    for candidate in files(runtime, path).chain(files("python3", path)) {
        let mut probe = Command::new(candidate);
        probe
            .args(["-c", PROBE])
            .current_dir(directory)
            // The function's process does not have them.
            .env_remove("PYTHONPATH")
            .env_remove("PYTHONHOME")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let said = tokio::time::timeout(PROBE_LIMIT, probe.output()).await;
        if let Ok(Ok(said)) = said
            && said.status.success()
            && let Some(executable) = str::from_utf8(&said.stdout).ok().map(str::trim)
            && Path::new(executable).is_absolute()
        {
            return Ok(executable.into());
        }
    }
    Err(io::Error::other(format!(
        "no python3 on the emulator's PATH has the runtime interface client that {runtime} needs: install it with \
         `pip install awslambdaric`, for example in a virtual environment, and start the emulator with that first on \
         its PATH"
    )))
}

fn node(runtime: &str, handler: &str, path: &OsStr) -> io::Result<Program> {
    let found = files("node", path)
        .next()
        .zip(files("aws-lambda-ric", path).next());
    let (node, client) = found.ok_or_else(|| {
        io::Error::other(format!(
            "there is no `node` with the runtime interface client `aws-lambda-ric`, which {runtime} needs, on the \
             emulator's PATH: install it with `npm install --global aws-lambda-ric`"
        ))
    })?;
    Ok(Program {
        path: node,
        args: vec![client.display().to_string(), handler.to_owned()],
    })
}

/// The files of this name in the directories of `path`, in order.
fn files(name: &str, path: &OsStr) -> impl Iterator<Item = PathBuf> {
    let candidates: Vec<PathBuf> = env::split_paths(path)
        .filter_map(|directory| std::path::absolute(directory.join(name)).ok())
        .filter(|file| file.is_file())
        .collect();
    candidates.into_iter()
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn runtimes_are_told_apart() {
        let rows = [
            ("", None),
            ("provided", None),
            ("provided.al2023", None),
            ("python3.13", Some(Managed::Python)),
            ("python2.7", Some(Managed::Other)),
            ("nodejs22.x", Some(Managed::Node)),
            ("java21", Some(Managed::Other)),
        ];
        for (runtime, expected) in rows {
            assert_eq!(Managed::of(runtime), expected, "{runtime}");
            let with_client = matches!(expected, Some(Managed::Python | Managed::Node));
            assert_eq!(has_runtime_interface_client(runtime), with_client);
        }
    }

    #[test]
    fn layers_are_where_the_runtime_looks_for_them() {
        let rows = [
            ("provided.al2023", "PYTHONPATH", None),
            (
                "python3.13",
                "PYTHONPATH",
                Some("/o/python/lib/python3.13/site-packages:/o/python"),
            ),
            (
                "python3.13",
                "AWS_EXECUTION_ENV",
                Some("AWS_Lambda_python3.13"),
            ),
            (
                "nodejs22.x",
                "NODE_PATH",
                Some("/o/nodejs/node22/node_modules:/o/nodejs/node_modules"),
            ),
            ("nodejs22.x", "LAMBDA_RUNTIME_DIR", Some("/var/runtime")),
        ];
        for (runtime, name, expected) in rows {
            let variables: BTreeMap<_, _> =
                variables(runtime, Path::new("/o")).into_iter().collect();
            assert_eq!(
                variables.get(name).map(String::as_str),
                expected,
                "{runtime}"
            );
        }
    }

    #[tokio::test]
    async fn a_client_in_a_functions_code_is_that_functions_only() {
        let directory = tempfile::tempdir().unwrap();
        let python = directory.path().join("python3");
        let has_it_here = "#!/bin/sh\n[ -e awslambdaric.py ] && echo /chosen/python3\n";
        fs::write(&python, has_it_here).unwrap();
        fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
        let [with, without] = ["with", "without"].map(|name| directory.path().join(name));
        fs::create_dir(&with).unwrap();
        fs::create_dir(&without).unwrap();
        fs::write(with.join("awslambdaric.py"), "").unwrap();
        for (task_root, expected) in [(&with, true), (&without, false), (&with, true)] {
            // A runtime that no other test looks for.
            let path = directory.path().as_os_str();
            let found = interpreter("python3.98", task_root, path).await;
            assert_eq!(found.is_ok(), expected, "{}", task_root.display());
        }
    }

    #[tokio::test]
    async fn the_client_is_looked_for_on_the_path() {
        let directory = tempfile::tempdir().unwrap();
        let path = |names: &[&str]| {
            env::join_paths(names.iter().map(|name| directory.path().join(name))).unwrap()
        };
        let put = |file: &str, text: &str| {
            let file = directory.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
        };
        // As Python answers that has the client, and as one that has not.
        put("without/python3", "#!/bin/sh\nexit 1\n");
        put("with/python3", "#!/bin/sh\necho /chosen/python3\n");
        put(
            "versioned/python3.13",
            "#!/bin/sh\necho /chosen/python3.13\n",
        );
        put("node/node", "");
        put("client/aws-lambda-ric", "");
        let pythons: [(&[&str], Option<&str>); 5] = [
            (&[], None),
            (&["without", "none"], None),
            (&["without", "with"], Some("/chosen/python3")),
            (&["with", "versioned"], Some("/chosen/python3.13")),
            (&["none", "with", "without"], Some("/chosen/python3")),
        ];
        for (names, expected) in pythons {
            let found = find_python("python3.13", directory.path(), &path(names)).await;
            match (found, expected) {
                (Ok(found), Some(expected)) => assert_eq!(found, Path::new(expected)),
                (Err(error), None) => {
                    let text = error.to_string();
                    assert!(text.contains("`pip install awslambdaric`"), "{text}");
                }
                (found, expected) => panic!("{names:?}: {found:?} instead of {expected:?}"),
            }
        }
        for names in [["node", "none"], ["client", "none"]] {
            let error = node("nodejs22.x", "app.handler", &path(&names)).unwrap_err();
            let text = error.to_string();
            assert!(
                text.contains("`npm install --global aws-lambda-ric`"),
                "{text}"
            );
        }
        let program = node("nodejs22.x", "app.handler", &path(&["client", "node"])).unwrap();
        assert_eq!(program.path, directory.path().join("node/node"));
        let client = directory.path().join("client/aws-lambda-ric");
        let expected = [client.to_str().unwrap(), "app.handler"];
        assert_eq!(program.args, expected);
    }
}
