"""CloudWatch: metrics and alarms. Runs once in each protocol in which it is served."""

import datetime

from clients import equal, paged, refused
from exercise.codedeploy import until
from exercise.packages import invoke, new_function, release, updated

OPERATIONS = """
    PutMetricData GetMetricData GetMetricStatistics ListMetrics PutMetricAlarm DescribeAlarms DescribeAlarmsForMetric
    SetAlarmState DeleteAlarms DescribeAlarmHistory
""".split()


def emulated_now(clients):
    """What time it is in the emulator, whose clock may run faster than this machine's."""
    name = "clock"
    put_alarm(clients, name)
    updated_at = clients.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmConfigurationUpdatedTimestamp"]
    clients.cloudwatch.delete_alarms(AlarmNames=[name])
    return updated_at


def put_alarm(clients, name, **arguments):
    arguments = {
        "Namespace": "Exercise", "MetricName": "Errors", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 0.0, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching", **arguments,
    }
    arguments = {name: value for name, value in arguments.items() if value is not None}
    return clients.cloudwatch.put_metric_alarm(AlarmName=name, **arguments)


def metrics(clients):
    cloudwatch = clients.cloudwatch
    now = emulated_now(clients)
    dimensions = [{"Name": "Stage", "Value": "test"}]
    cloudwatch.put_metric_data(
        Namespace="Exercise/Metrics",
        MetricData=[
            {"MetricName": "Orders", "Dimensions": dimensions, "Timestamp": now, "Value": 2.5, "Unit": "Count"},
            {"MetricName": "Orders", "Dimensions": dimensions, "Timestamp": now, "Values": [1.0, 4.0], "Counts": [2.0, 1.0], "Unit": "Count"},
            {"MetricName": "Orders", "Dimensions": dimensions, "Timestamp": now, "StatisticValues": {"SampleCount": 2, "Sum": 3, "Minimum": 1, "Maximum": 2}, "Unit": "Count"},
            {"MetricName": "Refunds", "Timestamp": now, "Value": 1.0},
            {"MetricName": "Returns", "Timestamp": now, "Value": 1.0},
        ],
    )
    times = {"StartTime": now - datetime.timedelta(minutes=10), "EndTime": now + datetime.timedelta(minutes=10)}
    statistics = until(
        lambda: cloudwatch.get_metric_statistics(
            Namespace="Exercise/Metrics", MetricName="Orders", Dimensions=dimensions, Period=3600,
            Statistics=["Sum", "SampleCount", "Minimum", "Maximum", "Average"], **times,
        ),
        lambda answer: answer["Datapoints"], "the data did not arrive",
    )
    equal(statistics["Label"], "Orders", "Label")
    found = statistics["Datapoints"]
    equal((sum(point["Sum"] for point in found), sum(point["SampleCount"] for point in found)), (11.5, 6.0), "Sum and SampleCount")
    equal((min(point["Minimum"] for point in found), max(point["Maximum"] for point in found)), (1.0, 4.0), "Minimum and Maximum")
    queries = [
        {"Id": "orders", "MetricStat": {"Metric": {"Namespace": "Exercise/Metrics", "MetricName": "Orders", "Dimensions": dimensions}, "Period": 3600, "Stat": "Sum"}},
        {"Id": "refunds", "MetricStat": {"Metric": {"Namespace": "Exercise/Metrics", "MetricName": "Refunds"}, "Period": 3600, "Stat": "Sum"}, "Label": "money back"},
    ]
    data = {result["Id"]: result for result in cloudwatch.get_metric_data(MetricDataQueries=queries, **times)["MetricDataResults"]}
    equal((sum(data["orders"]["Values"]), data["orders"]["StatusCode"]), (11.5, "Complete"), "GetMetricData")
    equal((data["refunds"]["Values"], data["refunds"]["Label"]), ([1.0], "money back"), "GetMetricData")
    listed = paged(cloudwatch, "list_metrics", lambda page: [one["MetricName"] for one in page["Metrics"]], None, ["Orders", "Refunds", "Returns"], Namespace="Exercise/Metrics")
    equal(len(listed), 3, "metrics")
    by_dimension = cloudwatch.list_metrics(Namespace="Exercise/Metrics", Dimensions=[{"Name": "Stage"}])["Metrics"]
    equal([one["MetricName"] for one in by_dimension], ["Orders"], "by dimension")
    put = cloudwatch.put_metric_data
    unchecked = clients.unchecked("cloudwatch")
    refused(put, "InvalidParameterValue", None, Namespace="AWS/Lambda", MetricData=[{"MetricName": "a", "Value": 1.0}])
    refused(put, "InvalidParameterCombination", None, Namespace="Exercise", MetricData=[{"MetricName": "a", "Value": 1.0, "Values": [1.0]}])
    refused(unchecked.get_metric_statistics, "MissingParameter", None, Namespace="Exercise", MetricName="a")
    refused(
        cloudwatch.get_metric_statistics, "InvalidParameterValue", "StartTime must be less than", Namespace="Exercise", MetricName="a", Period=60, Statistics=["Sum"],
        StartTime=times["EndTime"], EndTime=times["StartTime"],
    )
    refused(cloudwatch.list_metrics, "InvalidParameterValue", None, NextToken="no token of ours")


