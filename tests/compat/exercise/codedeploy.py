"""CodeDeploy: applications, groups, configurations, deployments and their hooks."""

import hashlib
import json
import time

from clients import Failed, equal, paged, refused
from exercise.packages import new_function, updated, zipped

OPERATIONS = """
    CreateApplication GetApplication UpdateApplication DeleteApplication ListApplications BatchGetApplications
    CreateDeploymentGroup GetDeploymentGroup UpdateDeploymentGroup DeleteDeploymentGroup ListDeploymentGroups
    BatchGetDeploymentGroups CreateDeploymentConfig GetDeploymentConfig DeleteDeploymentConfig ListDeploymentConfigs
    CreateDeployment GetDeployment BatchGetDeployments ListDeployments StopDeployment ListDeploymentTargets
    GetDeploymentTarget BatchGetDeploymentTargets GetApplicationRevision PutLifecycleEventHookExecutionStatus
""".split()

ROLE = "arn:aws:iam::123456789012:role/codedeploy"
WAIT = {"Delay": 1, "MaxAttempts": 60}
STYLE = {"deploymentType": "BLUE_GREEN", "deploymentOption": "WITH_TRAFFIC_CONTROL"}


def app_spec(function, current, target, **hooks):
    return json.dumps(
        {
            "version": 0.0,
            "Resources": [
                {
                    function: {
                        "Type": "AWS::Lambda::Function",
                        "Properties": {"Name": function, "Alias": "prod", "CurrentVersion": current, "TargetVersion": target},
                    }
                }
            ],
            "Hooks": [{event: hook} for event, hook in hooks.items()],
        }
    )


def revision(content):
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": content, "sha256": hashlib.sha256(content.encode()).hexdigest()}}


def group(clients, application, name="group", **arguments):
    arguments = {
        "serviceRoleArn": ROLE,
        "deploymentConfigName": "CodeDeployDefault.LambdaAllAtOnce",
        "deploymentStyle": STYLE,
        **arguments,
    }
    return clients.codedeploy.create_deployment_group(applicationName=application, deploymentGroupName=name, **arguments)


def applications(clients):
    codedeploy = clients.codedeploy
    names = ["app-a", "app-b", "app-c"]
    ids = [codedeploy.create_application(applicationName=name, computePlatform="Lambda")["applicationId"] for name in names]
    equal(len(set(ids)), 3, "application ids")
    got = codedeploy.get_application(applicationName="app-a")["application"]
    equal((got["applicationId"], got["computePlatform"]), (ids[0], "Lambda"), "GetApplication")
    equal([one["applicationName"] for one in codedeploy.batch_get_applications(applicationNames=names[:2])["applicationsInfo"]], names[:2], "BatchGetApplications")
    paged(codedeploy, "list_applications", lambda page: page["applications"], None, names)
    refused(codedeploy.create_application, "ApplicationAlreadyExistsException", None, applicationName="app-a")
    refused(codedeploy.create_application, "InvalidComputePlatformException", None, applicationName="app-d", computePlatform="Mainframe")
    refused(codedeploy.get_application, "ApplicationDoesNotExistException", "No application found for name: nowhere", applicationName="nowhere")
    refused(codedeploy.batch_get_applications, "ApplicationDoesNotExistException", None, applicationNames=["nowhere"])
    unchecked = clients.unchecked("codedeploy")
    refused(unchecked.create_application, "ApplicationNameRequiredException", None)
    refused(unchecked.create_application, "InvalidApplicationNameException", None, applicationName="a b/c")
    codedeploy.update_application(applicationName="app-c", newApplicationName="app-z")
    refused(codedeploy.get_application, "ApplicationDoesNotExistException", None, applicationName="app-c")
    refused(codedeploy.update_application, "ApplicationAlreadyExistsException", None, applicationName="app-z", newApplicationName="app-a")
    for name in ("app-a", "app-b", "app-z"):
        codedeploy.delete_application(applicationName=name)
    refused(codedeploy.list_applications, "InvalidNextTokenException", None, nextToken="no token of ours")


