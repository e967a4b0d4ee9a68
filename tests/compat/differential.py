"""The same Lambda calls on `tollgate serve` and on MiniStack, an emulator that is not ours, where it is known to do as AWS does.

What MiniStack does otherwise than AWS is not called (weights, their validation, preconditions of PublishVersion, DryRun,
concurrency: reference page emulators.md). Every difference in an answer fails, unless `KEPT` explains it, and every
explanation must be needed.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import boto3
import botocore.config
import botocore.exceptions

from emulator import clean_environment, serving
from exercise.packages import release

CREATE = json.dumps({"action": "create", "customerId": "CUST-001", "items": [{"productId": "PROD-A", "quantity": 2}]})
ROLE = "arn:aws:iam::000000000000:role/orders"
FUNCTION = {"FunctionName": "orders"}
WAIT = {"WaiterConfig": {"Delay": 1}}

# Name of the step, operation, arguments; `wait …` is a waiter.
STEPS = [
    ("create", "create_function", {
        **FUNCTION, "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": ROLE, "Timeout": 5, "Code": {"ZipFile": "1.0.0"},
        "Environment": {"Variables": {"STAGE": "test"}}, "Description": "first", "Tags": {"team": "orders"},
    }),
    ("active", "wait function_active_v2", FUNCTION),
    ("create again", "create_function", {**FUNCTION, "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": ROLE, "Code": {"ZipFile": "1.0.0"}}),
    ("publish 1", "publish_version", {**FUNCTION, "Description": "Release 1.0.0"}),
    ("publish 1 again", "publish_version", {**FUNCTION}),
    ("new code", "update_function_code", {**FUNCTION, "ZipFile": "2.0.0"}),
    ("updated", "wait function_updated_v2", FUNCTION),
    ("publish 2", "publish_version", FUNCTION),
    ("new configuration", "update_function_configuration", {**FUNCTION, "Timeout": 7, "MemorySize": 256}),
    ("updated again", "wait function_updated_v2", FUNCTION),
    ("publish 3", "publish_version", FUNCTION),
    ("version 1 is as it was", "get_function_configuration", {**FUNCTION, "Qualifier": "1"}),
    ("version 3", "get_function_configuration", {**FUNCTION, "Qualifier": "3"}),
    ("latest", "get_function_configuration", FUNCTION),
    ("no such version", "get_function_configuration", {**FUNCTION, "Qualifier": "9"}),
    ("no such function", "get_function_configuration", {"FunctionName": "nowhere"}),
    ("versions", "list_versions_by_function", FUNCTION),
    ("prod", "create_alias", {**FUNCTION, "Name": "prod", "FunctionVersion": "1", "Description": "users"}),
    ("prod again", "create_alias", {**FUNCTION, "Name": "prod", "FunctionVersion": "1"}),
    ("dev", "create_alias", {**FUNCTION, "Name": "dev", "FunctionVersion": "$LATEST"}),
    ("read prod", "get_alias", {**FUNCTION, "Name": "prod"}),
    ("aliases", "list_aliases", FUNCTION),
    ("no such alias", "get_alias", {**FUNCTION, "Name": "nowhere"}),
    ("stale alias", "update_alias", {**FUNCTION, "Name": "prod", "FunctionVersion": "2", "RevisionId": "00000000-0000-4000-8000-000000000000"}),
    ("stale code", "update_function_code", {**FUNCTION, "ZipFile": "1.0.0", "RevisionId": "00000000-0000-4000-8000-000000000000"}),
    ("invoke latest", "invoke", {**FUNCTION, "Payload": CREATE}),
    ("invoke prod", "invoke", {**FUNCTION, "Qualifier": "prod", "Payload": CREATE}),
    ("invoke fn:prod", "invoke", {"FunctionName": "orders:prod", "Payload": CREATE}),
    ("invoke 2", "invoke", {**FUNCTION, "Qualifier": "2", "Payload": CREATE}),
    ("invoke an ARN", "invoke", {"FunctionName": "arn:aws:lambda:us-east-1:ACCOUNT:function:orders:prod", "Payload": CREATE}),
    ("invoke nothing", "invoke", {"FunctionName": "nowhere", "Payload": CREATE}),
    ("repoint", "update_alias", {**FUNCTION, "Name": "prod", "FunctionVersion": "2"}),
    ("invoke prod again", "invoke", {**FUNCTION, "Qualifier": "prod", "Payload": CREATE}),
    ("delete a version in use", "delete_function", {**FUNCTION, "Qualifier": "2"}),
    ("delete a version", "delete_function", {**FUNCTION, "Qualifier": "3"}),
    ("a panic", "create_function", {"FunctionName": "panics", "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": ROLE, "Code": {"ZipFile": "panics-on-create"}}),
    ("a panic, active", "wait function_active_v2", {"FunctionName": "panics"}),
    ("invoke a panic", "invoke", {"FunctionName": "panics", "Payload": CREATE}),
    ("a timeout", "create_function", {"FunctionName": "slow", "Runtime": "provided.al2023", "Handler": "bootstrap", "Role": ROLE, "Timeout": 1, "Code": {"ZipFile": "slower-than-its-timeout"}}),
    ("a timeout, active", "wait function_active_v2", {"FunctionName": "slow"}),
    ("invoke a timeout", "invoke", {"FunctionName": "slow", "Payload": CREATE}),
    ("tags", "list_tags", {"Resource": "arn:aws:lambda:us-east-1:ACCOUNT:function:orders"}),
    ("delete an alias", "delete_alias", {**FUNCTION, "Name": "prod"}),
    ("delete", "delete_function", FUNCTION),
    ("deleted", "get_function", FUNCTION),
]

# A pattern of steps, one of paths, and why the difference is kept.
CONFIGURATION = r"(Versions\[\d\]\.)?"
CREATED = "create|new code|new configuration|a panic|a timeout"
KEPT = [
    (".*", CONFIGURATION + "(KMSKeyArn|LastUpdateStatusReason|LastUpdateStatusReasonCode|Layers|VpcConfig|StateReason|StateReasonCode)",
     "AWS leaves out what is not set; MiniStack says that it is empty, or why a state is the one that it is"),
    (CREATED, "State|LastUpdateStatus", "here a function can be used as soon as it is created or changed: there is nothing to prepare"),
    (".*", CONFIGURATION + r"RuntimeVersionConfig(\.RuntimeVersionArn)?", "AWS gives a runtime version, and none in lists; MiniStack an empty one"),
    ("versions", r"Versions\[\d\]\.(State|LastUpdateStatus)", "the API reference of ListVersionsByFunction: the list leaves the states out"),
    ("versions", r"Versions\[0\]\.FunctionArn", "AWS qualifies the ARN of $LATEST in this list"),
    ("aliases", r"Aliases\[\d\]\..*", "the order is not documented: here it is that of the names"),
    ("no such version", "Message", "AWS names the qualified ARN"),
    ("prod again|no such alias", "Message", "AWS names the alias by its ARN, and has another text for GetAlias"),
    ("stale alias|stale code", "Message", "AWS's text goes on with what to call"),
    ("invoke nothing", "Message", "AWS resolves an absent qualifier to $LATEST"),
    ("delete a version in use", "Message", "AWS names the aliases"),
    ("invoke a timeout", r"Payload\.errorMessage", "the text of AWS's Runtime Interface Emulator, which has the request id"),
]


@contextlib.contextmanager
def ministack():
    """MiniStack on a free port; yields its endpoint."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="ministack-") as directory:
        environment = clean_environment() | {"LAMBDA_EXECUTOR": "local", "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "HOME": directory}
        log = open(os.path.join(directory, "log"), "w+")
        program = os.path.join(os.path.dirname(sys.executable), "ministack")
        process = subprocess.Popen([program], cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            deadline = time.monotonic() + 60
            while True:
                with contextlib.suppress(OSError):
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=5)
                    break
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise RuntimeError(f"MiniStack does not start: {log.read()}")
                time.sleep(0.2)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            log.close()


def client_of(endpoint):
    config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=60)
    return boto3.client(
        "lambda", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test", config=config
    )


