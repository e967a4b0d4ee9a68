"""Deployment packages: zips of the order-api releases, made once."""

import functools
import io
import json
import zipfile

from emulator import REPOSITORY

PROGRAMS = {
    "1.0.0": "examples/release-1-0-0",
    "2.0.0": "order-api",
    "panics-on-create": "examples/panics-on-create",
    "slower-than-its-timeout": "examples/slower-than-its-timeout",
}


def zipped(files):
    """A zip archive of these files, by name; the same bytes for the same files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o755 << 16
            writer.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=1)
    return archive.getvalue()


@functools.cache
def release(name):
    """The package of a release of order-api."""
    return zipped({"bootstrap": (REPOSITORY / "target/debug" / PROGRAMS[name]).read_bytes()})


@functools.cache
def nothing(text="exit 1"):
    """A small package, for what is never invoked."""
    return zipped({"bootstrap": f"#!/bin/sh\n{text}\n".encode()})


def new_function(lambda_, name, package=None, **arguments):
    """Creates a function and waits until it can be used."""
    arguments = {
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Role": "arn:aws:iam::123456789012:role/exercise",
        "Code": {"ZipFile": package or nothing()},
        **arguments,
    }
    created = lambda_.create_function(FunctionName=name, **arguments)
    lambda_.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return created


def updated(lambda_, name):
    """Waits until the last update is through."""
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def invoke(lambda_, name, event, **arguments):
    """Invokes and returns the answer and its decoded payload."""
    answer = lambda_.invoke(FunctionName=name, Payload=json.dumps(event), **arguments)
    body = answer["Payload"].read()
    return answer, json.loads(body) if body else None