def groups(clients):
    codedeploy = clients.codedeploy
    codedeploy.create_application(applicationName="grouped", computePlatform="Lambda")
    created = group(
        clients, "grouped", "one", autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
        alarmConfiguration={"enabled": True, "alarms": [{"name": "errors"}]},
    )
    group(clients, "grouped", "two")
    one = codedeploy.get_deployment_group(applicationName="grouped", deploymentGroupName="one")["deploymentGroupInfo"]
    equal((one["deploymentGroupId"], one["serviceRoleArn"]), (created["deploymentGroupId"], ROLE), "GetDeploymentGroup")
    equal(one["alarmConfiguration"]["alarms"], [{"name": "errors"}], "alarms")
    equal(one["autoRollbackConfiguration"], {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]}, "autoRollbackConfiguration")
    paged(codedeploy, "list_deployment_groups", lambda page: page["deploymentGroups"], None, ["one", "two"], applicationName="grouped")
    batch = codedeploy.batch_get_deployment_groups(applicationName="grouped", deploymentGroupNames=["two", "nowhere"])
    equal([info["deploymentGroupName"] for info in batch["deploymentGroupsInfo"]], ["two"], "BatchGetDeploymentGroups")
    codedeploy.update_deployment_group(
        applicationName="grouped", currentDeploymentGroupName="two", newDeploymentGroupName="three",
        deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent5Minutes",
    )
    three = codedeploy.get_deployment_group(applicationName="grouped", deploymentGroupName="three")["deploymentGroupInfo"]
    equal(three["deploymentConfigName"], "CodeDeployDefault.LambdaCanary10Percent5Minutes", "deploymentConfigName")
    rows = [
        ({"name": "one"}, "DeploymentGroupAlreadyExistsException"),
        ({"application": "nowhere", "name": "x"}, "ApplicationDoesNotExistException"),
        ({"name": "a b/c"}, "InvalidDeploymentGroupNameException"),
        ({"name": "x", "deploymentConfigName": "Nothing"}, "DeploymentConfigDoesNotExistException"),
        ({"name": "x", "serviceRoleArn": "no role"}, "InvalidRoleException"),
        ({"name": "x", "alarmConfiguration": {"enabled": True, "alarms": []}}, "InvalidAlarmConfigException"),
        ({"name": "x", "autoRollbackConfiguration": {"enabled": True, "events": []}}, "InvalidAutoRollbackConfigException"),
        ({"name": "x", "deploymentStyle": {"deploymentType": "IN_PLACE", "deploymentOption": "WITHOUT_TRAFFIC_CONTROL"}}, "InvalidDeploymentStyleException"),
    ]
    for change, code in rows:
        try:
            refused(lambda **arguments: group(clients, **arguments), code, None, **{"application": "grouped", **change})
        except Failed as failed:
            yield f"{change}: {failed}"
    refused(codedeploy.get_deployment_group, "DeploymentGroupDoesNotExistException", None, applicationName="grouped", deploymentGroupName="nowhere")
    refused(codedeploy.list_deployment_groups, "ApplicationDoesNotExistException", None, applicationName="nowhere")
    codedeploy.delete_deployment_group(applicationName="grouped", deploymentGroupName="three")
    codedeploy.delete_application(applicationName="grouped")


