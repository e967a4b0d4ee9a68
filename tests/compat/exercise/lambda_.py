"""Lambda: functions, versions, aliases, invocations, concurrency, tags, permissions, layers."""

import base64
import collections
import concurrent.futures
import hashlib

import json
import math



from clients import Failed, equal, paged, refused
from exercise.packages import invoke, new_function, nothing, release, updated, zipped

CREATE = {"action": "create", "customerId": "CUST-001", "items": [{"productId": "PROD-A", "quantity": 2}]}
STALE = "00000000-0000-4000-8000-000000000000"

OPERATIONS = """
    CreateFunction GetFunction GetFunctionConfiguration UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction
    ListFunctions PublishVersion ListVersionsByFunction CreateAlias GetAlias UpdateAlias DeleteAlias ListAliases Invoke
    PutFunctionConcurrency GetFunctionConcurrency DeleteFunctionConcurrency TagResource UntagResource ListTags
    AddPermission RemovePermission GetPolicy PublishLayerVersion GetLayerVersion GetLayerVersionByArn
    ListLayers ListLayerVersions DeleteLayerVersion
""".split()


def functions(clients):
    lambda_ = clients.lambda_
    package = nothing()
    created = new_function(
        lambda_,
        "functions",
        Description="made by the exerciser",
        Timeout=7,
        MemorySize=256,
        Environment={"Variables": {"GREETING": "hello"}},
        Tags={"team": "orders"},
    )
    equal(created["State"] in ("Pending", "Active"), True, "State")
    equal(created["Version"], "$LATEST", "Version")
    equal(created["CodeSize"], len(package), "CodeSize")
    equal(created["CodeSha256"], base64.b64encode(hashlib.sha256(package).digest()).decode(), "CodeSha256")
    lambda_.get_waiter("function_exists").wait(FunctionName="functions")
    lambda_.get_waiter("function_active").wait(FunctionName="functions", WaiterConfig={"Delay": 1})
    read = lambda_.get_function(FunctionName="functions")
    equal(read["Tags"], {"team": "orders"}, "Tags")
    equal(read["Code"]["RepositoryType"], "S3", "RepositoryType")
    configuration = lambda_.get_function_configuration(FunctionName="functions")
    equal((configuration["Timeout"], configuration["MemorySize"]), (7, 256), "Timeout and MemorySize")
    equal(configuration["Environment"], {"Variables": {"GREETING": "hello"}}, "Environment")
    equal(configuration["FunctionArn"], f"arn:aws:lambda:{clients.region}:{account(clients)}:function:functions", "FunctionArn")
    for name in (configuration["FunctionArn"], f"{account(clients)}:function:functions", "function:functions", "functions:$LATEST"):
        if name != "function:functions":
            lambda_.get_function_configuration(FunctionName=name)
    changed = lambda_.update_function_configuration(FunctionName="functions", Timeout=9, RevisionId=configuration["RevisionId"])
    equal(changed["Timeout"], 9, "Timeout")
    equal(changed["Description"], "made by the exerciser", "Description")
    if changed["RevisionId"] == configuration["RevisionId"]:
        raise Failed("the RevisionId did not change")
    updated(lambda_, "functions")
    lambda_.get_waiter("function_updated").wait(FunctionName="functions", WaiterConfig={"Delay": 1})
    refused(
        lambda_.update_function_configuration, "PreconditionFailedException", "Revision Id provided does not match",
        FunctionName="functions", Timeout=10, RevisionId=STALE,
    )
    refused(
        lambda_.update_function_code, "PreconditionFailedException",
        FunctionName="functions", ZipFile=nothing("exit 2"), RevisionId=STALE,
    )
    before = lambda_.get_function_configuration(FunctionName="functions")
    dry = lambda_.update_function_code(FunctionName="functions", ZipFile=nothing("exit 3"), DryRun=True)
    equal(dry["CodeSha256"] != before["CodeSha256"], True, "DryRun shows the new CodeSha256")
    equal(lambda_.get_function_configuration(FunctionName="functions")["CodeSha256"], before["CodeSha256"], "CodeSha256 after DryRun")
    code = lambda_.update_function_code(FunctionName="functions", ZipFile=nothing("exit 4"))
    equal(code["CodeSha256"] != before["CodeSha256"], True, "UpdateFunctionCode changes CodeSha256")
    updated(lambda_, "functions")
    lambda_.delete_function(FunctionName="functions")
    for operation in (lambda_.get_function, lambda_.get_function_configuration, lambda_.delete_function, lambda_.publish_version):
        refused(operation, "ResourceNotFoundException", "Function not found: arn:aws:lambda:", FunctionName="functions")


