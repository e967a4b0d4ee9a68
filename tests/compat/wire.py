"""Whether a raw HTTP answer is one that botocore's service model allows.

botocore itself is lenient: it drops members it does not know, and takes a timestamp in any format. So the answers
are read once more here, from the bytes, beside the shapes of the model: no unknown member, no required one missing,
right types, enums, lengths and time formats, and of errors only those that the operation has.
"""

import base64
import binascii
import datetime
import email.utils
import json
import re
import xml.etree.ElementTree as ElementTree

import botocore.parsers

# What AWS answers beside the errors of a model: the "Common Error Types" page of each API reference, and what its
# front answers before an operation is reached.
COMMON_ERRORS = {
    "AccessDeniedException": {400, 403},
    "InternalFailure": {500},
    "SerializationException": {400},
    "UnknownOperationException": {400, 404},
    "ValidationException": {400},
    "ThrottlingException": {400, 429},
    "MissingParameter": {400},
    "InvalidParameterValue": {400},
    "InvalidParameterCombination": {400},
    "InvalidAction": {400},
    "ValidationError": {400},
}

# Errors that a service's model has, but not for this operation, and that clients know of.
UNMODELLED = {
    # SAM CLI takes "No change since the previous" for success.
    ("schemas", "UpdateSchema"): {"ConflictException"},
    # The names of two schemas clash as those of two registries do, and the registry of a schema may be missing.
    ("schemas", "CreateSchema"): {"ConflictException", "NotFoundException"},
    ("schemas", "ListSchemas"): {"NotFoundException"},
}

# String members that hold a time, which the model does not say.
LAMBDA_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")
TIMES_IN_STRINGS = {
    ("lambda", "LastModified"): LAMBDA_TIME,
    ("lambda", "CreatedDate"): LAMBDA_TIME,
}


class Violations(list):
    """What is wrong with one answer, each with the path of the member."""

    def at(self, path, text):
        self.append(f"{path or '.'}: {text}")


def check(service_model, operation_model, status, headers, body):
    """The violations of one answer. `body` is None where the answer is a stream that the caller reads."""
    found = Violations()
    protocol = operation_model.service_model.resolved_protocol
    if "x-amzn-requestid" not in {name.lower() for name in headers}:
        found.at("", "no x-amzn-requestid header")
    if status >= 300:
        _check_error(found, service_model, operation_model, protocol, status, headers, body)
        return found
    expected = operation_model.http.get("responseCode", 200)
    shape = operation_model.output_shape
    # Invoke and DeleteFunction have more than one status, which their output holds.
    varies = shape is not None and any(member.serialization.get("location") == "statusCode" for member in shape.members.values())
    if status != expected and not varies:
        found.at("", f"status {status}, the model says {expected}")
    if protocol == "rest-json":
        _check_rest_json(found, service_model, shape, headers, body)
    elif shape is None:
        pass
    elif protocol == "json":
        _content_type(found, headers, "application/x-amz-json-1." + ("0" if operation_model.metadata.get("jsonVersion") == "1.0" else "1"))
        _check_json(found, service_model, shape, _json(found, body), "")
    elif protocol == "query":
        _content_type(found, headers, "text/xml")
        _check_query(found, operation_model, shape, body)
    elif protocol == "smithy-rpc-v2-cbor":
        _content_type(found, headers, "application/cbor")
        _check_cbor(found, shape, _cbor(body), "")
    return found


def _content_type(found, headers, expected):
    actual = headers.get("content-type", "")
    if actual.split(";")[0] != expected:
        found.at("", f"Content-Type is {actual!r}, not {expected!r}")


def _json(found, body):
    try:
        return json.loads(body) if body else {}
    except ValueError as error:
        found.at("", f"not JSON: {error}")
        return {}


# --- errors ---


