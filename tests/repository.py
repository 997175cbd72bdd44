#!/usr/bin/env python3
"""Checks that the workflows of CI run recipes of the justfile, and that the recipes run scripts that exist.

    tests/repository.py      takes no arguments; exit code 1 if a check fails
"""

import os
import pathlib
import re
import sys

RECIPE = re.compile(r"^([a-z][a-z-]*)(?: \*?\w+)*:\n((?:    .*\n?)*)", re.M)


def main():
    recipes = dict(RECIPE.findall(pathlib.Path("justfile").read_text()))
    problems = []
    for name, commands in recipes.items():
        for script in re.findall(r"(?:\./)?(scripts/[\w-]+\.sh)", commands):
            if not os.access(script, os.X_OK):
                problems.append(f"justfile: the recipe {name} runs {script}, which is not an executable file")
    used = set()
    for workflow in sorted(pathlib.Path(".github/workflows").glob("*.yml")):
        for name in re.findall(r"run: just ([a-z-]+)", workflow.read_text()):
            used.add(name)
            if name not in recipes:
                problems.append(f"{workflow}: the justfile has no recipe {name}")
    problems += [f"no workflow runs the recipe {name}" for name in sorted({"test", "test-cluster", "deny"} - used)]
    print("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
