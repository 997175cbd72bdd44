#!/usr/bin/env python3
"""Checks for plain English in comments and texts, cycles of modules, and type names that a crate uses twice.

    tests/source.py            all checks, exit code 1 if one fails
    tests/source.py --words    also prints each comment line with a word of the list

The words are archaic, translated literally, or name no party. At most 1 % of the comment lines of a crate may have one,
because a few of them are right at times ("the goal goes beyond …"). Errors, help, logs and pages, which are string
literals, the help in comments of command lines, and the files of TEXTS may have none. Rust's tests are exempt.
"""

import collections
import pathlib
import re
import sys

WORDS = re.compile(
    r"\b(anew|anybody|are told(?! apart)|beside|everybody|goes|in force|is told(?! apart)"
    r"|lies in|nobody|of which|puts? back|remedy|shall|so long|so many|somebody|stands(?! for)|was told|went|whoever)\b|(?<!there )\b(is|are) no\b(?! longer)",
    re.IGNORECASE,
)
ALLOWED_SHARE = 0.01

TYPE = re.compile(r"^\s*pub(?:\([\w: ]+\))? (?:struct|enum|trait|type|union) (\w+)", re.M)

# A command's arguments and a module's error are named with their module, as in `apply::Args` and `fetch::Error`.
IDIOMS = {"Args", "Error"}

# Files that users read, besides the program's own texts.
TEXTS = [
    *("*.md", "docs/*.md", "docs/*.json", "examples/*", "istio/**/*"),
    *("k8s/**/*", "labs/*", "observability/**/*", "scripts/*"),
]

# The tests at the end of a file.
TESTS = re.compile(r"#\[cfg\(test\)\]\n(?:pub(?:\(\w+\))? )?mod \w+ \{")

# Comments and characters are matched too, because both may contain quotes.
TOKEN = re.compile(r'//[^\n]*|b?r(#*)".*?"\1|b?"(?:\\.|[^"\\])*"|\'(?:\\[^\n]+?|[^\\])\'', re.S)

IMPORT = re.compile(r"\bcrate::(?:(\w+)|\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\})")
ABOVE = re.compile(r"((?:super::)+)(\w+)")


def crates():
    members = re.search(r"^members = \[(.*?)\]", pathlib.Path("Cargo.toml").read_text(), re.M | re.S)[1]
    return re.findall(r'"([^"]+)"', members)


def comments_with_words(crate):
    """All comment lines of a crate, and those of them with a word of the list."""
    lines, found = 0, []
    for path in sorted(pathlib.Path(crate).rglob("*.rs")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.lstrip().startswith("//"):
                lines += 1
                if WORDS.search(line):
                    found.append(f"{path}:{number}: {line.strip()}")
    return lines, found


def program_sources(crate):
    """Paths and texts of a crate's sources without tests."""
    for path in sorted(pathlib.Path(crate, "src").rglob("*.rs")):
        if "tests" not in path.with_suffix("").parts:
            yield path, TESTS.split(path.read_text())[0]


def texts_with_words(crate):
    """The string literals, and the comments that are help, with a word of the list."""
    for path, text in program_sources(crate):
        is_command_line = "clap::" in text
        for token in TOKEN.finditer(text):
            is_literal = token[0].lstrip("br#").startswith('"')
            is_help = is_command_line and token[0].startswith("///")
            if (is_literal or is_help) and WORDS.search(token[0]):
                line = text.count("\n", 0, token.start()) + 1
                yield f"{path}:{line}: {' '.join(token[0].split())}"


def lines_with_words():
    """The lines of TEXTS with a word of the list. A changelog and a decision record keep the words of their time."""
    paths = {path for pattern in TEXTS for path in pathlib.Path().glob(pattern) if path.is_file()}
    for path in sorted(paths - {pathlib.Path("CHANGELOG.md")}):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if WORDS.search(line):
                yield f"{path}:{number}: {line.strip()}"


def types_of_one_name(crate):
    """Type names of a crate that more than one module defines, with the files."""
    files = collections.defaultdict(list)
    for path, text in program_sources(crate):
        for match in TYPE.finditer(text):
            files[match[1]].append(str(path))
    return {name: paths for name, paths in files.items() if len(paths) > 1 and name not in IDIOMS}


def names(imports):
    """The first names of a list in braces: `a, b::c, d::{e, f}` has a, b and d."""
    depth, start = 0, True
    for token in re.findall(r"\w+|[{},]", imports):
        if token in "{}":
            depth += 1 if token == "{" else -1
        elif token == ",":
            start = depth == 0 or start
        elif start and depth == 0:
            yield token
            start = False


def dependencies(source):
    """Which other top-level modules each top-level module of a crate imports."""
    modules = {path.stem for path in source.glob("*.rs")} | {path.name for path in source.iterdir() if path.is_dir()}
    modules -= {"lib", "main"}
    edges = collections.defaultdict(set)
    for path in sorted(source.rglob("*.rs")):
        parts = list(path.relative_to(source).with_suffix("").parts)
        if parts[-1] == "mod":
            parts.pop()
        if "tests" in parts or parts[0] in ("lib", "main"):
            continue
        # Unit tests may look at modules above: they are not part of the program.
        text = re.sub(r"//.*", "", TESTS.split(path.read_text())[0])
        imported = set()
        for match in IMPORT.finditer(text):
            imported |= {match[1]} if match[1] else set(names(match[2]))
        imported |= {m[2] for m in ABOVE.finditer(text) if m[1].count("super") >= len(parts)}
        edges[parts[0]] |= (imported & modules) - {parts[0]}
    return edges


def cycle(edges):
    """The modules of one cycle, or an empty list."""
    done, path = set(), []

    def visit(module):
        if module in path:
            return path[path.index(module):] + [module]
        if module in done:
            return []
        path.append(module)
        found = next((found for found in map(visit, sorted(edges[module])) if found), [])
        path.pop()
        done.add(module)
        return found

    return next((found for found in map(visit, sorted(edges)) if found), [])


def main():
    failed = False
    for line in lines_with_words():
        print(f"{line}: this line has a word of the list in tests/source.py")
        failed = True
    for crate in crates():
        lines, found = comments_with_words(crate)
        if "--words" in sys.argv:
            print("\n".join(found))
        share = len(found) / max(lines, 1)
        if share > ALLOWED_SHARE:
            print(f"{crate}: {len(found)} of {lines} comment lines have words of the list in tests/source.py; see --words")
            failed = True
        for text in texts_with_words(crate):
            print(f"{text}: this text has a word of the list in tests/source.py")
            failed = True
        for name, paths in types_of_one_name(crate).items():
            print(f"{crate}: the type name {name} is used twice: {', '.join(paths)}")
            failed = True
        found = cycle(dependencies(pathlib.Path(crate, "src")))
        if found:
            print(f"{crate}: modules import each other: {' -> '.join(found)}")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
