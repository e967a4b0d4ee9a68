"""A JUnit report under two parsers that are not ours: junitparser, on libxml2, and xunitparserx, on expat.

    python tests/compat/junit.py FILE ...

Both must read each file, and read the same in it: suites, cases and their order, what became of each, times, messages,
texts, properties; and the totals that the file states must be those of its cases. Prints the counts.
"""

import collections
import sys
from xml.etree import ElementTree

import junitparser
import xunitparserx

Case = collections.namedtuple("Case", "suite classname name result type message text time")


def by_junitparser(file):
    report = junitparser.JUnitXml.fromfile(file)
    cases, stated = [], []
    for suite in report:
        stated.append((suite.tests, suite.failures, suite.errors, suite.skipped))
        for case in suite:
            assert len(case.result) <= 1, f"{case.name} has {len(case.result)} results"
            found = case.result[0] if case.result else None
            kind = type(found).__name__.lower() if found else "success"
            about = (found.type, found.message, (found.text or "").strip() or None) if found else (None, None, None)
            cases.append(Case(suite.name, case.classname, case.name, kind, *about, case.time or 0.0))
    stated.append((report.tests, report.failures, report.errors, report.skipped))
    properties = [(suite.name, {p.name: p.value for p in suite.properties()}) for suite in report]
    return cases, properties, stated


def by_xunitparserx(file):
    cases, properties = [], []
    # Suite by suite: it would take the properties of two for one another's.
    for root in ElementTree.parse(file).getroot():
        suite, _ = xunitparserx.Parser().parse_root(root)
        properties.append((suite.name, suite.properties))
        for case in suite:
            time = case.time.total_seconds() if case.time else 0.0
            text = (case.trace or "").strip() or None if case.result != "success" else None
            cases.append(
                Case(suite.name, case.classname, case.methodname, case.result, case.typename, case.message, text, time)
            )
    return cases, properties


def check(file):
    cases, properties, stated = by_junitparser(file)
    others, other_properties = by_xunitparserx(file)
    problems = [f"{one} and {other}" for one, other in zip(cases, others) if one != other]
    if len(cases) != len(others):
        problems.append(f"{len(cases)} and {len(others)} cases")
    if properties != other_properties:
        problems.append(f"{properties} and {other_properties}")
    counts = collections.Counter(case.result for case in cases)
    sums = tuple(sum(column) for column in zip(*stated[:-1]))
    counted = (len(cases), counts["failure"], counts["error"], counts["skipped"])
    if not stated[-1] == sums == counted:
        problems.append(f"the file states {stated}, and has {counted}")
    if not cases:
        problems.append("there are no cases")
    shown = ", ".join(f"{counts[kind]} {kind}" for kind in ("success", "failure", "error", "skipped"))
    print(f"{file}: {len(cases)} cases, {shown}")
    for problem in problems:
        print(f"  the parsers disagree: {problem}")
    return not problems


def main():
    files = sys.argv[1:]
    if not files:
        sys.exit("which JUnit report?")
    results = [check(file) for file in files]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
