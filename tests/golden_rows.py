"""Rows of the sample videos as they were accepted, in golden/rows.csv, with the ROWS_VERSION that they have.

python tests/golden_rows.py        accept the rows of today; refused while rows have changed and ROWS_VERSION has not
"""

from __future__ import annotations

import csv
import math
import sys
from dataclasses import dataclass
from pathlib import Path

from pipeline.analyze import analyze
from pipeline.models.folder import EMBEDDED, read_model
from pipeline.records import EXPRESSIONS, End, FrameReadings
from pipeline.settings import Settings
from pipeline.store.fingerprints import ROWS_VERSION
from pipeline.store.rows import face_values
from pipeline.video.reader import Reader
from pipeline.work import open_stages

SAMPLES = Path(__file__).parent.parent / "sample_videos"
GOLDEN = Path(__file__).parent / "golden" / "rows.csv"
MODEL = EMBEDDED / "vgg-face-fer2013"

TOLERANCE = {
    "timestamp_s": 1e-6,
    "x": 0.5,
    "y": 0.5,
    "width": 0.5,
    "height": 0.5,
    "size_px": 0.5,
    "sharpness": 0.05,
    "turn": 0.05,
    "tilt": 3.0,
    "nod": 0.1,
}
"""By how much processors may differ, in the column's own unit, sharpness as a share; probabilities by 0.02."""

NUMBERS = (
    *("x", "y", "width", "height", "detector_confidence", "size_px", "sharpness", "confidence"),
    *(f"p_{name}" for name in EXPRESSIONS),
    *("readable", "is_face", "turn", "tilt", "nod"),
)
COLUMNS = ("video", "frame_index", "timestamp_s", "face_index", *NUMBERS)


@dataclass(frozen=True, slots=True)
class Row:
    """A face, or a frame without any (face_index -1 and no numbers); NaN stands for a number that is not stored."""

    video: str
    frame_index: int
    timestamp_s: float
    face_index: int
    numbers: tuple[float, ...]

    @property
    def key(self) -> tuple[str, int, int]:
        """What must be equal."""
        return self.video, self.frame_index, self.face_index

    def differences(self, other: Row) -> list[str]:
        """The columns in which two rows of one key are further apart than processors are."""
        pairs = zip(NUMBERS, self.numbers, other.numbers, strict=False)
        far = [name for name, one, two in pairs if _differ(name, one, two)]
        return far + ["timestamp_s"] * (abs(self.timestamp_s - other.timestamp_s) > TOLERANCE["timestamp_s"])


def _differ(name: str, one: float, two: float) -> bool:
    if math.isnan(one) or math.isnan(two):
        return math.isnan(one) != math.isnan(two)
    return abs(one - two) > TOLERANCE.get(name, 0.02) * (abs(two) if name == "sharpness" else 1.0)


def compute() -> list[Row]:
    """Today's rows, with the real networks and the default settings."""
    settings = Settings()
    stages = open_stages(settings, read_model(MODEL), "cpu")
    rows: list[Row] = []
    for video in sorted(SAMPLES.glob("*.mp4")):
        for chunk in analyze(Reader(video).sample(settings.sampling), stages):
            if not isinstance(chunk, End):
                rows += [row for frame in chunk for row in _rows(video.name, frame)]
    return rows


def _rows(video: str, frame: FrameReadings) -> list[Row]:
    faces = [
        Row(video, frame.index, frame.timestamp_s, face["face_index"], tuple(_number(face[name]) for name in NUMBERS))
        for face in face_values(frame)
    ]
    return faces or [Row(video, frame.index, frame.timestamp_s, -1, ())]


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def read() -> tuple[int, list[Row]]:
    """The accepted ROWS_VERSION and rows."""
    with GOLDEN.open(encoding="utf-8", newline="") as stream:
        version = int(stream.readline().split("=")[1])
        return version, [_parse(row) for row in csv.DictReader(stream)]


def _parse(row: dict[str, str]) -> Row:
    # Rows that were accepted before a column was there lack it.
    numbers = tuple(float(row.get(name, "nan")) for name in NUMBERS) if int(row["face_index"]) >= 0 else ()
    return Row(row["video"], int(row["frame_index"]), float(row["timestamp_s"]), int(row["face_index"]), numbers)


def write(rows: list[Row]) -> None:
    """Accept rows under today's ROWS_VERSION."""
    with GOLDEN.open("w", encoding="utf-8", newline="") as stream:
        stream.write(f"# ROWS_VERSION={ROWS_VERSION}\n")
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            numbers = [f"{number:.6g}" for number in row.numbers] or [""] * len(NUMBERS)
            writer.writerow([row.video, row.frame_index, f"{row.timestamp_s:.6f}", row.face_index, *numbers])


def compare(found: list[Row], accepted: list[Row]) -> list[str]:
    """What is different, a line each."""
    mine, theirs = {row.key: row for row in found}, {row.key: row for row in accepted}
    lines = [f"{key}: not there any more" for key in theirs if key not in mine]
    lines += [f"{key}: new" for key in mine if key not in theirs]
    for key in mine.keys() & theirs.keys():
        far = mine[key].differences(theirs[key])
        if far:
            lines.append(f"{key}: {', '.join(far)}")
    return sorted(lines)


def main() -> None:
    """Accept today's rows, or say why not."""
    rows = compute()
    version, accepted = read() if GOLDEN.is_file() else (ROWS_VERSION - 1, [])
    changed = compare(rows, accepted)
    if changed and version == ROWS_VERSION:
        sys.exit("\n".join([*changed[:10], f"{len(changed)} rows have changed: raise ROWS_VERSION or explain."]))
    if version == ROWS_VERSION:
        # Writing them anew would move the middle of the tolerance a little each time.
        print("the rows are those that were accepted")  # noqa: T201 - a command
        return
    write(rows)
    print(f"{len(rows)} rows accepted in {GOLDEN} under ROWS_VERSION {ROWS_VERSION}")  # noqa: T201 - a command


if __name__ == "__main__":
    main()
