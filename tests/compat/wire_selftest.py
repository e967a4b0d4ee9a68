"""The validator finds what it is for: answers that are right but for one thing."""

import json
import sys

import botocore.session

import wire

JSON = {"content-type": "application/json", "x-amzn-requestid": "1"}
JSON_1_1 = {"content-type": "application/x-amz-json-1.1", "x-amzn-requestid": "1"}
CBOR = {"content-type": "application/cbor", "x-amzn-requestid": "1"}
XML = {"content-type": "text/xml", "x-amzn-requestid": "1"}

ALIAS = {"AliasArn": "arn:aws:lambda:us-east-1:123456789012:function:f:prod", "Name": "prod", "FunctionVersion": "1"}
IDENTITY = '<GetCallerIdentityResponse xmlns="{}"><GetCallerIdentityResult>{}</GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>'
STS = "https://sts.amazonaws.com/doc/2011-06-15/"

# Service, operation, status, headers, body; and a part of the one violation, None where there is none.
ROWS = [
    ("lambda", "GetAlias", 200, JSON, ALIAS, None),
    ("lambda", "GetAlias", 200, JSON, {**ALIAS, "Nme": "prod"}, "no such member"),
    ("lambda", "GetAlias", 200, JSON, {**ALIAS, "Name": 7}, "int instead of a string"),
    ("lambda", "GetAlias", 200, JSON, {**ALIAS, "FunctionVersion": "one"}, "does not match"),
    ("lambda", "GetAlias", 200, JSON, {**ALIAS, "RoutingConfig": {"AdditionalVersionWeights": {"2": "0.1"}}}, "str instead of a number"),
    ("lambda", "GetAlias", 201, JSON, ALIAS, "status 201"),
    ("lambda", "GetAlias", 200, {"content-type": "application/json"}, ALIAS, "x-amzn-requestid"),
    ("lambda", "GetAlias", 404, {**JSON, "x-amzn-errortype": "ResourceNotFoundException"}, {"Type": "User", "Message": "no"}, None),
    ("lambda", "GetAlias", 400, {**JSON, "x-amzn-errortype": "ResourceNotFoundException"}, {"Type": "User", "Message": "no"}, "status 400"),
    ("lambda", "GetAlias", 404, {**JSON, "x-amzn-errortype": "ResourceNotFoundException"}, {"Type": "User"}, "no message"),
    ("lambda", "GetAlias", 404, {**JSON, "x-amzn-errortype": "NoSuchAlias"}, {"Type": "User", "Message": "no"}, "no error of this operation"),
    ("lambda", "GetFunctionConfiguration", 200, JSON, {"LastModified": "2026-01-01T00:00:00.000+0000"}, None),
    ("lambda", "GetFunctionConfiguration", 200, JSON, {"LastModified": "2026-01-01T00:00:00Z"}, "not a time"),
    ("lambda", "GetFunctionConfiguration", 200, JSON, {"State": "Ready"}, "not in the enum"),
    ("lambda", "DeleteAlias", 204, JSON, "x", "a body"),
    ("codedeploy", "CreateDeployment", 200, JSON_1_1, {"deploymentId": "d-ABCDEFGHI"}, None),
    ("codedeploy", "CreateDeployment", 200, JSON, {"deploymentId": "d-ABCDEFGHI"}, "Content-Type"),
    ("codedeploy", "GetDeployment", 200, JSON_1_1, {"deploymentInfo": {"createTime": 1767225600.5}}, None),
    ("codedeploy", "GetDeployment", 200, JSON_1_1, {"deploymentInfo": {"createTime": "2026-01-01T00:00:00Z"}}, "no number of seconds"),
    ("codedeploy", "GetDeployment", 200, JSON_1_1, {"deploymentInfo": {"createTime": 1767225600500}}, "not in seconds"),
    ("codedeploy", "GetDeployment", 400, JSON_1_1, {"__type": "DeploymentDoesNotExistException", "message": "no"}, None),
    ("codedeploy", "GetDeployment", 404, JSON_1_1, {"__type": "DeploymentDoesNotExistException", "message": "no"}, "status 404"),
    ("codedeploy", "GetDeployment", 400, JSON_1_1, {"__type": "DeploymentDoesNotExistException"}, "no message"),
    ("schemas", "DescribeRegistry", 200, JSON, {"RegistryName": 1}, "int instead of a string"),
    ("cloudwatch", "ListMetrics", 200, CBOR, b"\xa1\x67Metrics\x80", None),
    ("cloudwatch", "ListMetrics", 200, CBOR, b"\xa1\x67Metricz\x80", "no such member"),
    ("cloudwatch", "ListMetrics", 200, CBOR, b"\xa1\x67Metrics\x61a", "str instead of a list"),
    ("sts", "GetCallerIdentity", 200, XML, IDENTITY.format(STS, "<Account>123456789012</Account>"), None),
    ("sts", "GetCallerIdentity", 200, XML, IDENTITY.format(STS, "<Acount>123456789012</Acount>"), "no such member"),
    ("sts", "GetCallerIdentity", 200, XML, IDENTITY.format("urn:x", ""), "namespace"),
]


def main():
    session = botocore.session.get_session()
    models = {}
    failures = 0
    for service, operation, status, headers, body, expected in ROWS:
        model = models.setdefault(service, session.get_service_model(service))
        if service == "cloudwatch":
            model.metadata["protocols"] = ["smithy-rpc-v2-cbor"]
        raw = json.dumps(body).encode() if isinstance(body, dict) else body if isinstance(body, bytes) else body.encode()
        found = wire.check(model, model.operation_model(operation), status, headers, raw)
        right = not found if expected is None else len(found) == 1 and expected in found[0]
        if not right:
            failures += 1
            print(f"FAILED {service} {operation} {body!r}: {found!r} instead of {expected!r}")
    print(f"{len(ROWS)} answers judged, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