def functions_that_are_refused(clients):
    lambda_ = clients.lambda_
    new_function(lambda_, "taken")
    valid = {
        "FunctionName": "refused", "Runtime": "provided.al2023", "Handler": "bootstrap",
        "Role": "arn:aws:iam::123456789012:role/exercise", "Code": {"ZipFile": nothing()},
    }
    rows = [
        ({"FunctionName": "taken"}, "ResourceConflictException", "Function already exist: taken"),
        ({"FunctionName": "a b"}, "ValidationException", "functionName"),
        ({"FunctionName": "x" * 65}, "InvalidParameterValueException", "less than or equal to 64"),
        ({"Role": "exercise"}, "ValidationException", "role"),
        ({"Runtime": "cobol85"}, "InvalidParameterValueException", None),
        ({"Timeout": 901}, "ValidationException", "timeout"),
        ({"Timeout": 0}, "ValidationException", "timeout"),
        ({"MemorySize": 64}, "ValidationException", "memorySize"),
        ({"Code": {"ZipFile": b"this is no archive"}}, "InvalidParameterValueException", "Could not unzip uploaded file"),
        ({"Code": {"ZipFile": b""}}, "InvalidParameterValueException", None),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "reserved"),
        ({"Environment": {"Variables": {"BIG": "x" * 5000}}}, "InvalidParameterValueException", None),
        ({"Layers": [f"arn:aws:lambda:{clients.region}:{account(clients)}:layer:nowhere:1"]}, "InvalidParameterValueException", None),
    ]
    unchecked = clients.unchecked("lambda")
    for change, code, message in rows:
        try:
            refused(unchecked.create_function, code, message, **{**valid, **change})
        except Failed as failed:
            yield f"{list(change)[0]}: {failed}"
    for operation, arguments in (
        (lambda_.update_function_code, {"ZipFile": nothing()}),
        (lambda_.update_function_configuration, {"Timeout": 3}),
        (lambda_.list_versions_by_function, {}),
        (lambda_.list_aliases, {}),
        (lambda_.invoke, {}),
        (lambda_.get_policy, {}),
        (lambda_.put_function_concurrency, {"ReservedConcurrentExecutions": 1}),
        (lambda_.create_alias, {"Name": "prod", "FunctionVersion": "1"}),
    ):
        refused(operation, "ResourceNotFoundException", None, FunctionName="nowhere", **arguments)
    lambda_.delete_function(FunctionName="taken")


def lists_of_functions(clients):
    lambda_ = clients.lambda_
    names = [f"listed-{n}" for n in range(5)]
    for name in names:
        new_function(lambda_, name)
    lambda_.publish_version(FunctionName=names[0])
    paged(lambda_, "list_functions", lambda page: [f["FunctionName"] for f in page["Functions"]], 2, names)
    everything = lambda_.list_functions(FunctionVersion="ALL")["Functions"]
    equal({f["Version"] for f in everything if f["FunctionName"] == names[0]}, {"$LATEST", "1"}, "FunctionVersion=ALL")
    refused(lambda_.list_functions, "InvalidParameterValueException", None, Marker="no marker of ours")
    refused(clients.unchecked("lambda").list_functions, "ValidationException", None, MaxItems=0)
    for name in names:
        lambda_.delete_function(FunctionName=name)


