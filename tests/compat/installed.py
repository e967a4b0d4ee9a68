"""In the place of `pip` in CI's documents: fails unless the versions that it is asked to install are there already."""

import importlib.metadata
import pathlib
import sys

arguments = sys.argv[1:]
if arguments[:3] != ["install", "--quiet", "--requirement"] or len(arguments) != 4:
    sys.exit(f"pip {' '.join(arguments)}?")
for line in pathlib.Path(arguments[3]).read_text().splitlines():
    if line and not line.startswith("#"):
        name, _, version = line.partition("==")
        there = importlib.metadata.version(name)
        if there != version:
            sys.exit(f"{line} is not installed: {there} is")
