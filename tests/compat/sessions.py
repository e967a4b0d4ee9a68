"""Documents that are console sessions with the real AWS CLI, SAM CLI and cargo-lambda: each command is run, and must print what follows it.

    sessions.py DOCUMENT…                runs every "```console aws" block
    SESSIONS=overwrite sessions.py …     writes what comes into the documents instead

A document is one bash session in a temporary directory that shows this repository's files. `$ ` begins a command, `> `
goes on with it, everything else is output; an exit status that is not zero is printed as `[exit status: N]`.
`$ tollgate serve …` starts an emulator on a free port; the variables that it prints are set, as a person copies them.
`$ cargo lambda watch --invoke-port 9000 …` starts in the background, and gets a free port, too.

What differs from run to run (identifiers, times, sizes, hashes) may differ. Counts that chance decides stand after
`<!-- chance: N N … -->`, which says what the block's last command is expected to count, and is checked at 3.9 standard
deviations.
"""

import contextlib
import difflib
import math
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

from emulator import REPOSITORY, TOLLGATE, clean_environment, serving

OPENING = "```console aws"
CHANCE = re.compile(r"<!-- chance:((?: \d+)+) -->")
# cargo-lambda's port in the documents; it gets a free one.
DOCUMENTED_PORT = "--invoke-port 9000"

VARIES = [
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\bd-[A-Z0-9]{9}\b"), "<deployment>"),
    (re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16}"), "<trace>"),
    (re.compile(r"[A-Za-z0-9+/]{43}="), "<sha256>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<sha256>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b1\d{9}\.\d+\b"), "<time>"),
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r'"CodeSize": \d+'), '"CodeSize": <size>'),
    (re.compile(r"\b\d+ ms\b"), "<ms>"),
    (re.compile(r'"(\w*[dD]urationMs)":\s*[0-9.]+'), r'"\1":<ms>'),
    # A timeline shows a second once, and it is the machine's pace that decides what else is in it.
    (re.compile(r"(?m)^    \d:\d\d  "), " " * 10),
    # Simulated time stands at the machine's pace while a hook runs.
    (re.compile(r"(?<=\s)\d+:\d\d(?=\s)"), "<m:ss>"),
    # A log stream.
    (re.compile(r"\b\d{4}/\d\d/\d\d/\[([^]]+)\][0-9a-f]{32}"), r"<day>/[\1]<stream>"),
    # Columns are as wide as the measured times.
    (re.compile(r"(?<=\S)  +"), " "),
]


class Command:
    """A command of a document, its expected output, and the counts in it that chance decides."""

    def __init__(self, line, text):
        self.line, self.text = line, text
        self.output, self.chance = [], None


def commands_of(lines):
    """The commands of a document's sessions."""
    commands, inside, chance = [], False, None
    for number, line in enumerate(lines, 1):
        if not inside:
            if found := CHANCE.fullmatch(line):
                chance = [int(count) for count in found[1].split()]
            inside = line == OPENING
        elif line == "```":
            if chance:
                commands[-1].chance = chance
            inside, chance = False, None
        elif line.startswith("$ "):
            commands.append(Command(number, line[2:]))
        elif not commands:
            raise SystemExit(f"line {number} is output of no command")
        elif line.startswith("> ") and not commands[-1].output:
            commands[-1].text += "\n" + line[2:]
        else:
            commands[-1].output.append(line)
    return commands