def versions(clients):
    lambda_ = clients.lambda_
    new_function(lambda_, "versions")
    first = lambda_.publish_version(FunctionName="versions", Description="the first")
    equal((first["Version"], first["Description"]), ("1", "the first"), "the first version")
    equal(first["FunctionArn"].rsplit(":", 1)[-1], "1", "its ARN")
    lambda_.get_waiter("published_version_active").wait(FunctionName="versions", Qualifier="1", WaiterConfig={"Delay": 1})
    again = lambda_.publish_version(FunctionName="versions")
    equal(again["Version"], "1", "nothing changed, so nothing is published")
    latest = lambda_.get_function_configuration(FunctionName="versions")
    refused(lambda_.publish_version, "PreconditionFailedException", None, FunctionName="versions", RevisionId=STALE)
    refused(
        lambda_.publish_version, "InvalidParameterValueException", "CodeSHA256", FunctionName="versions",
        CodeSha256=base64.b64encode(b"x" * 32).decode(),
    )
    lambda_.update_function_configuration(FunctionName="versions", Timeout=5)
    updated(lambda_, "versions")
    second = lambda_.publish_version(FunctionName="versions", CodeSha256=latest["CodeSha256"])
    equal((second["Version"], second["Timeout"]), ("2", 5), "the second version")
    equal(lambda_.get_function_configuration(FunctionName="versions:1")["Timeout"], 3, "Timeout of version 1")
    code = lambda_.update_function_code(FunctionName="versions", ZipFile=nothing("exit 7"), Publish=True)
    equal(code["Version"], "3", "UpdateFunctionCode with Publish")
    paged(lambda_, "list_versions_by_function", lambda page: [v["Version"] for v in page["Versions"]], 1, ["$LATEST", "1", "2", "3"], FunctionName="versions")
    for operation, arguments in ((lambda_.update_function_code, {"ZipFile": nothing("exit 8")}), (lambda_.update_function_configuration, {"Timeout": 6})):
        try:
            refused(operation, "InvalidParameterValueException", None, FunctionName="versions:1", **arguments)
        except Failed as failed:
            yield str(failed)
    equal(lambda_.get_function_configuration(FunctionName="versions", Qualifier="1")["Timeout"], 3, "Timeout of version 1")
    lambda_.delete_function(FunctionName="versions", Qualifier="3")
    refused(lambda_.get_function, "ResourceNotFoundException", None, FunctionName="versions", Qualifier="3")
    refused(lambda_.delete_function, "InvalidParameterValueException", "$LATEST version cannot be deleted", FunctionName="versions", Qualifier="$LATEST")
    lambda_.update_function_configuration(FunctionName="versions", Timeout=8)
    updated(lambda_, "versions")
    equal(lambda_.publish_version(FunctionName="versions")["Version"], "4", "numbers are not used again")
    lambda_.delete_function(FunctionName="versions")