def configurations(clients):
    codedeploy = clients.codedeploy
    codedeploy.create_deployment_config(
        deploymentConfigName="Canary20Percent3Minutes", computePlatform="Lambda",
        trafficRoutingConfig={"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 20, "canaryInterval": 3}},
    )
    got = codedeploy.get_deployment_config(deploymentConfigName="Canary20Percent3Minutes")["deploymentConfigInfo"]
    equal(got["trafficRoutingConfig"], {"type": "TimeBasedCanary", "timeBasedCanary": {"canaryPercentage": 20, "canaryInterval": 3}}, "trafficRoutingConfig")
    predefined = codedeploy.get_deployment_config(deploymentConfigName="CodeDeployDefault.LambdaLinear10PercentEvery1Minute")["deploymentConfigInfo"]
    equal(predefined["trafficRoutingConfig"]["timeBasedLinear"], {"linearPercentage": 10, "linearInterval": 1}, "a predefined one")
    paged(
        codedeploy, "list_deployment_configs", lambda page: page["deploymentConfigsList"], None,
        ["Canary20Percent3Minutes", "CodeDeployDefault.LambdaAllAtOnce", "CodeDeployDefault.LambdaLinear10PercentEvery10Minutes"],
    )

    def create(name, canary):
        return codedeploy.create_deployment_config(
            deploymentConfigName=name, computePlatform="Lambda",
            trafficRoutingConfig={"type": "TimeBasedCanary", "timeBasedCanary": canary},
        )

    refused(create, "DeploymentConfigAlreadyExistsException", None, name="Canary20Percent3Minutes", canary={"canaryPercentage": 20, "canaryInterval": 3})
    refused(create, "InvalidDeploymentConfigNameException", None, name="CodeDeployDefault.Mine", canary={"canaryPercentage": 20, "canaryInterval": 3})
    refused(create, "InvalidTrafficRoutingConfigurationException", None, name="c", canary={"canaryPercentage": 100, "canaryInterval": 3})
    refused(create, "InvalidTrafficRoutingConfigurationException", None, name="c", canary={"canaryPercentage": 20, "canaryInterval": 2881})
    refused(codedeploy.get_deployment_config, "DeploymentConfigDoesNotExistException", None, deploymentConfigName="nothing")
    codedeploy.delete_deployment_config(deploymentConfigName="Canary20Percent3Minutes")
    refused(codedeploy.delete_deployment_config, "InvalidOperationException", None, deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce")


def deployable(clients, name, application):
    """A function with two versions, prod at the first, and an application with a group."""
    lambda_ = clients.lambda_
    new_function(lambda_, name, Publish=True)
    lambda_.update_function_configuration(FunctionName=name, Timeout=5)
    updated(lambda_, name)
    lambda_.publish_version(FunctionName=name)
    lambda_.create_alias(FunctionName=name, Name="prod", FunctionVersion="1")
    clients.codedeploy.create_application(applicationName=application, computePlatform="Lambda")


def deployments(clients):
    codedeploy, lambda_ = clients.codedeploy, clients.lambda_
    deployable(clients, "deployed", "deployments")
    group(clients, "deployments")
    content = app_spec("deployed", "1", "2")
    where = {"applicationName": "deployments", "deploymentGroupName": "group"}
    id_ = codedeploy.create_deployment(**where, revision=revision(content), description="to version 2")["deploymentId"]
    codedeploy.get_waiter("deployment_successful").wait(deploymentId=id_, WaiterConfig=WAIT)
    info = codedeploy.get_deployment(deploymentId=id_)["deploymentInfo"]
    equal(
        (info["status"], info["computePlatform"], info["creator"], info["description"], info["deploymentConfigName"]),
        ("Succeeded", "Lambda", "user", "to version 2", "CodeDeployDefault.LambdaAllAtOnce"), "GetDeployment",
    )
    equal(lambda_.get_alias(FunctionName="deployed", Name="prod")["FunctionVersion"], "2", "the alias")
    sha256 = info["revision"]["appSpecContent"]["sha256"]
    equal(sha256, hashlib.sha256(content.encode()).hexdigest(), "sha256")
    read = codedeploy.get_application_revision(applicationName="deployments", revision={"revisionType": "AppSpecContent", "appSpecContent": {"sha256": sha256}})
    equal(json.loads(read["revision"]["appSpecContent"]["content"]), json.loads(content), "the revision's content")
    [target] = codedeploy.list_deployment_targets(deploymentId=id_)["targetIds"]
    one = codedeploy.get_deployment_target(deploymentId=id_, targetId=target)["deploymentTarget"]
    equal(one["deploymentTargetType"], "LambdaTarget", "deploymentTargetType")
    equal(
        [(event["lifecycleEventName"], event["status"]) for event in one["lambdaTarget"]["lifecycleEvents"]],
        [("BeforeAllowTraffic", "Succeeded"), ("AllowTraffic", "Succeeded"), ("AfterAllowTraffic", "Succeeded")], "lifecycle events",
    )
    equal(one["lambdaTarget"]["lambdaFunctionInfo"]["targetVersionWeight"], 1.0, "targetVersionWeight")
    equal(len(codedeploy.batch_get_deployment_targets(deploymentId=id_, targetIds=[target])["deploymentTargets"]), 1, "BatchGetDeploymentTargets")
    back = codedeploy.create_deployment(**where, revision=revision(app_spec("deployed", "2", "1")))["deploymentId"]
    codedeploy.get_waiter("deployment_successful").wait(deploymentId=back, WaiterConfig=WAIT)
    equal({info["deploymentId"] for info in codedeploy.batch_get_deployments(deploymentIds=[id_, back])["deploymentsInfo"]}, {id_, back}, "BatchGetDeployments")
    paged(codedeploy, "list_deployments", lambda page: page["deployments"], None, [back, id_], **where)
    equal(codedeploy.list_deployments(**where, includeOnlyStatuses=["Failed"])["deployments"], [], "failed deployments")
    refused(codedeploy.stop_deployment, "DeploymentAlreadyCompletedException", None, deploymentId=id_)
    for operation in (codedeploy.get_deployment, codedeploy.stop_deployment, codedeploy.list_deployment_targets):
        refused(operation, "DeploymentDoesNotExistException", None, deploymentId="d-ABCDEFGHI")
        refused(operation, "InvalidDeploymentIdException", None, deploymentId="no id")
    refused(codedeploy.get_deployment_target, "DeploymentTargetDoesNotExistException", None, deploymentId=id_, targetId="nowhere:prod")
    refused(codedeploy.get_application_revision, "RevisionDoesNotExistException", None, applicationName="deployments", revision={"revisionType": "AppSpecContent", "appSpecContent": {"sha256": "0" * 64}})
    good = {**where, "revision": revision(content)}
    rows = [
        ({"applicationName": "nowhere"}, "ApplicationDoesNotExistException"),
        ({"deploymentGroupName": "nowhere"}, "DeploymentGroupDoesNotExistException"),
        ({"deploymentGroupName": None}, "DeploymentGroupNameRequiredException"),
        ({"revision": None}, "RevisionRequiredException"),
        ({"revision": {"revisionType": "GitHub", "gitHubLocation": {"repository": "a/b", "commitId": "c"}}}, "InvalidRevisionException"),
        ({"deploymentConfigName": "Nothing"}, "DeploymentConfigDoesNotExistException"),
        ({"description": "x" * 300}, "DescriptionTooLongException"),
    ]
    for change, code in rows:
        arguments = {name: value for name, value in {**good, **change}.items() if value is not None}
        try:
            refused(codedeploy.create_deployment, code, None, **arguments)
        except Failed as failed:
            yield f"{change}: {failed}"


def failed_deployments(clients):
    """What only shows when the deployment runs: it fails, with a code of GetDeployment."""
    codedeploy = clients.codedeploy
    deployable(clients, "misdeployed", "misdeployments")
    group(clients, "misdeployments")
    for content, code in [
        (app_spec("misdeployed", "2", "1"), "INVALID_LAMBDA_CONFIGURATION"),
        (app_spec("misdeployed", "1", "2", BeforeAllowTraffic="CodeDeployHook_nowhere"), "INVALID_LAMBDA_FUNCTION"),
    ]:
        id_ = codedeploy.create_deployment(applicationName="misdeployments", deploymentGroupName="group", revision=revision(content))["deploymentId"]
        info = ended(codedeploy, id_)
        actual = (info["status"], info.get("errorInformation", {}).get("code"))
        if actual != ("Failed", code):
            yield f"{content}: {actual!r} instead of Failed with {code}"


def ended(codedeploy, id_):
    return until(
        lambda: codedeploy.get_deployment(deploymentId=id_)["deploymentInfo"],
        lambda info: info["status"] in ("Succeeded", "Failed", "Stopped"), f"{id_} did not end",
    )


def until(read, is_so, otherwise, seconds=60):
    """Reads again until it is so; polls, as a person or a waiter does."""
    deadline = time.monotonic() + seconds
    while True:
        value = read()
        if is_so(value):
            return value
        if time.monotonic() > deadline:
            raise Failed(f"{otherwise} within {seconds} s: {value!r}")
        time.sleep(0.2)


HOOK = """
import json
def handle(event, context):
    print(json.dumps(event))
"""


def hooks(clients):
    """A hook that reports nothing itself: its payload is read from its log, and reported on from here."""
    codedeploy, lambda_, logs = clients.codedeploy, clients.lambda_, clients.logs
    deployable(clients, "hooked", "hooks")
    group(clients, "hooks", autoRollbackConfiguration={"enabled": True, "events": ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"]})
    hook = "CodeDeployHook_silent"
    new_function(lambda_, hook, zipped({"app.py": HOOK.encode()}), Runtime="python3.13", Handler="app.handle", Timeout=20)
    where = {"applicationName": "hooks", "deploymentGroupName": "group"}

    def start(content):
        id_ = codedeploy.create_deployment(**where, revision=revision(content))["deploymentId"]

        def payload():
            lines = logs.filter_log_events(logGroupName=f"/aws/lambda/{hook}", filterPattern=f'"{id_}"')["events"]
            return [json.loads(line["message"]) for line in lines]

        def payload_or_nothing():
            groups = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{hook}")["logGroups"]
            return payload() if groups else []

        [event] = until(payload_or_nothing, lambda found: found, "the hook was not invoked")
        equal(sorted(event), ["DeploymentId", "LifecycleEventHookExecutionId"], "the hook's payload")
        equal(event["DeploymentId"], id_, "DeploymentId")
        return id_, event["LifecycleEventHookExecutionId"]

    def report(id_, execution, status):
        return codedeploy.put_lifecycle_event_hook_execution_status(deploymentId=id_, lifecycleEventHookExecutionId=execution, status=status)

    content = app_spec("hooked", "1", "2", BeforeAllowTraffic=hook)
    id_, execution = start(content)
    equal(codedeploy.get_deployment(deploymentId=id_)["deploymentInfo"]["status"], "InProgress", "status while the hook runs")
    refused(codedeploy.create_deployment, "DeploymentLimitExceededException", None, **where, revision=revision(content))
    refused(report, "InvalidLifecycleEventHookExecutionStatusException", None, id_=id_, execution=execution, status="Skipped")
    refused(report, "InvalidLifecycleEventHookExecutionIdException", None, id_=id_, execution="bm8gaWQ=", status="Succeeded")
    refused(report, "DeploymentDoesNotExistException", None, id_="d-ABCDEFGHI", execution=execution, status="Succeeded")
    refused(clients.unchecked("codedeploy").put_lifecycle_event_hook_execution_status, "DeploymentIdRequiredException", None)
    equal(report(id_, execution, "Succeeded")["lifecycleEventHookExecutionId"], execution, "the answer to a report")
    refused(report, "LifecycleEventAlreadyCompletedException", None, id_=id_, execution=execution, status="Succeeded")
    codedeploy.get_waiter("deployment_successful").wait(deploymentId=id_, WaiterConfig=WAIT)
    equal(lambda_.get_alias(FunctionName="hooked", Name="prod")["FunctionVersion"], "2", "the alias")

    id_, execution = start(app_spec("hooked", "2", "1", AfterAllowTraffic=hook))
    equal(lambda_.get_alias(FunctionName="hooked", Name="prod")["FunctionVersion"], "1", "the alias after traffic")
    report(id_, execution, "Failed")
    info = ended(codedeploy, id_)
    equal((info["status"], info["errorInformation"]["code"]), ("Failed", "HOOK_EXECUTION_FAILURE"), "a hook that reports Failed")
    rollback = info["rollbackInfo"]["rollbackDeploymentId"]
    back = ended(codedeploy, rollback)
    equal((back["status"], back["creator"], back["rollbackInfo"]["rollbackTriggeringDeploymentId"]), ("Succeeded", "codeDeployRollback", id_), "the rollback")
    equal(lambda_.get_alias(FunctionName="hooked", Name="prod")["FunctionVersion"], "2", "the alias after the rollback")

    id_, execution = start(app_spec("hooked", "2", "1", BeforeAllowTraffic=hook))
    equal(codedeploy.stop_deployment(deploymentId=id_, autoRollbackEnabled=True)["status"] in ("Pending", "Succeeded"), True, "StopDeployment")
    info = ended(codedeploy, id_)
    equal((info["status"], info["errorInformation"]["code"]), ("Stopped", "MANUAL_STOP"), "a stopped deployment")
    refused(report, "LifecycleEventAlreadyCompletedException", None, id_=id_, execution=execution, status="Succeeded")


def canary(clients):
    """Ten percent first, and the rest five minutes of the emulator's time later."""
    codedeploy, lambda_ = clients.codedeploy, clients.lambda_
    deployable(clients, "canary", "canaries")
    group(clients, "canaries", deploymentConfigName="CodeDeployDefault.LambdaCanary10Percent5Minutes")
    id_ = codedeploy.create_deployment(applicationName="canaries", deploymentGroupName="group", revision=revision(app_spec("canary", "1", "2")))["deploymentId"]
    shifted = until(
        lambda: lambda_.get_alias(FunctionName="canary", Name="prod"),
        lambda alias: alias["FunctionVersion"] == "2" or "RoutingConfig" in alias, "nothing was shifted",
    )
    equal((shifted["FunctionVersion"], shifted.get("RoutingConfig")), ("1", {"AdditionalVersionWeights": {"2": 0.1}}), "the alias in the canary")
    codedeploy.get_waiter("deployment_successful").wait(deploymentId=id_, WaiterConfig=WAIT)
    final = lambda_.get_alias(FunctionName="canary", Name="prod")
    equal((final["FunctionVersion"], final.get("RoutingConfig")), ("2", None), "the alias in the end")
    info = codedeploy.get_deployment(deploymentId=id_)["deploymentInfo"]
    minutes = (info["completeTime"] - info["createTime"]).total_seconds() / 60
    if not 5 <= minutes < 6:
        raise Failed(f"a canary of five minutes took {minutes:.1f}")


CASES = [applications, groups, configurations, deployments, failed_deployments, hooks, canary]