def error_code(protocol, headers, body):
    """The error's code as the protocol spells it, and its members."""
    if protocol == "query":
        root = ElementTree.fromstring(body)
        error = next((node for node in root.iter() if _local(node) == "Error"), None)
        members = {} if error is None else {_local(node): node.text for node in error}
        return members.get("Code", ""), members
    if protocol == "smithy-rpc-v2-cbor":
        members = dict(_cbor(body))
        code = members.pop("__type", "")
    else:
        members = dict(json.loads(body)) if body else {}
        code = members.pop("__type", None) or headers.get("x-amzn-errortype") or members.get("code") or ""
    return code.split(":")[0].rsplit("#", 1)[-1], members


def _check_error(found, service_model, operation_model, protocol, status, headers, body):
    code, members = error_code(protocol, headers, body or b"")
    shapes = {shape.name: shape for shape in operation_model.error_shapes}
    # The Query protocol has codes of its own, such as ResourceNotFound for ResourceNotFoundException.
    if protocol == "query":
        shapes = {shape.error_code: shape for shape in operation_model.error_shapes}
    shape = shapes.get(code)
    if code in UNMODELLED.get((service_model.service_name, operation_model.name), ()):
        shape = service_model.shape_for(code)
    if shape is None:
        if status not in COMMON_ERRORS.get(code, ()):
            found.at("", f"{code} with status {status} is no error of this operation")
        return
    expected = shape.metadata.get("error", {}).get("httpStatusCode")
    # In AWS JSON 1.1 every modelled error without a status is 400.
    if status != (expected or 400):
        found.at("", f"{code} has status {status}, the model says {expected or 400}")
    message = members.get("message") or members.get("Message")
    if not message:
        found.at("", f"{code} has no message")
    # Most of CodeDeploy's errors have no members in the model, and a message all the same.
    if not any(name.lower() == "message" for name in shape.members):
        members.pop("message", None)
    if protocol == "rest-json":
        in_header = {name for name, member in shape.members.items() if member.serialization.get("location") == "header"}
        _check_json(found, service_model, shape, members, code, besides=in_header)
    elif protocol == "json":
        _check_json(found, service_model, shape, members, code)
    elif protocol == "smithy-rpc-v2-cbor":
        _check_cbor(found, shape, members, code)
        query_error = headers.get("x-amzn-query-error", "")
        if query_error and query_error.split(";")[0] != shape.error_code:
            found.at("", f"x-amzn-query-error is {query_error!r}, the model says {shape.error_code!r}")


# --- REST JSON ---


def _check_rest_json(found, service_model, shape, headers, body):
    if shape is None:
        if body:
            found.at("", f"a body of {len(body)} bytes where the model has no output")
        return
    elsewhere = set()
    payload = shape.serialization.get("payload")
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        if location is None:
            continue
        elsewhere.add(name)
        header = headers.get(member.serialization.get("name", name))
        if location == "header":
            if header is None and name in shape.required_members:
                found.at(name, "the header is missing")
            elif header is not None:
                _check_header(found, member, header, name)
    if payload is not None:
        if shape.members[payload].type_name == "structure" and body is not None:
            _check_json(found, service_model, shape.members[payload], _json(found, body), payload)
        return
    if body is None:
        return
    if body:
        _content_type(found, headers, "application/json")
    elif any(name not in elsewhere for name in shape.members):
        found.at("", "an empty body where the model has members")
    _check_json(found, service_model, shape, _json(found, body), "", besides=elsewhere)


def _check_header(found, shape, text, path):
    if shape.type_name == "timestamp":
        if email.utils.parsedate_to_datetime(text) is None:
            found.at(path, f"{text!r} is no HTTP date")
    elif shape.type_name in ("integer", "long"):
        if not re.fullmatch(r"-?\d+", text):
            found.at(path, f"{text!r} is no {shape.type_name}")
    elif shape.type_name == "boolean":
        if text not in ("true", "false"):
            found.at(path, f"{text!r} is no boolean")
    else:
        _check_text(found, shape, text, path)


# --- JSON ---


