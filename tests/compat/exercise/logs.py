"""CloudWatch Logs: groups, streams, and what functions wrote."""

import time

from clients import equal, paged, refused
from exercise.packages import invoke, new_function, release

OPERATIONS = """
    CreateLogGroup DescribeLogGroups DeleteLogGroup CreateLogStream DescribeLogStreams DeleteLogStream PutLogEvents
    GetLogEvents FilterLogEvents
""".split()


def groups(clients):
    logs = clients.logs
    names = [f"/exercise/{n}" for n in range(3)]
    for name in names:
        logs.create_log_group(logGroupName=name)
    refused(logs.create_log_group, "ResourceAlreadyExistsException", "The specified log group already exists", logGroupName=names[0])
    paged(logs, "describe_log_groups", lambda page: [one["logGroupName"] for one in page["logGroups"]], 1, names, logGroupNamePrefix="/exercise/")
    for name in names:
        logs.delete_log_group(logGroupName=name)
    refused(logs.delete_log_group, "ResourceNotFoundException", "The specified log group does not exist.", logGroupName=names[0])
    refused(clients.unchecked("logs").create_log_group, "InvalidParameterException", None, logGroupName="a b")


def streams(clients):
    logs = clients.logs
    group = "/exercise/streams"
    logs.create_log_group(logGroupName=group)
    names = ["a", "b", "c"]
    for name in names:
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    refused(logs.create_log_stream, "ResourceAlreadyExistsException", None, logGroupName=group, logStreamName="a")
    refused(logs.create_log_stream, "ResourceNotFoundException", None, logGroupName="/exercise/nowhere", logStreamName="a")
    paged(logs, "describe_log_streams", lambda page: [one["logStreamName"] for one in page["logStreams"]], 1, names, logGroupName=group)
    now = int(time.time() * 1000)
    for name in ("a", "b"):
        put = logs.put_log_events(
            logGroupName=group, logStreamName=name, logEvents=[{"timestamp": now + n, "message": f"{name} line {n}"} for n in range(4)]
        )
        equal("rejectedLogEventsInfo" in put, False, "nothing is rejected")
    first = logs.get_log_events(logGroupName=group, logStreamName="a", startFromHead=True, limit=3)
    equal([one["message"] for one in first["events"]], ["a line 0", "a line 1", "a line 2"], "the first three lines")
    rest = logs.get_log_events(logGroupName=group, logStreamName="a", startFromHead=True, nextToken=first["nextForwardToken"])
    equal([one["message"] for one in rest["events"]], ["a line 3"], "the rest")
    end = logs.get_log_events(logGroupName=group, logStreamName="a", startFromHead=True, nextToken=rest["nextForwardToken"])
    equal((end["events"], end["nextForwardToken"]), ([], rest["nextForwardToken"]), "the end gives its own token")
    paged(logs, "filter_log_events", lambda page: [one["message"] for one in page["events"]], 2, ["a line 0", "b line 3"], logGroupName=group)
    some = logs.filter_log_events(logGroupName=group, filterPattern='"line 2"')["events"]
    equal(sorted(one["message"] for one in some), ["a line 2", "b line 2"], "filtered")
    equal(len(logs.filter_log_events(logGroupName=group, logStreamNamePrefix="b")["events"]), 4, "one stream")
    for operation in (logs.get_log_events, logs.delete_log_stream):
        refused(operation, "ResourceNotFoundException", "The specified log stream does not exist.", logGroupName=group, logStreamName="nowhere")
    refused(logs.filter_log_events, "ResourceNotFoundException", None, logGroupName="/exercise/nowhere")
    refused(logs.put_log_events, "ResourceNotFoundException", None, logGroupName=group, logStreamName="nowhere", logEvents=[{"timestamp": now, "message": "x"}])
    refused(
        logs.put_log_events, "InvalidParameterException", None, logGroupName=group, logStreamName="c",
        logEvents=[{"timestamp": now, "message": "later"}, {"timestamp": now - 5, "message": "earlier"}],
    )
    logs.delete_log_stream(logGroupName=group, logStreamName="c")
    logs.delete_log_group(logGroupName=group)


def functions_output(clients):
    lambda_, logs = clients.lambda_, clients.logs
    new_function(lambda_, "logged", release("2.0.0"))
    answer, _ = invoke(lambda_, "logged", {"action": "status"})
    request_id = answer["ResponseMetadata"]["RequestId"]
    group = "/aws/lambda/logged"
    [stream] = logs.describe_log_streams(logGroupName=group)["logStreams"]
    written = [one["message"] for one in logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)["events"]]
    for wanted in (f"START RequestId: {request_id} Version: $LATEST", f"END RequestId: {request_id}", f"REPORT RequestId: {request_id}"):
        equal(any(line.startswith(wanted) for line in written), True, f"{wanted!r} in {written!r}")
    equal(any('"answered"' in line for line in written), True, f"the function's own line in {written!r}")
    lambda_.delete_function(FunctionName="logged")


CASES = [groups, streams, functions_output]