def aliases(clients):
    lambda_ = clients.lambda_
    new_function(lambda_, "aliases", Publish=True)
    lambda_.update_function_configuration(FunctionName="aliases", Timeout=5)
    updated(lambda_, "aliases")
    lambda_.publish_version(FunctionName="aliases")
    prod = lambda_.create_alias(FunctionName="aliases", Name="prod", FunctionVersion="1", Description="users")
    equal(prod["AliasArn"], f"arn:aws:lambda:{clients.region}:{account(clients)}:function:aliases:prod", "AliasArn")
    lambda_.create_alias(FunctionName="aliases", Name="staging", FunctionVersion="2")
    lambda_.create_alias(FunctionName="aliases", Name="dev", FunctionVersion="$LATEST")
    paged(lambda_, "list_aliases", lambda page: [a["Name"] for a in page["Aliases"]], 1, ["prod", "staging", "dev"], FunctionName="aliases")
    of_version = lambda_.list_aliases(FunctionName="aliases", FunctionVersion="2")["Aliases"]
    equal([alias["Name"] for alias in of_version], ["staging"], "aliases of version 2")
    weighted = lambda_.update_alias(
        FunctionName="aliases", Name="prod", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}}, RevisionId=prod["RevisionId"]
    )
    equal(weighted["RoutingConfig"], {"AdditionalVersionWeights": {"2": 0.1}}, "RoutingConfig")
    equal(lambda_.get_alias(FunctionName="aliases", Name="prod"), {**weighted, "ResponseMetadata": any_}, "GetAlias")
    refused(lambda_.update_alias, "PreconditionFailedException", None, FunctionName="aliases", Name="prod", Description="x", RevisionId=prod["RevisionId"])
    refused(lambda_.delete_function, "ResourceConflictException", None, FunctionName="aliases", Qualifier="1")
    refused(lambda_.delete_function, "ResourceConflictException", None, FunctionName="aliases", Qualifier="2")
    unchecked = clients.unchecked("lambda")
    rows = [
        ({"Name": "prod"}, "ResourceConflictException", "Alias already exists: arn:aws:lambda:"),
        ({"Name": "123"}, "ValidationException", None),
        ({"Name": "a b"}, "ValidationException", None),
        ({"FunctionVersion": "99"}, "ResourceNotFoundException", None),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"2": 1.5}}}, "ValidationException", None),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1, "1": 0.1}}}, "InvalidParameterValueException", "Number of items in AdditionalVersionWeights cannot be greater than 1"),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"77": 0.1}}}, "ResourceNotFoundException", None),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}}}, "InvalidParameterValueException", "Function version 1 is already included in routing configuration."),
        ({"FunctionVersion": "$LATEST", "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}}}, "InvalidParameterValueException", "$LATEST is not supported for an alias pointing to more than 1 version"),
        ({"RoutingConfig": {"AdditionalVersionWeights": {"$LATEST": 0.1}}}, "ValidationException", None),
    ]
    for change, code, message in rows:
        try:
            refused(unchecked.create_alias, code, message, **{"FunctionName": "aliases", "Name": "new", "FunctionVersion": "1", **change})
        except Failed as failed:
            yield f"{change}: {failed}"
    refused(lambda_.get_alias, "ResourceNotFoundException", "Cannot find alias arn: arn:aws:lambda:", FunctionName="aliases", Name="nowhere")
    refused(lambda_.update_alias, "ResourceNotFoundException", "Alias not found: arn:aws:lambda:", FunctionName="aliases", Name="nowhere")
    promoted = lambda_.update_alias(FunctionName="aliases", Name="prod", FunctionVersion="2", RoutingConfig={"AdditionalVersionWeights": {}})
    equal((promoted["FunctionVersion"], promoted.get("RoutingConfig")), ("2", None), "the promoted alias")
    for name in ("prod", "staging", "dev"):
        lambda_.delete_alias(FunctionName="aliases", Name=name)
    lambda_.delete_alias(FunctionName="aliases", Name="prod")  # deleting what is gone succeeds
    lambda_.delete_function(FunctionName="aliases")


class _Anything:
    def __eq__(self, other):
        return True


any_ = _Anything()


def account(clients):
    return clients.sts.get_caller_identity()["Account"]


def invocations(clients):
    lambda_ = clients.lambda_
    new_function(lambda_, "invoked", release("1.0.0"), Publish=True)
    lambda_.update_function_code(FunctionName="invoked", ZipFile=release("2.0.0"))
    updated(lambda_, "invoked")
    lambda_.publish_version(FunctionName="invoked")
    lambda_.create_alias(FunctionName="invoked", Name="prod", FunctionVersion="1")
    arn = lambda_.get_function_configuration(FunctionName="invoked")["FunctionArn"]
    partial = arn.split(":", 4)[-1]
    for name, qualifier, version in [
        ("invoked", None, "$LATEST"), ("invoked", "$LATEST", "$LATEST"), ("invoked", "1", "1"), ("invoked", "2", "2"), ("invoked", "prod", "1"),
        ("invoked:prod", None, "1"), ("invoked:2", None, "2"), (arn, None, "$LATEST"), (f"{arn}:prod", None, "1"), (arn, "2", "2"),
        (partial, None, "$LATEST"), (f"{partial}:prod", None, "1"), (f"{partial}:prod", "prod", "1"),
    ]:
        arguments = {} if qualifier is None else {"Qualifier": qualifier}
        answer, payload = invoke(lambda_, name, CREATE, **arguments)
        equal((answer["StatusCode"], answer["ExecutedVersion"]), (200, version), f"{name} {qualifier}")
        body = json.loads(payload["body"])
        equal(body["functionVersion"], version, f"functionVersion of {name} {qualifier}")
        equal(body["version"], {"1": "1.0.0"}.get(version, "2.0.0"), f"version of {name} {qualifier}")
    tail, _ = invoke(lambda_, "invoked", CREATE, LogType="Tail")
    log = base64.b64decode(tail["LogResult"]).decode()
    if "START RequestId: " not in log or "REPORT RequestId: " not in log:
        yield f"LogResult has no START or REPORT: {log!r}"
    context = base64.b64encode(json.dumps({"custom": {"tollgate": "exercise"}}).encode()).decode()
    invoke(lambda_, "invoked", CREATE, ClientContext=context)
    dry = lambda_.invoke(FunctionName="invoked", InvocationType="DryRun", Payload=json.dumps(CREATE))
    equal((dry["StatusCode"], dry["Payload"].read()), (204, b""), "DryRun")
    event = lambda_.invoke(FunctionName="invoked", InvocationType="Event", Payload=json.dumps(CREATE))
    equal((event["StatusCode"], event["Payload"].read()), (202, b""), "Event")
    refused(lambda_.invoke, "ResourceNotFoundException", "Function not found: ", FunctionName="invoked", Qualifier="99")
    refused(lambda_.invoke, "ResourceNotFoundException", None, FunctionName="invoked", Qualifier="nowhere")
    refused(lambda_.invoke, "InvalidRequestContentException", "Could not parse request body into json", FunctionName="invoked", Payload=b"{no json")
    refused(lambda_.invoke, "RequestTooLargeException", None, FunctionName="invoked", Payload=json.dumps("x" * (6 * 1024 * 1024 + 1)))
    refused(clients.unchecked("lambda").invoke, "ValidationException", "invocationType", FunctionName="invoked", InvocationType="Later")
    lambda_.delete_function(FunctionName="invoked")


def function_errors(clients):
    lambda_ = clients.lambda_
    new_function(lambda_, "panics", release("panics-on-create"))
    answer, payload = invoke(lambda_, "panics", CREATE)
    equal((answer["StatusCode"], answer.get("FunctionError")), (200, "Unhandled"), "a panic")
    equal(sorted(payload), ["errorMessage", "errorType"], "the error's members")
    new_function(lambda_, "slow", release("slower-than-its-timeout"), Timeout=1)
    answer, payload = invoke(lambda_, "slow", CREATE)
    equal(answer.get("FunctionError"), "Unhandled", "a timeout")
    if "Task timed out after 1.00 seconds" not in payload["errorMessage"]:
        raise Failed(f"a timeout's message is {payload['errorMessage']!r}")
    new_function(lambda_, "exits", nothing("exit 3"))
    answer, payload = invoke(lambda_, "exits", CREATE)
    equal((answer.get("FunctionError"), payload["errorType"]), ("Unhandled", "Runtime.ExitError"), "an exit")
    for name in ("panics", "slow", "exits"):
        lambda_.delete_function(FunctionName=name)


def weights(clients):
    """A thousand calls of an alias with 10 % on version 2, within what chance allows once in ten thousand times."""
    lambda_ = clients.lambda_
    new_function(lambda_, "weights", release("1.0.0"), Publish=True)
    lambda_.update_function_code(FunctionName="weights", ZipFile=release("2.0.0"))
    updated(lambda_, "weights")
    lambda_.publish_version(FunctionName="weights")
    lambda_.create_alias(FunctionName="weights", Name="prod", FunctionVersion="1", RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}})

    def call(_):
        answer, payload = invoke(lambda_, "weights", CREATE, Qualifier="prod")
        return answer["ExecutedVersion"], json.loads(payload["body"])["functionVersion"]

    calls, share = 1000, 0.1
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        executed = collections.Counter(pool.map(call, range(calls)))
    if any(header != answered for header, answered in executed):
        raise Failed(f"functionVersion is not the ExecutedVersion: {executed}")
    second = executed["2", "2"]
    bound = 3.9 * math.sqrt(calls * share * (1 - share))
    if abs(second - calls * share) > bound:
        raise Failed(f"{second} of {calls} calls went to version 2, which is not 100 ± {bound:.0f}")
    lambda_.delete_function(FunctionName="weights")


