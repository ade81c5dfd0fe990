"""Fail if a test was skipped although what it needs is here: `skips.py tests.xml [shared] [browser] [postgres]`."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def junit_name(node_id: str) -> str:
    """Turn `tests/a/test_b.py::Group::test_c[x]` into the `tests.a.test_b.Group.test_c[x]` of pytest's XML file."""
    plain, bracket, parameters = node_id.partition("[")
    path, *names = plain.split("::")
    return ".".join([*Path(path).with_suffix("").parts, *names]) + bracket + parameters


def marked_tests(markers: list[str]) -> set[str]:
    """Return the tests that carry one of the markers, as pytest collects them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", "-m", " or ".join(markers)]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    if listed.returncode not in (0, 5):  # 5: nothing carries the markers
        sys.exit(f"pytest could not list the tests marked {markers}:\n{listed.stdout}{listed.stderr}")
    return {junit_name(line) for line in listed.stdout.splitlines() if "::" in line}


def skipped_tests(xml: Path) -> dict[str, str]:
    """Return skipped tests and their reasons; what a test was expected to fail at is not a skip."""
    found = {}
    for case in ET.parse(xml).iter("testcase"):  # noqa: S314 - written by pytest a moment ago
        skip = case.find("skipped")
        if skip is not None and skip.get("type") != "pytest.xfail":
            found[f"{case.get('classname')}.{case.get('name')}".lstrip(".")] = skip.get("message", "")
    return found


def main() -> None:
    """Compare; print what was skipped in any case."""
    xml, *markers = sys.argv[1:]
    skipped = skipped_tests(Path(xml))
    for name, reason in skipped.items():
        sys.stdout.write(f"skipped: {name}: {reason}\n")
    if not markers:
        return
    needless = sorted(set(skipped) & marked_tests(markers))
    if needless:
        sys.exit(f"These need only what is here ({', '.join(markers)}), but were skipped: {', '.join(needless)}")
    sys.stdout.write(f"{len(skipped)} skipped, none of them marked {' or '.join(markers)}\n")


if __name__ == "__main__":
    main()
