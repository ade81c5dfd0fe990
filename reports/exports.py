"""The report's numbers as tidy CSV and as JSON with documented keys."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import msgspec

from .columns import LABELS
from .rollup import KINDS
from .text import cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .report import Report
    from .summary import Distribution, Group

CSV_COLUMNS = (
    "grouping", "group", "location", "camera", "frames", "frames_with_faces", "faces",
    "category", "name", "count", "share", "share_low", "share_high", "enough",
)  # fmt: skip
"""Columns of the CSV: one row for each group and expression, then for each group and kind.

grouping: overall, location, camera, video, hour or day. group: its name. category: expression or kind. name: which.
count: faces. share, share_low, share_high: 0 to 1, with the 95 % interval, empty if there is too little to give one.
enough: 0 for a group too small to be compared.
"""


def to_csv(report: Report) -> str:
    """Tidy CSV; names that a spreadsheet would read as formulas get a `'` in front."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for grouping, group in _groups(report):
        frames = (group.frames, group.frames_with_faces, group.faces)
        head = (grouping, cell(group.name), cell(group.location), cell(group.camera), *frames)
        for row in _rows(group):
            writer.writerow((*head, *row, int(group.enough)))
    return text.getvalue()


def _groups(report: Report) -> Iterator[tuple[str, Group]]:
    yield "overall", report.overall
    for section in report.sections:
        for group in section.groups:
            yield section.by, group


def _rows(group: Group) -> Iterator[tuple[str, str, int, float, float | str, float | str]]:
    for category, names, distribution in (
        ("expression", LABELS, group.expressions),
        ("kind", KINDS, group.rollup),
    ):
        for index, name in enumerate(names):
            yield category, name, distribution.counts[index], *_share(distribution, index)


def _share(distribution: Distribution, index: int) -> tuple[float, float | str, float | str]:
    low = round(distribution.low[index], 6) if distribution.low else ""
    high = round(distribution.high[index], 6) if distribution.high else ""
    return round(distribution.shares[index], 6), low, high


def to_json(report: Report) -> bytes:
    """The same numbers as JSON; `format` counts up when a key changes its meaning."""
    document = {
        "format": 1,
        "period": [moment.isoformat() for moment in report.period] if report.period else None,
        "counts_as": {name: list(report.request.rollup.members(name)) for name in KINDS[:-1]},
        "overall": describe_group(report.overall),
        "sections": {section.by: [describe_group(one) for one in section.groups] for section in report.sections},
        "videos": [
            {
                "name": video.name,
                "path": video.path,
                "sha256": video.sha256,
                "location": video.location,
                "camera": video.camera,
                "started_at_utc": video.started_at.isoformat() if video.started_at else None,
                "start_source": video.start_source,
                "timezone": video.timezone,
                "timezone_source": video.timezone_source,
                "status": video.status,
                "reason": video.reason,
                "run": video.run.id if video.run else None,
                "counted": video.run is not None,
            }
            for video in report.videos
        ],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def describe_group(group: Group) -> dict[str, Any]:
    """One group: `expressions` and `kinds` map each name to its count, share and 95 % interval."""
    return {
        "name": group.name,
        "location": group.location,
        "camera": group.camera,
        "frames": group.frames,
        "frames_with_faces": group.frames_with_faces,
        "frames_with_problems": group.problem_frames,
        "faces": group.faces,
        "enough": group.enough,
        "resampled": {"unit": group.unit, "blocks": group.blocks},
        "expressions": _describe(LABELS, group.expressions),
        "kinds": _describe(KINDS, group.rollup),
    }


def _describe(names: tuple[str, ...], distribution: Distribution) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "count": distribution.counts[index],
            "share": distribution.shares[index],
            "low": distribution.low[index] if distribution.low else None,
            "high": distribution.high[index] if distribution.high else None,
        }
        for index, name in enumerate(names)
    }
