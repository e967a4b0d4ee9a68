"""boto3 calls every operation that `tollgate serve` serves, and every answer is validated. Exits with 1 if anything fails."""

import inspect
import sys
import traceback

from clients import Clients, Record
from emulator import serving
from exercise import cloudwatch, codedeploy, lambda_, logs, schemas, sts

# CloudWatch's clients speak two protocols: boto3 JSON, most other SDKs of today CBOR. Older ones speak Query, in which
# the emulator does not serve it; STS has nothing else.
ROUNDS = [
    ("sts", sts, {}),
    ("lambda", lambda_, {}),
    ("codedeploy", codedeploy, {}),
    ("schemas", schemas, {}),
    ("logs", logs, {}),
    ("cloudwatch", cloudwatch, {"cloudwatch": "json"}),
    ("cloudwatch", cloudwatch, {"cloudwatch": "smithy-rpc-v2-cbor"}),
]


def run(case, clients):
    """What is wrong in one case; a case that can go on after a failure yields it."""
    try:
        outcome = case(clients)
        return list(outcome) if inspect.isgenerator(outcome) else []
    except Exception as error:  # whatever it is, it is this case's failure, and the next one goes on
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/exercise/" in frame.filename]
        line = f" at line {frames[0].lineno}" if frames else ""
        return [f"{type(error).__name__}{line}: {error}"]


def main(only):
    failures, cases, checked = [], 0, 0
    total = Record()
    for service, module, protocols in ROUNDS:
        # One emulator for each round, so that no service's leftovers are another's data.
        with serving("--time-scale", "60") as served:
            record = Record()
            title = " ".join([service, *protocols.values()])
            clients = Clients(served.variables, record, protocols)
            for case in module.CASES:
                if only and f"{title} {case.__name__}".find(only) < 0:
                    continue
                cases += 1
                found = run(case, clients)
                failures += [f"{title} {case.__name__}: {text}" for text in found]
                print(f"{'FAILED' if found else 'ok':6} {title} {case.__name__}", flush=True)
            failures += [f"{title}, not as the model says: {text}" for text in dict.fromkeys(record.violations)]
            missing = [name for name in module.OPERATIONS if not record.successes(service, name)]
            if not only:
                failures += [f"{title} {name}: never answered with success" for name in missing]
            print(f"       {title}: {len(module.OPERATIONS) - len(missing)} of {len(module.OPERATIONS)} operations, {record.validated} answers validated", flush=True)
            checked += record.validated
            for name, codes in record.errors.items():
                total.errors[name].update(codes)
            total.answers.update(record.answers)
    for failure in failures:
        print(f"FAILED {failure}")
    kinds = sum(len(codes) for codes in total.errors.values())
    print(f"{cases} cases, {len(total.answers)} operations answered, {kinds} kinds of refusal, {checked} answers validated, {len(failures)} failures")
    return 1 if failures or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