def points(clients, dimensions, now):
    return clients.cloudwatch.get_metric_statistics(
        Namespace="AWS/Lambda", MetricName="Invocations", Period=60, Statistics=["Sum"],
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions],
        StartTime=now - datetime.timedelta(minutes=5), EndTime=now + datetime.timedelta(hours=6),
    )["Datapoints"]


def metrics_of_versions(clients):
    """Invocations of an alias, by the version that executed them."""
    lambda_, cloudwatch = clients.lambda_, clients.cloudwatch
    new_function(lambda_, "measured", release("2.0.0"), Publish=True)
    lambda_.update_function_configuration(FunctionName="measured", Timeout=5)
    updated(lambda_, "measured")
    lambda_.publish_version(FunctionName="measured")
    now = emulated_now(clients)
    lambda_.create_alias(FunctionName="measured", Name="prod", FunctionVersion="1")
    for version, calls in (("1", 3), ("2", 2)):
        lambda_.update_alias(FunctionName="measured", Name="prod", FunctionVersion=version)
        for _ in range(calls):
            invoke(lambda_, "measured", {"action": "status"}, Qualifier="prod")
    for version, calls in (("1", 3), ("2", 2), (None, 5)):
        dimensions = [("FunctionName", "measured"), ("Resource", "measured:prod")]
        if version:
            dimensions.append(("ExecutedVersion", version))
        until(
            lambda: sum(point["Sum"] for point in points(clients, dimensions, now)),
            lambda total: total >= calls, f"there are not {calls} invocations of version {version}",
        )
        equal(sum(point["Sum"] for point in points(clients, dimensions, now)), calls, f"Invocations of version {version}")
    names = {one["MetricName"] for one in cloudwatch.list_metrics(Namespace="AWS/Lambda", Dimensions=[{"Name": "Resource", "Value": "measured:prod"}])["Metrics"]}
    equal(names >= {"Invocations", "Errors", "Duration"}, True, f"metrics of the alias: {names}")
    lambda_.delete_function(FunctionName="measured")


def alarms(clients):
    cloudwatch = clients.cloudwatch
    names = ["errors-a", "errors-b", "errors-c"]
    for name in names:
        put_alarm(clients, name, AlarmDescription="orders that failed", Dimensions=[{"Name": "Stage", "Value": "test"}])
    cloudwatch.get_waiter("alarm_exists").wait(AlarmNames=names[:1])
    [one] = cloudwatch.describe_alarms(AlarmNames=names[:1])["MetricAlarms"]
    equal((one["Threshold"], one["Period"], one["Statistic"], one["TreatMissingData"]), (0.0, 60, "Sum", "notBreaching"), "DescribeAlarms")
    equal(one["AlarmArn"].split(":", 5)[-1], "alarm:errors-a", "AlarmArn")
    paged(cloudwatch, "describe_alarms", lambda page: [alarm["AlarmName"] for alarm in page["MetricAlarms"]], 1, names, AlarmNamePrefix="errors-")
    of_metric = cloudwatch.describe_alarms_for_metric(Namespace="Exercise", MetricName="Errors", Dimensions=[{"Name": "Stage", "Value": "test"}])
    equal({alarm["AlarmName"] for alarm in of_metric["MetricAlarms"]}, set(names), "DescribeAlarmsForMetric")
    cloudwatch.set_alarm_state(AlarmName="errors-a", StateValue="ALARM", StateReason="as asked", StateReasonData='{"by":"the exerciser"}')
    [history] = [item for item in cloudwatch.describe_alarm_history(AlarmName="errors-a", HistoryItemType="StateUpdate")["AlarmHistoryItems"] if "ALARM" in item["HistorySummary"]][:1]
    equal(history["AlarmName"], "errors-a", "DescribeAlarmHistory")
    refused(cloudwatch.set_alarm_state, "ResourceNotFound", None, AlarmName="nowhere", StateValue="OK", StateReason="x")
    refused(clients.unchecked("cloudwatch").set_alarm_state, "ValidationError", None, AlarmName="errors-a", StateValue="BROKEN", StateReason="x")
    refused(lambda **_: put_alarm(clients, "bad", Period=7), "ValidationError", None)
    refused(lambda **_: put_alarm(clients, "bad", MetricName=None), "ValidationError", None)
    refused(cloudwatch.describe_alarms, "InvalidNextToken", None, NextToken="no token of ours")
    cloudwatch.delete_alarms(AlarmNames=names)
    equal(cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"], [], "deleted alarms")


def evaluation(clients):
    """An alarm goes to ALARM by its data, and back to OK when the data is over."""
    cloudwatch = clients.cloudwatch
    put_alarm(clients, "evaluated")
    cloudwatch.put_metric_data(Namespace="Exercise", MetricData=[{"MetricName": "Errors", "Timestamp": emulated_now(clients), "Value": 1.0}])

    def state():
        return cloudwatch.describe_alarms(AlarmNames=["evaluated"])["MetricAlarms"][0]["StateValue"]

    until(state, lambda value: value == "ALARM", "the alarm did not fire")
    until(state, lambda value: value == "OK", "the alarm did not go back to OK")
    cloudwatch.delete_alarms(AlarmNames=["evaluated"])


CASES = [metrics, metrics_of_versions, alarms, evaluation]