def concurrency(clients):
    lambda_ = clients.lambda_
    new_function(lambda_, "concurrency", release("2.0.0"))
    equal("ReservedConcurrentExecutions" in lambda_.get_function_concurrency(FunctionName="concurrency"), False, "nothing is reserved")
    put = lambda_.put_function_concurrency(FunctionName="concurrency", ReservedConcurrentExecutions=0)
    equal(put["ReservedConcurrentExecutions"], 0, "PutFunctionConcurrency")
    equal(lambda_.get_function_concurrency(FunctionName="concurrency")["ReservedConcurrentExecutions"], 0, "GetFunctionConcurrency")
    equal(lambda_.get_function(FunctionName="concurrency")["Concurrency"], {"ReservedConcurrentExecutions": 0}, "GetFunction.Concurrency")
    error = refused(lambda_.invoke, "TooManyRequestsException", "Rate Exceeded.", FunctionName="concurrency", Payload=b"{}")
    equal(error["Reason"], "ReservedFunctionConcurrentInvocationLimitExceeded", "Reason")
    lambda_.delete_function_concurrency(FunctionName="concurrency")
    invoke(lambda_, "concurrency", CREATE)
    refused(clients.unchecked("lambda").put_function_concurrency, "ValidationException", None, FunctionName="concurrency", ReservedConcurrentExecutions=-1)
    refused(lambda_.put_function_concurrency, "InvalidParameterValueException", None, FunctionName="concurrency", ReservedConcurrentExecutions=100000)
    lambda_.delete_function(FunctionName="concurrency")