def _check_json(found, service_model, shape, value, path, besides=()):
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return
        if not isinstance(value, dict):
            found.at(path, f"{_kind(value)} instead of a structure")
            return
        members = {
            member.serialization.get("name", name): (name, member)
            for name, member in shape.members.items()
            if name not in besides
        }
        for name in value:
            if name not in members:
                found.at(f"{path}.{name}", f"{shape.name} has no such member")
        for wire_name, (name, member) in members.items():
            inner = value.get(wire_name)
            if inner is None:
                if name in shape.required_members:
                    found.at(f"{path}.{wire_name}", f"required in {shape.name}, and missing")
                continue
            _check_json(found, service_model, member, inner, f"{path}.{wire_name}")
            time = TIMES_IN_STRINGS.get((service_model.service_name, wire_name))
            if time and member.type_name == "string" and not time.fullmatch(str(inner)):
                found.at(f"{path}.{wire_name}", f"{inner!r} is not a time as {service_model.service_name} writes it")
    elif kind == "list":
        if not isinstance(value, list):
            found.at(path, f"{_kind(value)} instead of a list")
            return
        _length(found, shape, value, path)
        for index, item in enumerate(value):
            _check_json(found, service_model, shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        if not isinstance(value, dict):
            found.at(path, f"{_kind(value)} instead of a map")
            return
        _length(found, shape, value, path)
        for key, item in value.items():
            _check_text(found, shape.key, key, f"{path} key")
            _check_json(found, service_model, shape.value, item, f"{path}.{key}")
    elif kind == "timestamp":
        # In JSON a timestamp is a number of seconds, unless the shape says otherwise.
        format_ = shape.serialization.get("timestampFormat", "unixTimestamp")
        if format_ == "unixTimestamp":
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                found.at(path, f"{value!r} is no number of seconds")
            elif not 0 < value < 10**11:
                found.at(path, f"{value!r} is not in seconds")
        elif not _iso8601(value):
            found.at(path, f"{value!r} is no ISO 8601 time")
    elif kind == "blob":
        try:
            base64.b64decode(value, validate=True)
        except (TypeError, ValueError, binascii.Error):
            found.at(path, "not base64")
    else:
        _check_scalar(found, shape, value, path)


def _check_scalar(found, shape, value, path):
    kind = shape.type_name
    if kind in ("integer", "long"):
        if isinstance(value, bool) or not isinstance(value, int):
            found.at(path, f"{_kind(value)} instead of an integer")
        else:
            _range(found, shape, value, path)
    elif kind in ("double", "float"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            found.at(path, f"{_kind(value)} instead of a number")
        else:
            _range(found, shape, value, path)
    elif kind == "boolean":
        if not isinstance(value, bool):
            found.at(path, f"{_kind(value)} instead of a boolean")
    elif kind == "string":
        if not isinstance(value, str):
            found.at(path, f"{_kind(value)} instead of a string")
        else:
            _check_text(found, shape, value, path)


def _check_text(found, shape, text, path):
    if getattr(shape, "enum", None) and text not in shape.enum:
        found.at(path, f"{text!r} is not in the enum {shape.name}")
    _length(found, shape, text, path)
    pattern = shape.metadata.get("pattern")
    if pattern:
        # The few patterns that Python reads otherwise than Java are left alone.
        try:
            matches = re.fullmatch(pattern, text, re.DOTALL)
        except re.error:
            return
        if not matches:
            found.at(path, f"{text!r} does not match {pattern!r}")


def _length(found, shape, value, path):
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    if minimum is not None and len(value) < int(minimum):
        found.at(path, f"length {len(value)} is less than {minimum}")
    if maximum is not None and len(value) > int(maximum):
        found.at(path, f"length {len(value)} is more than {maximum}")


def _range(found, shape, value, path):
    minimum, maximum = shape.metadata.get("min"), shape.metadata.get("max")
    if minimum is not None and value < float(minimum):
        found.at(path, f"{value} is less than {minimum}")
    if maximum is not None and value > float(maximum):
        found.at(path, f"{value} is more than {maximum}")


def _kind(value):
    return type(value).__name__


def _iso8601(text):
    try:
        datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        return "T" in text
    except (AttributeError, ValueError):
        return False


# --- Smithy RPC v2 CBOR ---


def _cbor(body):
    """A CBOR body as Python values; botocore has the decoder, and calls it for shapes only."""
    if not body:
        return {}
    parser = botocore.parsers.RpcV2CBORParser()
    return parser.parse_data_item(parser.get_peekable_stream_from_bytes(body))


def _check_cbor(found, shape, value, path):
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            found.at(path, f"{_kind(value)} instead of a structure")
            return
        for name in value:
            if name not in shape.members:
                found.at(f"{path}.{name}", f"{shape.name} has no such member")
        for name, member in shape.members.items():
            if value.get(name) is None:
                if name in shape.required_members:
                    found.at(f"{path}.{name}", f"required in {shape.name}, and missing")
                continue
            _check_cbor(found, member, value[name], f"{path}.{name}")
    elif kind == "list":
        if not isinstance(value, list):
            found.at(path, f"{_kind(value)} instead of a list")
            return
        for index, item in enumerate(value):
            _check_cbor(found, shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        for key, item in value.items():
            _check_cbor(found, shape.value, item, f"{path}.{key}")
    elif kind == "timestamp":
        # Tag 1, which the decoder makes a datetime of.
        if not isinstance(value, datetime.datetime):
            found.at(path, f"{value!r} is no tagged time")
    elif kind == "blob":
        if not isinstance(value, bytes):
            found.at(path, f"{_kind(value)} instead of bytes")
    else:
        _check_scalar(found, shape, value, path)


# --- Query ---


def _local(node):
    return node.tag.rsplit("}", 1)[-1]


def _check_query(found, operation_model, shape, body):
    root = ElementTree.fromstring(body)
    if _local(root) != f"{operation_model.name}Response":
        found.at("", f"the root is {_local(root)}")
    metadata = operation_model.service_model.metadata
    if root.tag[1:].split("}")[0] != metadata.get("xmlNamespace", ""):
        found.at("", f"the namespace is {root.tag!r}, the model says {metadata.get('xmlNamespace')!r}")
    if not any(_local(node) == "RequestId" for node in root.iter()):
        found.at("", "no ResponseMetadata.RequestId")
    wrapper = shape.serialization.get("resultWrapper")
    nodes = [node for node in root if _local(node) == wrapper]
    if wrapper and not nodes:
        found.at("", f"no {wrapper}")
        return
    _check_xml(found, shape, nodes[0] if wrapper else root, "", besides={"ResponseMetadata"})


def _check_xml(found, shape, node, path, besides=()):
    kind = shape.type_name
    if kind == "structure":
        members = {}
        for name, member in shape.members.items():
            members[member.serialization.get("name", name)] = (name, member)
        present = set()
        for child in node:
            name = _local(child)
            present.add(name)
            if name in members:
                _check_xml(found, members[name][1], child, f"{path}.{name}")
            elif name not in besides:
                found.at(f"{path}.{name}", f"{shape.name} has no such member")
        for name in shape.required_members:
            wire_name = shape.members[name].serialization.get("name", name)
            if wire_name not in present:
                found.at(f"{path}.{wire_name}", f"required in {shape.name}, and missing")
    elif kind == "list":
        name = shape.member.serialization.get("name", "member")
        for index, child in enumerate(node):
            if _local(child) != name:
                found.at(f"{path}[{index}]", f"{_local(child)} instead of {name}")
            _check_xml(found, shape.member, child, f"{path}[{index}]")
    elif kind == "timestamp":
        if not _iso8601(node.text or ""):
            found.at(path, f"{node.text!r} is no ISO 8601 time")
    elif kind in ("integer", "long"):
        if not re.fullmatch(r"-?\d+", node.text or ""):
            found.at(path, f"{node.text!r} is no {kind}")
    elif kind in ("double", "float"):
        try:
            float(node.text or "")
        except ValueError:
            found.at(path, f"{node.text!r} is no {kind}")
    elif kind == "boolean":
        if node.text not in ("true", "false"):
            found.at(path, f"{node.text!r} is no boolean")
    elif kind == "string":
        _check_text(found, shape, node.text or "", path)