def answers(endpoint, account):
    """What each step is answered, normalised."""
    client = client_of(endpoint)
    found = {}
    for name, operation, arguments in STEPS:
        arguments = with_packages({key: value.replace("ACCOUNT", account) if isinstance(value, str) else value for key, value in arguments.items()})
        try:
            if operation.startswith("wait "):
                client.get_waiter(operation.removeprefix("wait ")).wait(**arguments, **WAIT)
                answer = {}
            else:
                answer = getattr(client, operation)(**arguments)
                answer["HTTPStatusCode"] = answer.pop("ResponseMetadata")["HTTPStatusCode"]
                if "Payload" in answer:
                    answer["Payload"] = payload(answer["Payload"].read())
        except botocore.exceptions.ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            answer = {"HTTPStatusCode": status, **error.response["Error"]}
        except botocore.exceptions.WaiterError as error:
            answer = {"Waiter": str(error)}
        found[name] = normalised(answer, account)
    return found


def with_packages(arguments):
    arguments = dict(arguments)
    if isinstance(arguments.get("Code"), dict):
        arguments["Code"] = {"ZipFile": release(arguments["Code"]["ZipFile"])}
    if "ZipFile" in arguments:
        arguments["ZipFile"] = release(arguments["ZipFile"])
    return arguments


