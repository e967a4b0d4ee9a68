"""CI's documents, run on this machine: a build spec as CodeBuild runs it, a workflow as GitHub Actions does.

Commands are run as they stand, in order, in bash, with the document's variables, and the first that fails ends it as
it does there. A `Machine` says where, and which account a role leads to. A command can be replaced by another, which
is printed.
"""

import collections
import functools
import glob
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import yaml

from sessions import Shell

# A command that was run: its step, its exit status, and what it printed.
Ran = collections.namedtuple("Ran", "step status output")

# Of CodeBuild's "Build specification reference": what a document of ours may have, so that a slip of the pen shows.
BUILD_SPEC = {
    "": {"version", "env", "phases", "reports", "artifacts", "cache"},
    "env": {"shell", "variables", "parameter-store", "exported-variables", "secrets-manager", "git-credential-helper"},
    "phases": {"install", "pre_build", "build", "post_build"},
    "phase": {"runtime-versions", "commands", "finally", "on-failure", "run-as"},
    "report": {"files", "base-directory", "discard-paths", "file-format"},
    "cache": {"key", "fallback-keys", "action", "paths"},
}


class Machine:
    """What a document's commands run on."""

    def __init__(self, environment, new_workspace, accounts, instead=None):
        """`new_workspace()` is a directory with the sources; `accounts` leads from roles to variables for AWS clients;
        `instead` leads from the beginning of a command to what is run in its place."""
        self.environment, self.new_workspace, self.accounts = environment, new_workspace, accounts
        self.instead = instead or {}
        self.ran, self.reports = [], []

    def step(self, name, text, run):
        """Runs a command by `run`, which gives its lines of output and its status; whether it succeeded."""
        replaced = next((other for start, other in self.instead.items() if text.lstrip().startswith(start)), None)
        started = time.monotonic()
        lines, status = run(text if replaced is None else replaced)
        self.ran.append(Ran(name, status, "\n".join(lines)))
        what = name if replaced is None else f"{name}  [instead: {replaced}]"
        print(f"       {time.monotonic() - started:6.1f} s  {'FAILED' if status else 'ok    '}  {what}", flush=True)
        return status == 0

    def keep(self, files, directory):
        """Keeps reports as the service does: those that are there."""
        for pattern in files:
            for file in sorted(glob.glob(pattern, root_dir=directory, recursive=True)):
                self.reports.append(os.path.join(tempfile.mkdtemp(dir=self.environment["HOME"]), os.path.basename(file)))
                shutil.copy(os.path.join(directory, file), self.reports[-1])


def run_build_spec(file, machine):
    """Runs a build spec; the command that failed, or None."""
    document = yaml.safe_load(pathlib.Path(file).read_text())
    for section in ("", "env", "phases", "cache"):
        _known(document.get(section, {}) if section else document, BUILD_SPEC[section], section)
    for kind, members in (("phase", document["phases"]), ("report", document["reports"])):
        for name, member in members.items():
            _known(member, BUILD_SPEC[kind], name)
    directory = machine.new_workspace()
    environment = machine.environment | {"CODEBUILD_BUILD_ID": "deploy:1", "CODEBUILD_SRC_DIR": directory, "CI": "true"}
    environment |= {name: str(value) for name, value in document["env"]["variables"].items()} | machine.accounts["role"]
    assert document["env"]["shell"] == "bash"
    # In version 0.2, one shell runs all commands: what one exports, the next has. After a build that failed, post_build runs.
    shell, failed = Shell(directory, environment), None
    for phase in ("install", "pre_build", "build", "post_build"):
        commands = document["phases"].get(phase, {}).get("commands", [])
        failed_here = next((c for c in commands if not machine.step(c.strip().splitlines()[0], c, shell.run)), None)
        failed = failed or failed_here
        if failed and phase != "build":
            break
    shell.close()
    for report in document["reports"].values():
        assert report["file-format"] == "JUNITXML", report
        machine.keep([os.path.join(report["base-directory"], name) for name in report["files"]], directory)
    return failed


def _known(section, keys, name):
    unknown = set(section) - keys
    assert not unknown, f"CodeBuild knows no {sorted(unknown)} in {name or 'a build spec'}"


def run_workflow(file, machine, variables):
    """Runs a workflow for a push to main; the step that failed, or None. `variables` are the environment's."""
    document = yaml.safe_load(pathlib.Path(file).read_text())
    store = pathlib.Path(tempfile.mkdtemp(dir=machine.environment["HOME"]))
    done = set()
    # In the document's order, which GitHub's is where each job needs the one before.
    for job, definition in document["jobs"].items():
        needs = definition.get("needs", [])
        assert set([needs] if isinstance(needs, str) else needs) <= done, f"{job} comes before what it needs"
        known = {
            "github": {"event_name": "push", "ref": "refs/heads/main", "run_id": "1", "workflow": "Deploy"},
            "vars": variables, "runner": {"os": "Linux"}, "steps": {},
            "env": {name: str(value) for name, value in (document.get("env", {}) | definition.get("env", {})).items()},
        }
        if "if" in definition and not _holds(definition["if"], known, False):
            continue
        print(f"       {job}")
        if failed := _run_job(definition, machine, known, store):
            return failed
        done.add(job)
    return None


