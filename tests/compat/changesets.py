"""From a template to three tables: `tollgate changeset create`, the review and `execute` on MiniStack, an emulator that is not
ours, with the real AWS CLI beside them. What must not be executed is not, and what is made for a review is gone after it.

The stacks are those of tests/stacks, with the rows and verdicts that their `review.txt` have. MiniStack names properties where
AWS gives paths, so that the reasons are not compared.
"""

import importlib.metadata
import json
import subprocess
import sys
import tempfile

from differential import ministack
from emulator import REPOSITORY, TOLLGATE, clean_environment

STACKS = REPOSITORY / "tests/stacks"
STACK = "version-demo"
NEEDED = (1, 5)  # of MiniStack: earlier ones take every change for a conditional one

BEFORE = ["config-staging", "orders-staging"]
AFTER = ["audit-staging", *BEFORE]

# An update of the stack, its exit status, and that with --fail-on review.
UPDATES = [
    ("adds-a-table", 0, 0),
    ("renames-a-table", 1, 1),
    ("changes-a-key-schema", 1, 1),
    ("drops-a-table", 1, 1),
    ("renames-a-protected-table", 0, 1),
]


class Machine:
    """A shell with one endpoint for everything."""

    def __init__(self, endpoint):
        self.environment = clean_environment() | {
            "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        }
        self.failures = 0
        self.checks = 0

    def run(self, *words, stdin=None):
        return subprocess.run(
            words, cwd=REPOSITORY, env=self.environment, input=stdin, stdin=None if stdin else subprocess.DEVNULL,
            capture_output=True, text=True, timeout=300,
        )

    def changeset(self, *arguments, stdin=None):
        return self.run(str(TOLLGATE), "changeset", *arguments, stdin=stdin)

    def create(self, template, *options):
        return self.changeset("create", "--template", f"tests/stacks/{template}/template.yaml", "--stack", STACK, *options)

    def aws(self, *arguments):
        """What the AWS CLI answers; None if there is no such thing."""
        ran = self.run("aws", "--output", "json", *arguments)
        if ran.returncode:
            if "does not exist" in ran.stderr:
                return None
            raise SystemExit(f"aws {' '.join(arguments)}: {ran.stderr}")
        return json.loads(ran.stdout or "null")

    def check(self, what, actual, expected):
        self.checks += 1
        if actual != expected:
            self.failures += 1
            print(f"FAILED {what}: {actual!r} instead of {expected!r}")

    # What is there, as the AWS CLI sees it.

    def status(self):
        found = self.aws("cloudformation", "describe-stacks", "--stack-name", STACK)
        return found and found["Stacks"][0]["StackStatus"]

    def sets(self):
        """Those that could be executed: CloudFormation remembers an executed one."""
        found = self.aws("cloudformation", "list-change-sets", "--stack-name", STACK)
        return [one["ChangeSetName"] for one in (found or {"Summaries": []})["Summaries"] if one["ExecutionStatus"] != "EXECUTE_COMPLETE"]

    def tables(self):
        return sorted(self.aws("dynamodb", "list-tables")["TableNames"])


def essence(review):
    """The rows, the verdict and the remedies of a review; not its head, and not the reasons."""
    lines = review.splitlines()
    verdict = next((place for place, line in enumerate(lines) if line.startswith(("safe:", "review:", "blocked:"))), len(lines))
    end = next((place for place, line in enumerate(lines) if place > verdict and not line), len(lines))
    return [line for line in lines[:verdict] if line[:2] in ("✓ ", "✗ ", "! ", "~ ")] + lines[verdict:end]


def arn(ran):
    """The change set that a run has reviewed."""
    return json.loads(ran.stdout)["changeSetId"]


def a_new_stack(machine):
    created = machine.create(STACK)
    machine.check("a review of a new stack", created.returncode, 0)
    machine.check("its rows", essence(created.stdout), [
        "✓ ConfigTable  AWS::DynamoDB::Table  add", "✓ OrdersTable  AWS::DynamoDB::Table  add", "safe: 0 blocked, 0 to review, 2 safe",
    ])
    machine.check("the stack after it", machine.status(), None)

    kept = machine.create(STACK, "--parameters", "Stage=staging", "--keep", "--format", "json")
    machine.check("the stack of a set that is kept", machine.status(), "REVIEW_IN_PROGRESS")
    machine.check("its tables", machine.tables(), [])
    # (A further set of the same stack, which AWS takes, has MiniStack make another stack.)
    executed = machine.changeset("execute", arn(kept))
    machine.check("its execution", (executed.returncode, executed.stdout.splitlines()[-1:]), (0, ["executed: CREATE_COMPLETE"]))
    machine.check("the stack", machine.status(), "CREATE_COMPLETE")
    machine.check("the tables", machine.tables(), BEFORE)


def updates_are_reviewed(machine):
    for update, status, status_on_review in UPDATES:
        expected = essence((STACKS / update / "review.txt").read_text())
        created = machine.create(update)
        machine.check(f"{update}: exit status", created.returncode, status)
        machine.check(f"{update}: review", essence(created.stdout), expected)
        machine.check(f"{update}: what is left of it", machine.sets(), [])
        created = machine.create(update, "--fail-on", "review")
        machine.check(f"{update}: exit status with --fail-on review", created.returncode, status_on_review)

        # The same through the AWS CLI, and from the API by its ARN.
        kept = machine.create(update, "--keep", "--format", "json")
        described = machine.run("aws", "cloudformation", "describe-change-set", "--change-set-name", arn(kept))
        piped = machine.changeset("-", stdin=described.stdout)
        machine.check(f"{update}: as the AWS CLI describes it", (piped.returncode, essence(piped.stdout)), (status, expected))
        by_arn = machine.changeset(arn(kept))
        machine.check(f"{update}: by its ARN", (by_arn.returncode, essence(by_arn.stdout)), (status, expected))

        if status:
            executed = machine.changeset("execute", arn(kept))
            machine.check(f"{update}: what is blocked is not executed", (executed.returncode, executed.stderr), (1, "not executed\n"))
            described = machine.aws("cloudformation", "describe-change-set", "--change-set-name", arn(kept))
            machine.check(f"{update}: the set", described["ExecutionStatus"], "AVAILABLE")
        machine.aws("cloudformation", "delete-change-set", "--change-set-name", arn(kept))
        machine.check(f"{update}: the stack", (machine.status(), machine.tables()), ("CREATE_COMPLETE", BEFORE))


def the_safe_update_is_executed(machine):
    kept = machine.create("adds-a-table", "--keep", "--format", "json")
    other = machine.create("drops-a-table", "--keep", "--format", "json")
    by_name = machine.changeset("execute", machine.sets()[0])
    machine.check("by its name", (by_name.returncode, "is no ARN of a change set" in by_name.stderr), (2, True))
    executed = machine.changeset("execute", arn(kept), "--format", "json")
    found = json.loads(executed.stdout)
    machine.check("its execution", (executed.returncode, found["exitStatus"], found["execution"]["stackStatus"]), (0, 0, "UPDATE_COMPLETE"))
    machine.check("the stack", machine.status(), "UPDATE_COMPLETE")
    machine.check("the tables", machine.tables(), AFTER)
    listed = machine.aws("cloudformation", "list-stack-resources", "--stack-name", STACK)["StackResourceSummaries"]
    machine.check("its resources", sorted(one["LogicalResourceId"] for one in listed), ["AuditTable", "ConfigTable", "OrdersTable"])
    machine.check("the same once more", machine.changeset("execute", arn(kept)).returncode, 2)
    # The plan that it was made for is past.
    machine.check("a set from before", machine.changeset("execute", arn(other), "--allow", "ConfigTable=remove").returncode, 2)
    machine.check("the tables then", machine.tables(), AFTER)


def what_fails_rolls_back(machine):
    template = (STACKS / "adds-a-table/template.yaml").read_text()
    # It waits a second for a signal that nobody sends.
    waits = """
  Never:
    Type: AWS::CloudFormation::WaitConditionHandle
  Waits:
    Type: AWS::CloudFormation::WaitCondition
    Properties: {Handle: !Ref Never, Timeout: 1}
"""
    spoilt = template.replace("\nOutputs:", f"{waits}\nOutputs:")
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(spoilt)
        file.flush()
        kept = machine.changeset("create", "--template", file.name, "--stack", STACK, "--keep", "--format", "json")
    executed = machine.changeset("execute", arn(kept))
    said = executed.stdout.partition("\n\nfailed: ")[2].splitlines()
    machine.check("an execution that fails", (executed.returncode, said[:1]), (1, ["UPDATE_ROLLBACK_COMPLETE"]))
    machine.check("what went wrong", [line.split()[0] for line in said[1:]], ["Waits"])
    machine.check("the stack", (machine.status(), machine.tables()), ("UPDATE_ROLLBACK_COMPLETE", BEFORE))


def nothing_to_change(machine):
    created = machine.create("adds-a-table", "--keep")
    machine.check("nothing to change", (created.returncode, "no resource changes" in created.stdout), (0, True))
    machine.check("what is left of it", machine.sets(), [])


def what_is_allowed_is_executed(machine):
    kept = machine.create("drops-a-table", "--keep", "--allow", "ConfigTable=remove", "--allow", "AuditTable=remove", "--format", "json")
    machine.check("a loss that is allowed", kept.returncode, 0)
    # The command that is told repeats what was allowed.
    words = kept.stderr.strip().removeprefix("kept; to execute exactly this one: tollgate changeset ").split()
    executed = machine.changeset(*words)
    machine.check("its execution", executed.returncode, 0)
    machine.check("the tables", machine.tables(), ["orders-staging"])


def what_cloudformation_refuses(machine):
    created = machine.create("adds-a-table", "--parameters", "Stage=nowhere")
    machine.check("a value that is not allowed", created.returncode, 2)
    machine.check("what is left of it", machine.sets(), [])


def main():
    version = importlib.metadata.version("ministack")
    if tuple(map(int, version.split(".")[:2])) < NEEDED:
        raise SystemExit(f"MiniStack {version} does not tell what is replaced: 1.5 or later does")
    with ministack() as endpoint:
        machine = Machine(endpoint)
        for part in [
            a_new_stack, updates_are_reviewed, what_fails_rolls_back, the_safe_update_is_executed, nothing_to_change, what_is_allowed_is_executed, what_cloudformation_refuses,
        ]:
            part(machine)
            print(f"       {part.__name__.replace('_', ' ')}", flush=True)
    print(f"{machine.checks} checks on MiniStack {version}, {machine.failures} failures")
    return 1 if machine.failures else 0


if __name__ == "__main__":
    sys.exit(main())
