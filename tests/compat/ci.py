"""The CI documents (tests/ci, .github/workflows) do what they say: each is run here, with the real SAM CLI and AWS CLI.

    python tests/compat/ci.py            every document, then the releases that must turn it red
    python tests/compat/ci.py buildspec  one of buildspec, deploy, pipeline

AWS is `tollgate serve` and, for what that does not serve, `cloud.py`. What a runner's image would have is here already,
so `pip`, `rustup` and `curl` check what they are asked for and install nothing; `cargo` builds in this repository.
"""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

import yaml

import junit
from cloud import account
from emulator import REPOSITORY, clean_environment, serving
from pipelines import Machine, run_build_spec, run_workflow

DEPLOY = REPOSITORY / ".github/workflows/deploy.yml"
PIPELINE = REPOSITORY / "tests/ci/pipeline/pipeline.yaml"
BUILD_SPEC = REPOSITORY / "tests/ci/buildspec.yml"
EXAMPLES = REPOSITORY / "target/debug/examples"

# What every document does, in this order.
ORDER = [
    "cargo nextest run", "sam validate --lint", "sam build", "tollgate test --template", "tollgate events push", "sam deploy",
    "describe-stacks", "tollgate test --api-url", "tollgate test --function",
]
HERE, DEPLOYMENT = "tollgate test --template", "sam deploy"

SHIMS = {
    "cargo": 'cd "{repository}" && exec "{cargo}" "$@"',
    "rustup": 'case "$1" in toolchain | default) ;; *) echo "rustup $*?" >&2; exit 2 ;; esac',
    "curl": 'case "$*" in *" https://sh.rustup.rs") : >"$HOME/rustup.sh" ;; *) echo "curl $*?" >&2; exit 2 ;; esac',
    "pip": 'exec "{tools}/python" "{here}/installed.py" "$@"',
}


def shims(directory):
    """Programs that stand before others on the PATH; printed, because they are what is not real here."""
    tools = pathlib.Path(shutil.which("sam") or sys.exit("there is no sam on the PATH; .ci/compat installs it")).parent
    known = {"repository": REPOSITORY, "cargo": shutil.which("cargo"), "tools": tools, "here": REPOSITORY / "tests/compat"}
    for name, text in SHIMS.items():
        file = directory / name
        file.write_text(f"#!/bin/bash\n{text.format(**known)}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        print(f"       instead of {name}: {text.format(**known)}")


class World:
    """Directories, environment and accounts that documents run in."""

    def __init__(self, top):
        self.top = pathlib.Path(top)
        (self.top / "bin").mkdir()
        shims(self.top / "bin")
        home = os.path.expanduser("~")
        self.environment = clean_environment() | {
            "PATH": f"{self.top / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "CARGO_HOME": os.environ.get("CARGO_HOME", f"{home}/.cargo"),
            "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", f"{home}/.rustup"),
        }
        tracked = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
        self.files = [name for name in tracked.stdout.split("\0") if name and (REPOSITORY / name).is_file()]

    def workspace(self):
        """A copy of the sources, as a checkout has them, with this repository's target."""
        directory = tempfile.mkdtemp(dir=self.top, prefix="workspace-")
        for name in self.files:
            os.makedirs(os.path.dirname(os.path.join(directory, name)), exist_ok=True)
            shutil.copy2(REPOSITORY / name, os.path.join(directory, name))
        os.symlink(REPOSITORY / "target", os.path.join(directory, "target"))
        return directory

    @contextlib.contextmanager
    def account(self, stack):
        """An account in which release 1.0.0 is what `prod` serves, behind the hooks that SAM built."""
        template = REPOSITORY / ".aws-sam/build/template.yaml"
        arguments = ["--template", str(template), "--binary", f"VersionedOrderAPI={EXAMPLES / 'release-1-0-0'}", "--time-scale", "300"]
        with serving(*arguments, cwd=REPOSITORY) as served, account(served.variables, stack) as (cloud, variables):
            yield cloud, variables
            assert not cloud.broken, cloud.broken

    def machine(self, accounts, instead=None):
        home = tempfile.mkdtemp(dir=self.top, prefix="home-")
        shutil.rmtree(REPOSITORY / "target/nextest", ignore_errors=True)
        return Machine(self.environment | {"HOME": home}, self.workspace, accounts, instead)