def _run_job(definition, machine, known, store):
    directory, failed = None, None
    environment = machine.environment | {"GITHUB_ACTIONS": "true", "CI": "true"} | known["env"]
    added = {}
    for number, step in enumerate(definition["steps"]):
        if not _holds(step.get("if", "success()"), known, failed is not None):
            continue
        name = step.get("name") or step["uses"].partition("@")[0]
        given = {key: _filled(str(value), known) for key, value in step.get("with", {}).items()}
        if "uses" not in step:
            files = {variable: tempfile.mkstemp(dir=machine.environment["HOME"])[1] for variable in
                     ("GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_ENV", "GITHUB_STEP_SUMMARY")}
            own = {key: _filled(str(value), known) for key, value in step.get("env", {}).items()}
            run = functools.partial(_bash, directory, environment | added | own | files)
            ok = machine.step(name, _filled(step["run"], known), run)
            read = {variable: pathlib.Path(file).read_text().splitlines() for variable, file in files.items()}
            for path in read["GITHUB_PATH"]:
                environment["PATH"] = path + os.pathsep + environment["PATH"]
            added |= dict(line.split("=", 1) for line in read["GITHUB_ENV"])
            outputs = dict(line.split("=", 1) for line in read["GITHUB_OUTPUT"])
            known["steps"][step.get("id", number)] = {"outputs": outputs, "outcome": "success" if ok else "failure"}
            failed = failed or (None if ok else name)
            continue
        action, _, commit = step["uses"].partition("@")
        assert re.fullmatch("[0-9a-f]{40}", commit), f"{step['uses']} is not pinned"
        if action == "actions/checkout":
            directory = machine.new_workspace()
        elif action == "actions/upload-artifact":
            patterns = given["path"].split()
            found = [f for pattern in patterns for f in glob.glob(pattern, root_dir=directory, recursive=True)]
            assert found or given.get("if-no-files-found") != "error" or failed, f"{given} found nothing"
            if given["name"].startswith("reports"):
                machine.keep(patterns, directory)
            elif not failed:
                shutil.copytree(directory, store / given["name"], ignore=_all_but(directory, found))
        elif action == "actions/download-artifact":
            shutil.copytree(store / given["name"], directory, dirs_exist_ok=True)
        elif action == "aws-actions/configure-aws-credentials":
            assert definition.get("permissions", {}).get("id-token") == "write", "a role takes id-token: write"
            added |= machine.accounts[given["role-to-assume"]] | {"AWS_REGION": given["aws-region"], "AWS_DEFAULT_REGION": given["aws-region"]}
        else:
            assert action in ("actions/setup-python", "actions/cache"), f"{action} is not played here"
    return failed


def _bash(directory, environment, text):
    # The default shell of a step.
    run = subprocess.run(
        ["bash", "-e", "-c", text], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900,
    )
    return run.stdout.splitlines(), run.returncode


def _all_but(top, found):
    """For `copytree`: what lies at the top, and was found; an artifact of a path that is deeper is not played here."""
    kept = {os.path.normpath(file) for file in found}
    assert all(os.sep not in file for file in kept), kept
    return lambda directory, names: [name for name in names if directory == str(top) and name not in kept]


# --- GitHub's expressions, as far as the documents have them: paths, comparisons, and status functions ---


def _filled(text, known):
    return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: str(_evaluated(found[1], known, False)), text)


def _holds(text, known, failed):
    return bool(_evaluated(re.sub(r"^\$\{\{ *(.*?) *\}\}$", r"\1", str(text)), known, failed))


def _evaluated(expression, known, failed):
    # Without a status function, a condition is `success() && …`.
    if not re.search(r"\b(success|failure|cancelled|always)\(\)", expression) and failed:
        return False
    functions = {
        "success": lambda: not failed, "failure": lambda: failed, "cancelled": lambda: False, "always": lambda: True,
        "hashFiles": lambda *files: "-".join(files), "path": lambda path: _looked_up(path, known),
    }
    python = re.sub(r"!(?!=)", " not ", expression.replace("&&", " and ").replace("||", " or "))
    python = re.sub(r"'[^']*'|\b(?:github|vars|env|runner|steps)(?:\.[\w-]+)+", lambda found: found[0] if found[0][0] == "'" else f"path('{found[0]}')", python)
    return eval(python, {"__builtins__": {}}, functions)


def _looked_up(path, known):
    # A name that there is not is nothing, and here a slip of the pen; a step that was left out has no outcome.
    for part in path.split("."):
        if path.startswith("steps.") and part not in known:
            return ""
        known = known[part]
    return known
