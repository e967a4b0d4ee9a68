"""A PreTraffic hook as a team would write it in Python: what Tollgate's cold verdict is measured against.

It finds out what the deployment deploys, invokes the new version with every bundled test event, one after the other,
and tells CodeDeploy the outcome.
"""

import json
import os
from pathlib import Path

import boto3

codedeploy = boto3.client("codedeploy")
aws_lambda = boto3.client("lambda")


def handler(event, context):
    deployment_id = event["DeploymentId"]
    try:
        status = check(deployment_id)
    except Exception as error:  # a hook that raises leaves its deployment waiting
        print(json.dumps({"deploymentId": deployment_id, "error": repr(error)}))
        status = "Failed"
    codedeploy.put_lifecycle_event_hook_execution_status(
        deploymentId=deployment_id,
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=status,
    )
    return {"status": status}


def check(deployment_id):
    deployment = codedeploy.get_deployment(deploymentId=deployment_id)["deploymentInfo"]
    revision = codedeploy.get_application_revision(
        applicationName=deployment["applicationName"],
        revision=deployment["revision"],
    )["revision"]
    app_spec = json.loads(revision["string"]["content"])
    (resource,) = app_spec["Resources"]
    (function,) = resource.values()
    name = function["Properties"]["Name"]
    version = function["Properties"]["TargetVersion"]

    events = Path(os.environ["GATE_EVENTS_DIR"], name)
    files = [file for file in sorted(events.glob("*.json")) if not file.stem.endswith(".expect")]
    passed = [passes(name, version, file.read_bytes()) for file in files]
    return "Succeeded" if passed and all(passed) else "Failed"


def passes(name, version, payload):
    response = aws_lambda.invoke(FunctionName=name, Qualifier=version, Payload=payload)
    answer = json.load(response["Payload"])
    return "FunctionError" not in response and answer["statusCode"] == 200
