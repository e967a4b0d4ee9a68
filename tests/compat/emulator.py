"""`tollgate serve` as a process, and what it says about itself."""

import collections
import contextlib
import os
import pathlib
import subprocess
import threading

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TOLLGATE = REPOSITORY / "target" / "debug" / "tollgate"

# What a client must not find, or a person's own settings would answer.
NOT_INHERITED = ("AWS_", "BOTO_", "SAM_", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")


def clean_environment():
    """This process's environment, without anything that leads an AWS client elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    kept |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "SAM_CLI_TELEMETRY": "0",
        "NO_COLOR": "1",
        "TZ": "UTC",
    }
    return kept


# The environment variables that it prints, and all its lines up to them.
Served = collections.namedtuple("Served", "variables banner")


@contextlib.contextmanager
def serving(*arguments, cwd=None):
    """Runs `tollgate serve --port 0` and yields what it prints, as `Served`."""
    process = subprocess.Popen(
        [str(TOLLGATE), "serve", "--port", "0", *arguments],
        cwd=cwd,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = []
    try:
        variables = {}
        for line in process.stdout:
            said.append(line)
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                variables[name] = value
            if "AWS_SECRET_ACCESS_KEY" in variables:
                break
        else:
            raise RuntimeError(f"tollgate serve ended: {''.join(said)}")
        banner = [line.rstrip("\n") for line in said]
        # What it says later must not fill the pipe.
        threading.Thread(target=lambda: said.extend(process.stdout), daemon=True).start()
        yield Served(variables, banner)
        if process.poll() is not None:
            raise RuntimeError(f"tollgate serve ended with {process.returncode}: {''.join(said)}")
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