class Shell:
    """A bash that keeps its variables and functions from command to command."""

    def __init__(self, directory, environment):
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"], cwd=directory, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )

    def run(self, text):
        """What the command prints, and its exit status."""
        end = "--- end of the command, status "
        # Its input is not the shell's, from which the next command comes.
        self.process.stdin.write(f"{{ {text}\n}} </dev/null\nprintf '\\n%s%s\\n' '{end}' $?\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.startswith(end):
                # The marker begins a line of its own: where the output ends with a line end, that is an empty one.
                if lines and lines[-1] == "\n":
                    lines.pop()
                return [line.rstrip("\n") for line in lines], int(line.removeprefix(end))
            lines.append(line)
        raise SystemExit(f"the shell ended in: {text}")

    def export(self, variables):
        for name, value in variables.items():
            self.run(f"export {name}={value}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


@contextlib.contextmanager
def workplace():
    """A temporary directory with links to what this repository has at its top."""
    with tempfile.TemporaryDirectory(prefix="session-") as directory:
        for entry in REPOSITORY.iterdir():
            if entry.name not in (".git", ".aws-sam"):
                os.symlink(entry, pathlib.Path(directory, entry.name))
        yield directory


@contextlib.contextmanager
def watching(shell, text, port):
    """`cargo lambda watch` in this repository, until the document is over."""
    # Through the links of the session's directory, Cargo would take the packages for others and build them again.
    shell.run(f"(cd {REPOSITORY} && exec {text}) >watch.log 2>&1 </dev/null & watch=$!")
    deadline = time.monotonic() + 120
    while not _listens(port):
        if time.monotonic() > deadline:
            raise SystemExit("cargo lambda watch does not answer")
        time.sleep(0.3)
    try:
        yield
    finally:
        shell.run("kill $watch; wait $watch")


def _listens(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def outputs(commands):
    """Runs the commands of a document; for each its lines of output."""
    found = []
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(workplace())
        environment = clean_environment()
        environment["PATH"] = os.pathsep.join([str(TOLLGATE.parent), environment["PATH"]])
        shell = Shell(directory, environment)
        port = _free_port()
        stack.callback(shell.close)
        for command in commands:
            started = time.monotonic()
            text = command.text.replace(DOCUMENTED_PORT, f"--invoke-port {port}")
            if command.text.startswith("tollgate serve"):
                arguments = command.text.rstrip("& ").split()[2:]
                served = stack.enter_context(serving(*arguments, cwd=directory))
                shell.export(served.variables)
                lines, status = served.banner, 0
            elif command.text.startswith("cargo lambda watch"):
                stack.enter_context(watching(shell, text.rstrip("& "), port))
                lines, status = [], 0
            else:
                lines, status = shell.run(text)
            if status:
                lines.append(f"[exit status: {status}]")
            found.append(lines)
            print(f"       {time.monotonic() - started:6.1f} s  {command.text.splitlines()[0][:110]}", flush=True)
    return found


def comparable(lines, chance):
    """The lines, without what varies."""
    kept = []
    for line in lines:
        for pattern, name in VARIES:
            line = pattern.sub(name, line)
        if chance:
            line = re.sub(r"^\s*\d+(\.0)?", "<count>", line)
        kept.append(line.rstrip())
    # AWS CLI puts an empty line before its errors, which says nothing.
    return [line for line in kept if line]


def unlikely(lines, chance):
    """Why the counts at the beginning of these lines are not what chance gives; None where they are."""
    counts = [int(found[0]) for line in lines if (found := re.match(r"\s*\d+", line))]
    total = sum(chance)
    if len(counts) != len(chance) or sum(counts) != total:
        return f"{counts} are not {len(chance)} counts of together {total}"
    for count, expected in zip(counts, chance):
        bound = 3.9 * math.sqrt(expected * (1 - expected / total))
        if abs(count - expected) > bound:
            return f"{count} is not {expected} ± {bound:.0f}"
    return None


def check(document):
    """Runs one document; its number of commands and of failures."""
    lines = document.read_text().splitlines()
    commands = commands_of(lines)
    found = outputs(commands)
    failures = 0
    for command, actual in zip(commands, found):
        if command.chance and (why := unlikely(actual, command.chance)):
            failures += 1
            print(f"FAILED {document.name}:{command.line}: {why}")
    if os.environ.get("SESSIONS") == "overwrite":
        document.write_text("".join(line + "\n" for line in rewritten(lines, commands, found)))
        return len(commands), failures
    for command, actual in zip(commands, found):
        expected, got = comparable(command.output, command.chance), comparable(actual, command.chance)
        if expected != got:
            failures += 1
            diff = "\n".join(difflib.unified_diff(expected, got, "expected", "actual", lineterm="", n=1))
            print(f"FAILED {document.name}:{command.line}: {command.text}\n{diff}")
        elif command.chance and (why := unlikely(command.output, command.chance)):
            failures += 1
            print(f"FAILED {document.name}:{command.line}: what the document says: {why}")
    return len(commands), failures


def rewritten(lines, commands, found):
    """The document with the outputs that came; those that vary only stay as they are."""
    outputs_at = {command.line: (command, output) for command, output in zip(commands, found)}
    result, number = [], 0
    while number < len(lines):
        line = lines[number]
        result.append(line)
        number += 1
        if number not in outputs_at:
            continue
        command, output = outputs_at[number]
        for _ in command.text.splitlines()[1:]:
            result.append(lines[number])
            number += 1
        number += len(command.output)
        same = comparable(command.output, command.chance) == comparable(output, command.chance)
        result += command.output if same else [line for line in output if line]
    return result


def main(documents):
    commands = failures = 0
    for name in documents:
        document = pathlib.Path(name).resolve()
        print(f"       {document.name}")
        count, failed = check(document)
        if not count:
            failed += 1
            print(f"FAILED {document.name} has no session")
        commands, failures = commands + count, failures + failed
    print(f"{len(documents)} documents, {commands} commands, {failures} failures")
    return 1 if failures or not commands else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
