"""What a deployment with SAM CLI takes of AWS that `tollgate serve` does not have, on one port: CloudFormation, S3, an HTTP API.

As far as `sam package`, `sam deploy`, `aws cloudformation` and requests need them, and no further: the stack is there
already, at version 1, and an update of it is its functions' code from the bucket, a new version, `staging`, and a
deployment of CodeDeploy that shifts `prod` to it. Functions, hooks and deployments are the emulator's.
"""

import collections
import contextlib
import datetime
import http.server
import json
import threading
import time
import traceback
import urllib.parse
import uuid
from xml.sax.saxutils import escape

import boto3
import yaml

FUNCTION = "VersionedOrderAPI"
# SAM's own stack, which holds the bucket of `resolve_s3`.
MANAGED = "aws-sam-cli-managed-default"
ACCOUNT = "arn:aws:cloudformation:us-east-1:123456789012"

# What a stack was last updated with, for those who want to know whether SAM sent what samconfig.toml says.
Update = collections.namedtuple("Update", "stack parameters tags capabilities role")


class _Template(yaml.SafeLoader):
    """CloudFormation's YAML, where only what has no tag matters here."""


_Template.add_multi_constructor("!", lambda loader, suffix, node: suffix)


class Account:
    """An AWS account whose functions are an emulator's."""

    def __init__(self, variables, stack, url):
        self.url, self.stack = url, stack
        self.objects, self.parts, self.change_sets, self.updates = {}, {}, {}, []
        self.statuses, self.events = {MANAGED: "CREATE_COMPLETE"}, []
        self.broken = None
        self._variables = variables
        self._lambda, self._codedeploy = self.client("lambda"), self.client("codedeploy")
        self._status("CREATE_COMPLETE")

    def client(self, service):
        """A client of the emulator."""
        return boto3.client(
            service, endpoint_url=self._variables["AWS_ENDPOINT_URL"], region_name=self._variables["AWS_REGION"],
            aws_access_key_id="tollgate", aws_secret_access_key="tollgate",
        )

    def serving(self):
        """The version that `prod` serves, alone."""
        alias = self._lambda.get_alias(FunctionName=FUNCTION, Name="prod")
        assert not alias.get("RoutingConfig", {}).get("AdditionalVersionWeights"), alias
        return alias["FunctionVersion"]

    # --- CloudFormation ---

    def create_change_set(self, asked):
        assert asked["StackName"] == self.stack and asked["ChangeSetType"] == "UPDATE", asked
        if "TemplateURL" in asked:
            template = self.objects[urllib.parse.urlparse(asked["TemplateURL"]).path.removeprefix("/s3")].decode()
        else:
            template = asked["TemplateBody"]
        update = Update(
            self.stack, _pairs(asked, "Parameters", "ParameterKey", "ParameterValue"), _pairs(asked, "Tags", "Key", "Value"),
            [value for key, value in asked.items() if key.startswith("Capabilities.")], asked.get("RoleARN"),
        )
        self.change_sets[asked["ChangeSetName"]] = (yaml.load(template, _Template), update)
        return {"Id": _change_set(asked["ChangeSetName"]), "StackId": _stack(self.stack)}

    def describe_change_set(self, asked):
        name = _name(asked["ChangeSetName"])
        change = {"Action": "Modify", "LogicalResourceId": FUNCTION, "ResourceType": "AWS::Lambda::Function", "Replacement": "False"}
        return {
            "ChangeSetName": name, "ChangeSetId": _change_set(name), "StackName": self.stack, "StackId": _stack(self.stack),
            "Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE", "Changes": [{"Type": "Resource", "ResourceChange": change}],
        }

    def execute_change_set(self, asked):
        template, update = self.change_sets[_name(asked["ChangeSetName"])]
        self.updates.append(update)
        self._status("UPDATE_IN_PROGRESS", "User Initiated")
        threading.Thread(target=self._update, args=(template, update), daemon=True).start()
        return {}

    def describe_stacks(self, asked):
        stack = _name(asked["StackName"])
        if stack == MANAGED:
            outputs, tags = {"SourceBucket": "sam-source-bucket"}, [{"Key": "ManagedStackSource", "Value": "AwsSamCli"}]
        elif stack == self.stack:
            outputs, tags = {"ApiUrl": f"{self.url}/api"}, []
        else:
            raise LookupError(f"Stack with id {stack} does not exist")
        described = {
            "StackName": stack, "StackId": _stack(stack), "StackStatus": self.statuses[stack],
            "CreationTime": "2026-01-01T00:00:00Z", "Tags": tags,
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
        }
        return {"Stacks": [described]}

    def describe_stack_events(self, asked):
        assert _name(asked["StackName"]) == self.stack, asked
        return {"StackEvents": list(self.events)}

    def get_template_summary(self, asked):
        """The parameters that an update may leave as they are: none, so those that SAM does not send have their defaults."""
        assert asked["StackName"] == self.stack, asked
        return {"Parameters": []}

    def _event(self, resource, kind, status, reason):
        # Newest first, as CloudFormation lists them.
        self.events.insert(0, {
            "EventId": str(uuid.uuid4()), "StackName": self.stack, "StackId": _stack(self.stack),
            "Timestamp": datetime.datetime.now(datetime.timezone.utc).isoformat(),
            "LogicalResourceId": resource, "PhysicalResourceId": _stack(resource), "ResourceType": kind,
            "ResourceStatus": status, "ResourceStatusReason": reason,
        })

    def _status(self, status, reason=""):
        self._event(self.stack, "AWS::CloudFormation::Stack", status, reason)
        self.statuses[self.stack] = status

    def _update(self, template, update):
        try:
            current = self.serving()
            target = self._publish(template)
            if target != current and (failure := self._deploy(current, target, update.parameters["DeploymentType"])):
                self._event(f"{FUNCTION}Aliasprod", "AWS::Lambda::Alias", "UPDATE_FAILED", failure)
                self._lambda.update_alias(FunctionName=FUNCTION, Name="staging", FunctionVersion=current)
                self._status("UPDATE_ROLLBACK_COMPLETE")
            else:
                self._status("UPDATE_COMPLETE")
        except Exception:  # of this stand-in, which a client would wait for
            self.broken = traceback.format_exc()
            self._status("UPDATE_ROLLBACK_FAILED", self.broken)

    def _publish(self, template):
        """Gives every function the code that the template leads to; the new version of the one that is deployed."""
        functions = [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
        for function in functions:
            uri = urllib.parse.urlparse(function["CodeUri"])
            assert uri.scheme == "s3", function
            package = self.objects[f"/{uri.netloc}{uri.path}"]
            self._lambda.update_function_code(FunctionName=function["FunctionName"], ZipFile=package)
            waiter = self._lambda.get_waiter("function_updated_v2")
            waiter.wait(FunctionName=function["FunctionName"], WaiterConfig={"Delay": 1})
        version = self._lambda.publish_version(FunctionName=FUNCTION)["Version"]
        self._lambda.update_alias(FunctionName=FUNCTION, Name="staging", FunctionVersion=version)
        return version

    def _deploy(self, current, target, kind):
        """Shifts `prod` as CloudFormation does it; what the alias's event says where that failed."""
        [application] = self._codedeploy.list_applications()["applications"]
        [group] = self._codedeploy.list_deployment_groups(applicationName=application)["deploymentGroups"]
        properties = {"Name": FUNCTION, "Alias": "prod", "CurrentVersion": current, "TargetVersion": target}
        content = {
            "version": 0.0, "Resources": [{FUNCTION: {"Type": "AWS::Lambda::Function", "Properties": properties}}],
            "Hooks": [{"BeforeAllowTraffic": "CodeDeployHook_PreTraffic"}, {"AfterAllowTraffic": "CodeDeployHook_PostTraffic"}],
        }
        deployment = self._codedeploy.create_deployment(
            applicationName=application, deploymentGroupName=group, deploymentConfigName=f"CodeDeployDefault.Lambda{kind}",
            revision={"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps(content)}},
        )["deploymentId"]
        while True:
            info = self._codedeploy.get_deployment(deploymentId=deployment)["deploymentInfo"]
            if info["status"] == "Succeeded":
                return None
            if info["status"] in ("Failed", "Stopped"):
                failed = f"{deployment} failed. {info['errorInformation']['message']}"
                return f'Resource handler returned message: "{failed}" (HandlerErrorCode: InternalFailure)'
            time.sleep(0.2)

    # --- API Gateway: an HTTP API in front of the alias, with the payload format 2.0 ---

    def request(self, method, target, headers, body):
        path, _, query = target.partition("?")
        event = {
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": {name.lower(): value for name, value in headers.items()},
            "requestContext": {"stage": "$default", "http": {"method": method, "path": path, "protocol": "HTTP/1.1"}},
            "isBase64Encoded": False,
        }
        if body:
            event["body"] = body.decode()
        answer = self._lambda.invoke(FunctionName=f"{FUNCTION}:prod", Payload=json.dumps(event))
        if "FunctionError" in answer:
            return 500, {"content-type": "application/json"}, b'{"message":"Internal Server Error"}'
        told = json.load(answer["Payload"])
        return told["statusCode"], told["headers"], told["body"].encode()


def _pairs(asked, member, key, value):
    """The pairs of a list of them in the Query protocol; those without a value are the previous ones."""
    keys = {name: text for name, text in asked.items() if name.startswith(f"{member}.") and name.endswith(f".{key}")}
    return {text: asked.get(name.removesuffix(key) + value) for name, text in keys.items()}


def _stack(name):
    return f"{ACCOUNT}:stack/{name}/1"


def _change_set(name):
    return f"{ACCOUNT}:changeSet/{name}/1"


def _name(name_or_arn):
    return name_or_arn.split("/")[1] if "/" in name_or_arn else name_or_arn


def _xml(value):
    if isinstance(value, dict):
        return "".join(f"<{key}>{_xml(part)}</{key}>" for key, part in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(part)}</member>" for part in value)
    return escape(str(value))


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    account = None

    def _handle(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        area, _, rest = self.path.removeprefix("/").partition("/")
        if area == "api":
            return self._answer(*self.account.request(self.command, f"/{rest}", self.headers, body))
        if area == "cloudformation":
            return self._cloudformation(dict(urllib.parse.parse_qsl(body.decode())))
        path, _, query = rest.partition("?")
        self._s3("/" + urllib.parse.unquote(path), dict(urllib.parse.parse_qsl(query, keep_blank_values=True)), body)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = do_PATCH = _handle

    def _s3(self, key, query, body):
        objects = self.account.objects
        if "uploads" in query:  # of several parts
            told = _xml({"InitiateMultipartUploadResult": {"Bucket": "b", "Key": "k", "UploadId": "1"}})
            return self._answer(200, {}, told.encode())
        if "partNumber" in query:
            self.account.parts[key, int(query["partNumber"])] = body
            return self._answer(200, {"ETag": '"1"'}, b"")
        if self.command == "POST" and "uploadId" in query:
            numbers = sorted(part for part in self.account.parts if part[0] == key)
            objects[key] = b"".join(self.account.parts.pop(part) for part in numbers)
            told = _xml({"CompleteMultipartUploadResult": {"Bucket": "b", "Key": "k", "ETag": '"1"'}})
            return self._answer(200, {}, told.encode())
        if self.command == "PUT":
            objects[key] = body
            return self._answer(200, {"ETag": '"1"'}, b"")
        if self.command in ("GET", "HEAD") and key in objects:
            return self._answer(200, {"ETag": '"1"'}, objects[key])
        return self._answer(404, {}, b"")

    def _cloudformation(self, asked):
        action = asked["Action"]
        operations = {
            "CreateChangeSet": self.account.create_change_set, "DescribeChangeSet": self.account.describe_change_set,
            "ExecuteChangeSet": self.account.execute_change_set, "DescribeStacks": self.account.describe_stacks,
            "DescribeStackEvents": self.account.describe_stack_events, "GetTemplateSummary": self.account.get_template_summary,
        }
        status, kind = 200, {"Content-Type": "text/xml"}
        try:
            text = f"<{action}Response><{action}Result>{_xml(operations[action](asked))}</{action}Result></{action}Response>"
        except (LookupError, AssertionError) as why:
            error = f"<Type>Sender</Type><Code>ValidationError</Code><Message>{escape(str(why))}</Message>"
            status, text = 400, f"<ErrorResponse><Error>{error}</Error></ErrorResponse>"
        self._answer(status, kind, text.encode())

    def _answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_arguments):
        pass


@contextlib.contextmanager
def account(variables, stack):
    """The account around an emulator while the block runs, and the variables that lead clients to all of it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {}))
    url = f"http://127.0.0.1:{server.server_port}"
    server.RequestHandlerClass.account = Account(variables, stack, url)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    leads = {
        "AWS_ENDPOINT_URL_CLOUDFORMATION": f"{url}/cloudformation", "AWS_ENDPOINT_URL_S3": f"{url}/s3",
        # Without it, uploads are framed with checksums behind them.
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
    }
    try:
        yield server.RequestHandlerClass.account, variables | leads
    finally:
        server.shutdown()
        server.server_close()