def tags(clients):
    lambda_ = clients.lambda_
    arn = new_function(lambda_, "tagged", Tags={"team": "orders"})["FunctionArn"]
    lambda_.tag_resource(Resource=arn, Tags={"stage": "test", "cost": "1"})
    equal(lambda_.list_tags(Resource=arn)["Tags"], {"team": "orders", "stage": "test", "cost": "1"}, "tags")
    lambda_.untag_resource(Resource=arn, TagKeys=["team", "cost"])
    equal(lambda_.list_tags(Resource=arn)["Tags"], {"stage": "test"}, "tags")
    missing = arn.replace("tagged", "nowhere")
    refused(lambda_.list_tags, "ResourceNotFoundException", None, Resource=missing)
    refused(lambda_.tag_resource, "ResourceNotFoundException", None, Resource=missing, Tags={"a": "b"})
    refused(lambda_.untag_resource, "ResourceNotFoundException", None, Resource=missing, TagKeys=["a"])
    refused(lambda_.tag_resource, "InvalidParameterValueException", None, Resource=f"{arn}:1", Tags={"a": "b"})
    lambda_.delete_function(FunctionName="tagged")


def permissions(clients):
    lambda_ = clients.lambda_
    new_function(lambda_, "permitted", Publish=True)
    added = lambda_.add_permission(
        FunctionName="permitted", StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com",
        SourceArn="arn:aws:execute-api:us-east-1:123456789012:abc/*/GET/orders",
    )
    statement = json.loads(added["Statement"])
    equal((statement["Sid"], statement["Effect"], statement["Principal"]), ("api", "Allow", {"Service": "apigateway.amazonaws.com"}), "Statement")
    policy = lambda_.get_policy(FunctionName="permitted")
    equal([one["Sid"] for one in json.loads(policy["Policy"])["Statement"]], ["api"], "Policy")
    again = {"StatementId": "api", "Action": "lambda:InvokeFunction", "Principal": "*"}
    refused(lambda_.add_permission, "ResourceConflictException", "The statement id (api) provided already exists", FunctionName="permitted", **again)
    refused(lambda_.add_permission, "PreconditionFailedException", None, FunctionName="permitted", **{**again, "StatementId": "b", "RevisionId": STALE})
    refused(lambda_.remove_permission, "ResourceNotFoundException", None, FunctionName="permitted", StatementId="nowhere")
    lambda_.add_permission(FunctionName="permitted", Qualifier="1", **again)
    equal(len(json.loads(lambda_.get_policy(FunctionName="permitted", Qualifier="1")["Policy"])["Statement"]), 1, "the version's policy")
    lambda_.remove_permission(FunctionName="permitted", StatementId="api")
    refused(lambda_.get_policy, "ResourceNotFoundException", "The resource you requested does not exist.", FunctionName="permitted")
    lambda_.delete_function(FunctionName="permitted")