def payload(body):
    answer = json.loads(body) if body else None
    if isinstance(answer, dict) and isinstance(answer.get("body"), str):
        answer["body"] = json.loads(answer["body"])
    return answer


VARIES = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|\+0000)"), "<time>"),
]


def normalised(value, account):
    if isinstance(value, dict):
        return {key: normalised(item, account) for key, item in value.items()}
    if isinstance(value, list):
        return [normalised(item, account) for item in value]
    if isinstance(value, str):
        for pattern, name in VARIES:
            value = pattern.sub(name, value)
        return value.replace(account, "<account>").replace("000000000000", "<account>")
    return value


def differences(ours, theirs, path=""):
    """Paths with both values; `None` where there is none."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            yield from differences(ours.get(key), theirs.get(key), f"{path}.{key}" if path else key)
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs)):
            yield from differences(one, other, f"{path}[{index}]")
    elif ours != theirs:
        yield path, ours, theirs


def explained(step, path):
    """The first explanation of a difference, by its place in KEPT."""
    for index, (of_step, of_path, _) in enumerate(KEPT):
        if re.fullmatch(of_step, step) and re.fullmatch(of_path, path):
            return index
    return None


def main():
    with serving() as served:
        client = boto3.client(
            "sts", endpoint_url=served.variables["AWS_ENDPOINT_URL"], region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
        )
        ours = answers(served.variables["AWS_ENDPOINT_URL"], client.get_caller_identity()["Account"])
    with ministack() as endpoint:
        theirs = answers(endpoint, "000000000000")
    failures, kept, needed = 0, 0, set()
    for step, _, _ in STEPS:
        for path, one, other in differences(ours[step], theirs[step]):
            index = explained(step, path)
            if index is None:
                failures += 1
                print(f"FAILED {step}: {path}: {one!r} here, {other!r} in MiniStack")
            else:
                kept += 1
                needed.add(index)
    for index, (step, path, _) in enumerate(KEPT):
        if index not in needed:
            failures += 1
            print(f"FAILED the explanation of {step} {path} is not needed any more")
    print(f"{len(STEPS)} calls on both, {kept} differences kept, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