def run(name, world, instead=None):
    """Runs a document; the machine, what failed, and its accounts."""
    if name != "pipeline":
        with world.account("versioned-order-api-test") as (cloud, variables):
            if name == "buildspec":
                machine = world.machine({"role": variables}, instead)
                return machine, run_build_spec(BUILD_SPEC, machine), [settled(cloud)]
            machine = world.machine({"arn:role": variables}, instead)
            failed = run_workflow(DEPLOY, machine, {"AWS_REGION": "us-east-1", "DEPLOY_ROLE_ARN": "arn:role"})
            return machine, failed, [settled(cloud)]
    env = yaml.safe_load(PIPELINE.read_text())["env"]
    with world.account(env["TESTING_STACK_NAME"]) as (test, its), world.account(env["PROD_STACK_NAME"]) as (prod, others):
        roles = {env["TESTING_PIPELINE_EXECUTION_ROLE"]: its, env["PROD_PIPELINE_EXECUTION_ROLE"]: others}
        machine = world.machine(roles, instead)
        return machine, run_workflow(PIPELINE, machine, {}), [settled(test), settled(prod)]


def settled(cloud):
    """What became of an account, as long as it is there: what `prod` serves, the updates, and the names that are shared."""
    schemas = cloud.client("schemas")
    shared = []
    with contextlib.suppress(schemas.exceptions.NotFoundException):
        described = schemas.describe_schema(RegistryName="lambda-testevent-schemas", SchemaName="_VersionedOrderAPI-schema")
        shared = sorted(yaml.safe_load(described["Content"])["components"]["examples"])
    return cloud.serving(), cloud.updates, shared


def documented_commands(name):
    """The document's commands, one text each."""
    document = yaml.safe_load({"buildspec": BUILD_SPEC, "deploy": DEPLOY, "pipeline": PIPELINE}[name].read_text())
    if name == "buildspec":
        return [command for phase in document["phases"].values() for command in phase["commands"]]
    return [step["run"] for job in document["jobs"].values() for step in job["steps"] if "run" in step]


def check_order(name):
    """Every document has every step, in order."""
    text, at = "\n".join(documented_commands(name)), 0
    for command in ORDER:
        found = text.find(command, at)
        assert found >= 0, f"{name} has no `{command}` after {text[:at].splitlines()[-1:]}"
        at = found


def check_samconfig(updates):
    """SAM sent what samconfig.toml says of the environment that a stack's name ends with."""
    for update in updates:
        environment = update.stack.rpartition("-")[2]
        kinds = {"test": "AllAtOnce", "prod": "Canary10Percent5Minutes"}
        assert update.parameters["DeploymentType"] == kinds[environment], update
        assert update.tags == {"application": "versioned-order-api", "environment": environment}, update
        assert update.capabilities == ["CAPABILITY_IAM"], update


def green(name, world):
    check_order(name)
    machine, failed, accounts = run(name, world)
    if failed:
        sys.exit(f"{name} failed at `{failed}`:\n{without_progress(machine.ran[-1].output)}")
    shared = sorted(file.name.removesuffix(".json") for file in (REPOSITORY / "events/VersionedOrderAPI").glob("*.json"))
    for serves, updates, names in accounts:
        assert serves == "2" and len(updates) == 1, (serves, updates)
        assert names == shared, f"{names} are shared instead of {shared}"
        check_samconfig(updates)
        assert (name == "pipeline") == (updates[0].role is not None), updates
    assert len(machine.reports) == 4, machine.reports
    assert all([junit.check(report) for report in machine.reports]), "a JUnit report is not one"
    assert not any(failures(report) for report in machine.reports)


def without_progress(output):
    return re.sub(r"(?m)^\tUploading to .*\n", "", output)