def layers(clients):
    lambda_ = clients.lambda_
    content = zipped({"orders/event.json": b"{}"})
    published = lambda_.publish_layer_version(
        LayerName="events", Description="test events", Content={"ZipFile": content}, CompatibleRuntimes=["provided.al2023"], LicenseInfo="MIT"
    )
    equal(published["Version"], 1, "Version")
    equal(published["LayerVersionArn"], published["LayerArn"] + ":1", "LayerVersionArn")
    equal(published["Content"]["CodeSha256"], base64.b64encode(hashlib.sha256(content).digest()).decode(), "CodeSha256")
    equal(lambda_.publish_layer_version(LayerName="events", Content={"ZipFile": content})["Version"], 2, "Version")
    lambda_.publish_layer_version(LayerName="others", Content={"ZipFile": content})
    equal(lambda_.get_layer_version(LayerName="events", VersionNumber=1)["Description"], "test events", "Description")
    equal(lambda_.get_layer_version_by_arn(Arn=published["LayerVersionArn"])["Version"], 1, "Version")
    paged(lambda_, "list_layers", lambda page: [layer["LayerName"] for layer in page["Layers"]], 1, ["events", "others"])
    paged(lambda_, "list_layer_versions", lambda page: [layer["Version"] for layer in page["LayerVersions"]], 1, [1, 2], LayerName="events")
    new_function(lambda_, "layered", Layers=[published["LayerVersionArn"]])
    equal([layer["Arn"] for layer in lambda_.get_function_configuration(FunctionName="layered")["Layers"]], [published["LayerVersionArn"]], "Layers")
    lambda_.delete_layer_version(LayerName="events", VersionNumber=2)
    refused(lambda_.get_layer_version, "ResourceNotFoundException", None, LayerName="events", VersionNumber=2)
    refused(lambda_.get_layer_version_by_arn, "ResourceNotFoundException", None, Arn=published["LayerArn"] + ":9")
    refused(lambda_.publish_layer_version, "InvalidParameterValueException", "Could not unzip uploaded file", LayerName="events", Content={"ZipFile": b"no"})
    lambda_.delete_layer_version(LayerName="events", VersionNumber=1)
    lambda_.delete_function(FunctionName="layered")


def python(clients):
    """A function in Python, under the runtime interface client that is installed beside this exerciser."""
    lambda_ = clients.lambda_
    handler = """
import json, os
def handle(event, context):
    if event.get("fail"):
        raise ValueError("as asked")
    return {"echo": event, "version": context.function_version, "name": context.function_name, "left": context.get_remaining_time_in_millis() > 0}
"""
    new_function(lambda_, "python", zipped({"app.py": handler.encode()}), Runtime="python3.13", Handler="app.handle", Timeout=20, Publish=True)
    answer, payload = invoke(lambda_, "python:1", {"hello": "world"})
    equal(payload, {"echo": {"hello": "world"}, "version": "1", "name": "python", "left": True}, "a Python function's answer")
    answer, payload = invoke(lambda_, "python", {"fail": True})
    equal((answer.get("FunctionError"), payload["errorType"], payload["errorMessage"]), ("Unhandled", "ValueError", "as asked"), "a Python error")
    lambda_.delete_function(FunctionName="python")


CASES = [
    functions, functions_that_are_refused, lists_of_functions, versions, aliases, invocations, function_errors, weights,
    concurrency, tags, permissions, layers, python,
]
