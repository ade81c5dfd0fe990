"""How long a report of 1,000,000 faces in 200 videos takes, and how much memory.

    python tests/benchmarks/report_million.py [FOLDER]

Writes a database of that size into FOLDER (default: a temporary one; in a named folder it is kept and used again), then
times `fer-video report` with its page, CSV and JSON in a process of its own. The aim: at most 10 s and 1 GB on two
cores.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import create_engine, insert

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fixtures_reports import CONFUSION, Clip, add_run, add_video, at  # noqa: E402

from pipeline.records import EXPRESSIONS  # noqa: E402
from pipeline.store import area_tables, audit_tables, guards, privacy_tables, track_tables  # noqa: E402, F401 - register their tables
from pipeline.store.schema import SCHEMA_VERSION, AnalysisRow, Base, FaceRow, FrameRow, SchemaRow  # noqa: E402

VIDEOS, FRAMES, FACES_PER_FRAME = 200, 2500, 2


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else temporary)
        database = folder / "million.db"
        if not database.exists():
            started = time.perf_counter()
            make(database)
            say(f"made {database.stat().st_size / 1e6:.0f} MB in {time.perf_counter() - started:.0f} s")
        measure(database, folder)


def make(database: Path) -> None:
    """Fill a database with `VIDEOS * FRAMES * FACES_PER_FRAME` faces of ten locations."""
    engine = create_engine(f"sqlite:///{database}")
    Base.metadata.create_all(engine)
    generator = np.random.default_rng(1)
    with engine.begin() as connection:
        connection.execute(insert(SchemaRow).values(version=SCHEMA_VERSION))
        add_run(connection, 1)
        for number in range(1, VIDEOS + 1):
            start = at(2024, 3, 1) + timedelta(hours=3 * number)
            clip = Clip(f"video-{number:03d}.mp4", f"shop {number % 10}", f"camera {number % 3}", start)
            add_video(connection, number, clip)
            values = {"video_id": number, "run_id": 1, "status": "done", "finished_at": datetime(2026, 11, 1)}  # noqa: DTZ001
            connection.execute(insert(AnalysisRow).values(**values))
            frames, faces = make_rows(number, generator)
            connection.execute(insert(FrameRow), frames)
            connection.execute(insert(FaceRow), faces)


def make_rows(video: int, generator: np.random.Generator) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Rows of one video: two faces in every frame, at two frames a second."""
    answers = np.array(CONFUSION, np.float64)
    true = generator.choice(7, FRAMES * FACES_PER_FRAME // 20, p=answers.sum(1) / answers.sum()).repeat(20)
    likely = answers[true] / answers[true].sum(1, keepdims=True)
    probabilities = generator.gamma(likely * 4 + 0.05)
    probabilities /= probabilities.sum(1, keepdims=True)
    confidence = probabilities.max(1)
    size, sharpness = generator.gamma(4, 15, len(true)) + 24, generator.gamma(2, 120, len(true))
    # A quarter of the faces is unclear, and one detection in twenty is no face.
    readable, is_face = generator.uniform(0, 1, len(true)) ** 0.5, generator.uniform(0, 1, len(true)) ** 0.23
    key: dict[str, object] = {"video_id": video, "run_id": 1}
    frames: list[dict[str, object]] = [
        key | {"frame_index": 12 * at, "timestamp_s": at / 2, "faces": FACES_PER_FRAME, "problem": None}
        for at in range(FRAMES)
    ]
    faces: list[dict[str, object]] = [
        key
        | {f"p_{name}": float(value) for name, value in zip(EXPRESSIONS, probabilities[row], strict=True)}
        | {"frame_index": 12 * (row // FACES_PER_FRAME), "face_index": row % FACES_PER_FRAME}
        | {"x": 1.0, "y": 2.0, "width": float(size[row]), "height": float(size[row]), "detector_confidence": 0.99}
        | {"size_px": float(size[row]), "sharpness": float(sharpness[row]), "confidence": float(confidence[row])}
        | {"readable": float(readable[row]), "is_face": float(is_face[row]), "turn": 0.0, "tilt": 0.0, "nod": 0.5}
        for row in range(len(true))
    ]
    return frames, faces


def measure(database: Path, folder: Path) -> None:
    """Time the command as a user starts it."""
    outputs = ["--html", folder / "report.html", "--csv", folder / "report.csv", "--json", folder / "report.json"]
    command = [
        sys.executable,
        "-c",
        "from pipeline.cli import main; main()",
        "report",
        "--db",
        database,
        *outputs,
        "-q",
    ]
    started = time.perf_counter()
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT)
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s, peak_mb = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    page_mb = (folder / "report.html").stat().st_size / 1e6
    size = f"{VIDEOS * FRAMES * FACES_PER_FRAME:,} faces in {VIDEOS} videos"
    spent = f"{seconds:.1f} s, {processor_s:.1f} s of processor time"
    say(f"{size}: {spent}, peak {peak_mb:.0f} MB, page {page_mb:.1f} MB")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
