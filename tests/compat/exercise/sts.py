"""STS: who calls."""

from clients import equal

OPERATIONS = ["GetCallerIdentity"]


def caller(clients):
    identity = clients.sts.get_caller_identity()
    equal(identity["Arn"].split(":")[4], identity["Account"], "the account of Arn")
    equal(len(identity["Account"]), 12, "digits of Account")


CASES = [caller]
