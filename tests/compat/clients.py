"""boto3 clients whose every answer is validated, and what they have called.

A case is a function of a module in `exercise/`; it gets one `Clients`, makes its own resources, and asserts with
`assert`, `equal`, `refused` and `paged`.
"""

import collections
import contextlib

import boto3
import botocore.config
import botocore.exceptions

import wire

class Failed(AssertionError):
    """A case found something wrong, with a message that says what."""


def equal(actual, expected, what):
    """What was answered, beside what must be answered."""
    if actual != expected:
        raise Failed(f"{what}: {actual!r} instead of {expected!r}")


class Record:
    """Which operations were answered, how often, and with which errors."""

    def __init__(self):
        self.answers = collections.Counter()
        self.errors = collections.defaultdict(collections.Counter)
        self.violations = []
        self.validated = 0

    def successes(self, service, operation):
        return self.answers[service, operation]


class Clients:
    """A client for each service, all of one emulator."""

    def __init__(self, variables, record, protocols=None):
        self.record = record
        self.endpoint = variables["AWS_ENDPOINT_URL"]
        self.region = variables["AWS_REGION"]
        self._variables = variables
        self._session = self._new_session(protocols or {})
        self._clients = {}
        self._retrying = False

    def _new_session(self, protocols):
        session = boto3.Session(
            region_name=self.region,
            aws_access_key_id=self._variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self._variables["AWS_SECRET_ACCESS_KEY"],
        )
        loader = session._loader
        load = loader.load_service_model

        def load_service_model(service_name, type_name, api_version=None):
            model = load(service_name, type_name, api_version)
            if type_name == "service-2" and service_name in protocols:
                metadata = {**model["metadata"], "protocols": [protocols[service_name]]}
                model = {**model, "metadata": metadata}
            return model

        loader.load_service_model = load_service_model
        return session

    def client(self, service):
        if service not in self._clients:
            config = botocore.config.Config(
                retries={"total_max_attempts": 1}, parameter_validation=True, read_timeout=90, connect_timeout=5
            )
            client = self._session.client(service, endpoint_url=self.endpoint, config=config)
            client.meta.events.register("response-received", self._received(client.meta.service_model))
            self._clients[service] = client
        return self._clients[service]

    def unchecked(self, service):
        """A client that sends what the model forbids, to see that it is refused."""
        config = botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False)
        client = self._session.client(service, endpoint_url=self.endpoint, config=config)
        client.meta.events.register("response-received", self._received(client.meta.service_model))
        return client

    def _received(self, service_model):
        def received(event_name, response_dict, parsed_response, exception, **_):
            if response_dict is None:
                return
            operation = service_model.operation_model(event_name.rsplit(".", 1)[-1])
            status = response_dict["status_code"]
            headers = {name.lower(): value for name, value in response_dict["headers"].items()}
            body = response_dict["body"]
            if not isinstance(body, bytes):
                body = None
            found = wire.check(service_model, operation, status, headers, body)
            self.record.validated += 1
            name = (service_model.service_name, operation.name)
            if status < 300:
                self.record.answers[name] += 1
            else:
                code = parsed_response.get("Error", {}).get("Code", "")
                self.record.errors[name][code] += 1
            for violation in found:
                self.record.violations.append(f"{name[0]} {name[1]} ({status}): {violation}")

        return received

    def __getattr__(self, service):
        return self.client({"lambda_": "lambda"}.get(service, service))


def refused(operation, code, message=None, **arguments):
    """The operation must be refused with this code, and with a message that holds this text."""
    try:
        answer = operation(**arguments)
    except botocore.exceptions.ClientError as error:
        actual = error.response["Error"]
        if actual["Code"] != code or (message is not None and message not in actual["Message"]):
            wanted = code if message is None else f"{code} with {message!r}"
            raise Failed(f"{_name(operation)}: {actual['Code']} ({actual['Message']!r}) instead of {wanted}") from None
        return error.response
    answer.pop("ResponseMetadata", None)
    raise Failed(f"{_name(operation)} was not refused with {code}: {answer!r}")


def _name(operation):
    return getattr(operation, "__name__", str(operation))


def paged(client, operation, members, page_size, expected, **arguments):
    """All pages of a list, which must have more than one, hold nothing twice, and have these items among them."""
    paginator = client.get_paginator(operation)
    pages = list(paginator.paginate(PaginationConfig={"PageSize": page_size} if page_size else {}, **arguments))
    items = [item for page in pages for item in members(page)]
    missing = [item for item in expected if item not in items]
    if missing:
        raise Failed(f"{operation}: {missing!r} are not among {items!r}")
    twice = [item for item, count in collections.Counter(map(str, items)).items() if count > 1]
    if twice:
        raise Failed(f"{operation}: {twice!r} came twice")
    if page_size and len(expected) > page_size and len(pages) < 2:
        raise Failed(f"{operation}: one page of {len(items)} items with a page size of {page_size}")
    return items


@contextlib.contextmanager
def removed_afterwards(operation, **arguments):
    """Removes what a case made, also where the case fails."""
    try:
        yield
    finally:
        with contextlib.suppress(botocore.exceptions.ClientError):
            operation(**arguments)
