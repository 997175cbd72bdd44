#!/usr/bin/env python3
"""Checks the colours of the report and of the frontend's page: contrast in light and dark mode, and one colour for v2.

    tests/contrast.py          exit code 1 if a pair of text and background is below 4.5, or a colour is not classified
    tests/contrast.py --all    also prints each pair
"""

import itertools
import pathlib
import re
import sys

MINIMUM = 4.5
RELEASE = pathlib.Path("services/kit/src/identity/release.rs")
REPORT = pathlib.Path("meshwalk/src/report/html/style.css")
PAGE = pathlib.Path("services/frontend/assets")

# Variables that are the background of any text, those that carry only text of these colours, and those without text.
FILES = {
    REPORT: {
        "surfaces": {"page", "card", "code"},
        "tints": {"good-tint": {"good"}, "bad-tint": {"bad", "ink"}, "skip-tint": {"skip", "ink"}},
        "marks": {"good", "bad", "worst", "soft", "v1", "v2", "p99", "p50"},
    },
    PAGE / "page.css": {
        "surfaces": {"ground", "panel", "inset"},
        "tints": {"bad-ground": {"bad"}, "warn-ground": {"warn"}, "text": {"panel"}},
        "marks": {"tone", "line", "accent"},
    },
}


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted(map(luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def themes(css):
    """The variables of the light and of the dark theme."""
    blocks = re.findall(r":root \{(.*?)\}", css, re.S)
    if len(blocks) != 2:
        raise SystemExit(f"{len(blocks)} blocks of :root instead of one for light and one for dark")
    light, dark = (dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{3,6})\b", block)) for block in blocks)
    return {"light": light, "dark": light | dark}


def check(path, classes, problems):
    css = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", css)
    texts, backgrounds, pairs = set(), set(), set()
    for selector, body in rules:
        selector = " ".join(selector.split())
        declared = dict(re.findall(r"([\w-]+)\s*:\s*([^;]+)", body))
        for name in ("color", "background"):
            literal = re.search(r"#[0-9a-f]{3,6}\b", declared.get(name, ""))
            if literal and "var(" not in declared[name]:
                problems.append(f"{path}: {selector}: {name} {literal[0]} is not a variable")
        is_text = "svg text" in selector
        text = re.match(r"var\(--([\w-]+)", declared.get("color", declared.get("fill", "") if is_text else ""))
        below = re.match(r"var\(--([\w-]+)", declared.get("background", ""))
        if declared.get("opacity", "1") != "1" and not re.search(r"rect\.changed", selector):
            problems.append(f"{path}: {selector}: opacity lowers the contrast of text")
        if below:
            backgrounds.add(below[1])
        if text and below:
            pairs.add((text[1], below[1]))
        elif text:
            texts.add(text[1])
    known = classes["surfaces"] | set(classes["tints"]) | classes["marks"]
    problems += [f"{path}: the background --{name} is not classified" for name in sorted(backgrounds - known)]
    pairs |= set(itertools.product(texts - {"on-tone"}, classes["surfaces"]))
    pairs |= {(text, below) for below, tinted in classes["tints"].items() for text in tinted}
    for (theme, colours), (text, below) in itertools.product(themes(css).items(), sorted(pairs)):
        if text == "on-tone":
            continue
        ratio = contrast(colours[text], colours[below])
        if "--all" in sys.argv:
            print(f"{path.name} {theme}: {text} on {below}: {ratio:.2f}")
        if ratio < MINIMUM:
            problems.append(f"{path}: {theme}: --{text} on --{below} has a contrast of {ratio:.2f}, below {MINIMUM}")


def check_releases(problems):
    """The releases have the same colours in answers, in the report and on the page, and readable badges."""
    releases = dict(re.findall(r'Self::(V\d) => "(#[0-9a-f]{6})"', RELEASE.read_text()))
    if set(releases) != {"V1", "V2"}:
        problems.append(f"{RELEASE}: no colours of V1 and V2 found")
    charts = (PAGE / "charts.js").read_text()
    for release, colour in releases.items():
        for theme, colours in themes(REPORT.read_text()).items():
            if colours.get(release.lower()) != colour:
                problems.append(f"{REPORT}: {theme}: --{release.lower()} is not {colour}, as {RELEASE} says")
        if f'{release.lower()}: "{colour}"' not in charts:
            problems.append(f"{PAGE}/charts.js: {release.lower()} is not {colour}, as {RELEASE} says")
    found = re.search(r'> 0\.179 \? "(#\w+)" : "(#\w+)"', (PAGE / "tree.js").read_text())
    if not found:
        problems.append(f"{PAGE}/tree.js: the text colours of badges were not found")
        return
    for colour in releases.values():
        text = found[1] if luminance(colour) > 0.179 else found[2]
        if contrast(text, colour) < MINIMUM:
            problems.append(f"{PAGE}/tree.js: {text} on {colour} has a contrast of {contrast(text, colour):.2f}")


def main():
    problems = []
    for path, classes in FILES.items():
        check(path, classes, problems)
    check_releases(problems)
    print("\n".join(problems) or "contrast: every pair of text and background has at least 4.5")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
