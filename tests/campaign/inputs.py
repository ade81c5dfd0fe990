"""Hostile inputs: each ends in an outcome and one clear line, costs no other file, and changes nothing at a rerun."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from command import PROGRAM
from test_resume import digest

from .footage import FILMS, MP4_SOUND, PICTURES, make
from .mutations import MUTATIONS, ORDER
from .oddities import ODDITIES
from .results import Result
from .watching import Seen, watch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BATCH = 32
"""So many inputs are analysed together."""

ODD_EVERY = 4
"""One of so many is odd as a whole, the others are harmed films and pictures."""

MOST_MB = 1500
BATCH_S = 540

CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
STATUSES = frozenset({"done", "partial", "failed", "skipped", "duplicate"})

RULES = ("--fps", "1000", "--min-face", "60")
"""Every frame is sampled, so that lost ones are seen; large faces are looked for, as there is none to be found."""


@dataclass(frozen=True, slots=True)
class Hostile:
    """One input: its number, which begins its name, what it is and how it was made."""

    number: int
    kind: str
    description: str
    path: Path

    @property
    def mark(self) -> str:
        """How its name begins."""
        return f"{self.number:04d}-"


@dataclass(slots=True)
class Findings:
    """What was not as expected, by the number of the input; -1 stands for the whole batch."""

    wrong: defaultdict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    said: dict[int, str] = field(default_factory=dict)

    def note(self, number: int, what: str) -> None:
        """One more thing that is wrong."""
        self.wrong[number].append(what)


def put(number: int, seed: int, folder: Path) -> Hostile:
    """Make an input; numbers in a row are kinds in a row, and the seed draws the rest."""
    rng = random.Random(f"{seed}/{number}")
    mark = f"{number:04d}-"
    if number % ODD_EVERY == ODD_EVERY - 1:
        turn = seed * 7 + number // ODD_EVERY
        name = list(ODDITIES)[turn % len(ODDITIES)]
        return Hostile(number, f"odd: {name.partition(':')[0]}", name, ODDITIES[name](folder, mark, rng))
    turn = number - number // ODD_EVERY
    kinds = (*FILMS, *PICTURES)
    kind, name = kinds[turn % len(kinds)], ORDER[(turn + seed) % len(ORDER)]
    content = bytearray(make(kind, 12 + rng.randrange(12)))
    done = MUTATIONS[name](content, rng)
    path = folder / f"{mark}{kind.name.replace(' ', '-')}{kind.suffix}"
    path.write_bytes(content)
    return Hostile(number, f"harmed: {name}", f"{kind.name}, {done}", path)


def run(seed: int, count: int, folder: Path) -> Iterator[Result]:
    """So many inputs, `BATCH` at a time."""
    for begin in range(0, count, BATCH):
        place = folder / str(begin)
        yield from try_batch(seed, range(begin, min(begin + BATCH, count)), place)
        shutil.rmtree(place)


def try_batch(seed: int, numbers: Sequence[int], place: Path) -> list[Result]:
    """Make some inputs, analyse them in one batch, analyse them again, and make a report."""
    for name in ("footage", "temporary", "work"):
        (place / name).mkdir(parents=True)
    made = [put(number, seed, place / "footage") for number in numbers]
    for one in made:
        _make_old(one.path)
    sound = place / "footage" / "sound.mp4"
    # One of the odd names may be of the same film: something of its own behind it, which mp4's readers skip.
    sound.write_bytes(make(MP4_SOUND, 24) + b"\0\0\0\x0dfreesound"[:13])
    findings = Findings()
    first, second = _analyze(place), {}
    before = _judge_run(first, findings, "analyze")
    if before:
        rows = digest(place / "a.db")
        second = _judge_run(_analyze(place), findings, "the rerun")
        _judge_reruns(rows, digest(place / "a.db"), (before, second), findings)
        _judge_report(place, findings)
    for one in made:
        _judge(one, before, first.err, findings)
    _judge_sound(sound, before, findings)
    _judge_counts(made, before, findings)
    _judge_leftovers(place, findings)
    return _results(seed, made, findings)


def _make_old(path: Path) -> None:
    """Written long ago: of one that may still be written, it is said how many seconds ago that was."""
    if path.is_file() and not path.is_symlink():
        os.utime(path, (1.7e9, 1.7e9))


def _analyze(place: Path) -> Seen:
    command = [*PROGRAM, "analyze", "../footage", "--db", "../a.db", "--json", *RULES]
    return watch(command, place / "work", _env(place), BATCH_S)


def _env(place: Path) -> dict[str, str]:
    return {"TMPDIR": str(place / "temporary"), "FER_VIDEO_MODELS": str(place / "models")}


Outcomes: TypeAlias = dict[str, dict[str, Any]]
Digest: TypeAlias = dict[str, tuple[int, str]]


def _judge_run(seen: Seen, findings: Findings, name: str) -> Outcomes:
    """The outcomes that a run printed, by path; what is wrong with the run itself is noted."""
    findings.said[-1] = findings.said.get(-1, "") + f"{name}: {seen.seconds:.0f} s, {seen.peak_mb:.0f} MB; "
    wrong = {
        f"{name} ended with {seen.code}: {seen.err[-300:]!r}": seen.code not in {0, 3},
        f"{name} gave a traceback: {seen.err[-800:]}": "Traceback" in seen.err,
        f"{name} took {seen.peak_mb:.0f} MB": seen.peak_mb > MOST_MB,
        f"{name} left processes {seen.left}": bool(seen.left),
        f"{name}: control characters": bool(CONTROL.search(seen.out + seen.err)),
    }
    for what, holds in wrong.items():
        if holds:
            findings.note(-1, what)
    try:
        videos = json.loads(seen.out)["videos"]
    except (ValueError, KeyError):
        findings.note(-1, f"{name} printed no outcomes")
        return {}
    for line in seen.err.splitlines():
        if not re.match(r"fer-video: .*footage/(\d{4}-|sound)", line):
            findings.note(-1, f"{name} said: {line[:300]}")
    return {video["path"]: video for video in videos}


def _judge_reruns(rows: Digest, again: Digest, outcomes: tuple[Outcomes, Outcomes], findings: Findings) -> None:
    if changed := [table for table in rows if rows[table] != again[table]]:
        findings.note(-1, f"the rerun changed {', '.join(changed)}")
    before, after = outcomes
    for path in before.keys() | after.keys():
        was, now = ((found.get(path) or {}).get("status") for found in outcomes)
        if was != now:
            findings.note(_number(path), f"{was} at first, {now} at the rerun: {(after.get(path) or {}).get('reason')}")


def _judge_report(place: Path, findings: Findings) -> None:
    for words in (("--json", "-"), ("--html", "page.html", "-q")):
        seen = watch([*PROGRAM, "report", "--db", "../a.db", *words], place / "work", _env(place), 120)
        if seen.code != 0 or "Traceback" in seen.err:
            findings.note(-1, f"report {words[0]} ended with {seen.code}: {seen.err[-300:]}")
    (place / "work" / "page.html").unlink(missing_ok=True)


def _judge(one: Hostile, outcomes: Outcomes, err: str, findings: Findings) -> None:
    """One clear line for an input that failed, none for another; no outcome only where there is no such file."""
    own = {path: video for path, video in outcomes.items() if one.mark in path}
    findings.said[one.number] = ", ".join(
        f"{video['status']} ({video['frames']} frames{': ' + video['reason'] if video['reason'] else ''})"
        for video in own.values()
    )
    if not own and one.kind not in {"odd: folder", "odd: link to another folder"}:
        findings.note(one.number, "no outcome")
    lines = [line for line in err.splitlines() if f"/{one.mark}" in line]
    told = sum(video["status"] in {"failed", "partial"} for video in own.values())
    if len(lines) != told:
        findings.note(one.number, f"{told} bad outcomes, but {len(lines)} lines: {lines}")
    for video in own.values():
        if video["status"] not in STATUSES or (video["status"] in {"failed", "partial"} and not video["reason"]):
            findings.note(one.number, f"{video['status']} without a reason")


def _judge_sound(sound: Path, outcomes: Outcomes, findings: Findings) -> None:
    found = next((video for path, video in outcomes.items() if path.endswith(sound.name)), {})
    if (found.get("status"), found.get("frames")) != ("done", 24):
        findings.note(-1, f"the sound one of 24 frames: {found}")


def _judge_counts(made: Sequence[Hostile], outcomes: Outcomes, findings: Findings) -> None:
    """None is done without a word with fewer frames than can be decoded."""
    for one in made:
        own = [video for path, video in outcomes.items() if one.mark in path]
        silent = [video for video in own if video["status"] == "done" and not video["notes"]]
        if not own or len(silent) != len(own) or not one.path.is_file():
            continue
        is_still = one.path.suffix in {kind.suffix for kind in PICTURES}
        there, frames = 1 if is_still else count_frames(one.path), sum(video["frames"] for video in own)
        if frames < there:
            findings.note(one.number, f"done without a word with {frames} frames; {there} can be decoded")


def count_frames(path: Path) -> int:
    """What a plain loop decodes, in a process of its own; 0 for what ends that."""
    command = [sys.executable, str(Path(__file__).with_name("counting.py")), str(path)]
    try:
        said = subprocess.run(command, capture_output=True, timeout=60, check=False).stdout.split()
    except subprocess.TimeoutExpired:
        return 0
    return int(said[0]) if said else 0


def _judge_leftovers(place: Path, findings: Findings) -> None:
    found = [*(place / "temporary").iterdir(), *(place / "work").iterdir()]
    beside = {entry.name for entry in place.iterdir()} - {
        "footage", "temporary", "work", "a.db", "stdout", "stderr", "models",
    }  # fmt: skip
    if found or beside:
        findings.note(-1, f"left behind: {[*map(str, found), *beside]}")


def _results(seed: int, made: Sequence[Hostile], findings: Findings) -> list[Result]:
    results = []
    for one in made:
        wrong = "; ".join(findings.wrong[one.number])
        found = wrong or findings.said.get(one.number, "")
        what = f"seed {seed}, {one.number}: {one.description}"
        results.append(Result(one.kind, what, "an outcome, and a line if it is bad", found, ok=not wrong))
    wrong = "; ".join(findings.wrong[-1])
    what = f"seed {seed}, inputs {made[0].number} to {made[-1].number}: {findings.said.get(-1, '')}"
    return [*results, Result("whole batch", what, "exit 0 or 3, nothing left, nothing changed", wrong, ok=not wrong)]


def _number(path: str) -> int:
    found = re.search(r"(\d{4})-", path)
    return int(found[1]) if found else -1