def failures(report):
    suites = junit.by_junitparser(report)[0]
    return [case.name for case in suites if case.result in ("failure", "error")]


def red(name, world, built, release, command, said):
    """With another release in SAM's place, the document ends at `command`, and says this; what users have stays."""
    swap = f"cp {EXAMPLES / release} .aws-sam/build/VersionedOrderAPI/bootstrap"
    instead = {"cargo nextest": ":", "sam validate": ":", "sam build": f"mkdir .aws-sam && cp -R {built} .aws-sam/build && {swap}"}
    if command == DEPLOYMENT:
        # As if nobody had tested what is deployed.
        instead |= {HERE: ":", "mkdir -p reports\n": "mkdir -p reports"}
    machine, failed, accounts = run(name, world, instead)
    assert failed, f"{name} let {release} pass"
    ends = [ran for ran in machine.ran if ran.status]
    at = next(text for text in documented_commands(name) if any(ends[0].step in line for line in step_text(name, text)))
    assert command in at, f"{release} ended {name} at `{ends[0].step}` instead of `{command}`:\n{without_progress(ends[0].output)}"
    output = "\n".join(ran.output for ran in machine.ran)
    for text in said:
        assert re.search(text, output), f"{name} does not say {text!r} of {release}:\n{without_progress(output)}"
    assert [serves for serves, _, _ in accounts] == ["1"] * len(accounts), accounts
    assert [bool(updates) for _, updates, _ in accounts] == [command == DEPLOYMENT] + [False] * (len(accounts) - 1), accounts
    assert all([junit.check(report) for report in machine.reports]), "a JUnit report is not one"
    assert any(failures(report) for report in machine.reports) == (command == HERE)


def step_text(name, text):
    """Where a step's name is found: the commands of a build spec have none but themselves."""
    if name == "buildspec":
        return text.splitlines()
    document = yaml.safe_load({"deploy": DEPLOY, "pipeline": PIPELINE}[name].read_text())
    return [step.get("name", "") for job in document["jobs"].values() for step in job["steps"] if step.get("run") == text]


def check_pins():
    """The documents name the same Rust, one that this workspace builds with."""
    texts = [file.read_text() for file in (BUILD_SPEC, DEPLOY, PIPELINE)]
    [version] = {found for text in texts for found in re.findall(r'RUST_VERSION: "?([\d.]+)', text)}
    [least] = re.findall(r'^rust-version = "([\d.]+)"', (REPOSITORY / "Cargo.toml").read_text(), re.MULTILINE)
    assert [int(part) for part in version.split(".")] >= [int(part) for part in least.split(".")], (version, least)


def check_schemas():
    """GitHub's workflows are what SchemaStore's schema, which check-jsonschema carries, says; every job has a time limit."""
    for schema in ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
        subprocess.run(
            [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(DEPLOY), str(PIPELINE)], check=True, env=clean_environment()
        )


def main(names):
    started = time.monotonic()
    # A client that waits for what does not come waits for long.
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("the documents take longer than 45 minutes"))
    signal.alarm(45 * 60)
    check_pins()
    check_schemas()
    with tempfile.TemporaryDirectory(prefix="ci-") as top:
        world = World(top)
        built = world.top / "built"
        shutil.copytree(REPOSITORY / ".aws-sam/build", built)
        for name in names:
            print(f"       --- {name}")
            green(name, world)
        for name in names:
            print(f"       --- {name}, with lost-validation: red before anything is deployed")
            annotation = r"::error file=events/VersionedOrderAPI/CreateOrderMissingCustomer" if name != "buildspec" else "CreateOrderMissingCustomer"
            red(name, world, built, "lost-validation", HERE, ["statusCode", annotation])
            print(f"       --- {name}, with lost-validation, not tested before: red at the deployment, which is explained")
            red(name, world, built, "lost-validation", DEPLOYMENT, ["CodeDeployHook_PreTraffic", "CreateOrderMissingCustomer"])
    print(f"{len(names)} documents, green once and red twice, in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:] or ["buildspec", "deploy", "pipeline"])
