"""Seeded databases for the report's tests, filled in bulk through the real tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
from sqlalchemy import create_engine, insert

from pipeline.models.card import ClassFigures, DataOrigin, Evaluation, ModelCard, Preprocessing, TrainingRecord
from pipeline.records import EXPRESSIONS
from pipeline.store import (  # noqa: F401 - register their tables
    area_tables,
    audit_tables,
    guards,
    privacy_tables,
    track_tables,
)
from pipeline.store.schema import (
    SCHEMA_VERSION,
    AnalysisRow,
    Base,
    ChunkRow,
    FaceRow,
    FrameRow,
    RunRow,
    SchemaRow,
    VideoRow,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

CONFUSION = (
    (290, 5, 45, 12, 60, 8, 47),
    (14, 33, 3, 1, 4, 0, 1),
    (58, 2, 245, 10, 92, 42, 47),
    (9, 0, 7, 815, 12, 15, 37),
    (51, 3, 66, 20, 390, 6, 117),
    (7, 0, 30, 14, 6, 348, 10),
    (29, 1, 24, 28, 86, 6, 433),
)
"""Counts like those of a half-width VGG on FER-2013 PublicTest; rows labels, columns predictions."""

SHARES = {"quay": (0.06, 0.01, 0.09, 0.16, 0.18, 0.04, 0.46), "cafe": (0.03, 0.01, 0.05, 0.38, 0.09, 0.06, 0.38)}
"""Expression shares of the made-up locations."""


def at(*parts: int) -> datetime:
    """A time as the tables hold it: UTC, without a zone."""
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 the tables hold no zone


@dataclass(frozen=True)
class Clip:
    """A made-up video: where, when, how long, how busy, how it went.

    Attributes:
        unclear, no_face: shares of its detections that nobody could read, and that are no face.
        judged: whether its model says which they are.
    """

    name: str
    location: str = "quay"
    camera: str = "door"
    start: datetime | None = datetime(2024, 3, 26, 2)  # noqa: DTZ001 the tables hold no zone
    timezone: str = "Asia/Ho_Chi_Minh"
    seconds: int = 600
    fps: float = 2.0
    faces_per_frame: float = 1.0
    status: str = "done"
    reason: str | None = None
    problems: int = 0
    shares: tuple[float, ...] = field(default=())
    unclear: float = 0.2
    no_face: float = 0.04
    judged: bool = True


def card(confusion: tuple[tuple[int, ...], ...] = CONFUSION) -> ModelCard:
    """A model card whose figures follow from its confusion matrix."""
    counts = np.array(confusion)
    right, total = int(np.trace(counts)), int(counts.sum())
    recall, precision = np.diag(counts) / counts.sum(axis=1), np.diag(counts) / counts.sum(axis=0)
    f1 = 2 * np.diag(counts) / (counts.sum(axis=0) + counts.sum(axis=1))
    classes = tuple(
        ClassFigures(name, float(precision[i]), float(recall[i]), float(f1[i]), int(counts[i].sum()))
        for i, name in enumerate(EXPRESSIONS)
    )
    bounds = (right / total - 0.015, right / total + 0.015)
    return ModelCard(
        name="vgg-face-fer2013",
        arch="vgg_face",
        options={},
        labels=EXPRESSIONS,
        preprocessing=Preprocessing(48, 0.93, 8.0),
        weights_sha256="0" * 64,
        data=DataOrigin("FER-2013", "1" * 64, {"Training": 28709, "PublicTest": 3589}),
        training=TrainingRecord("abc1234", 40, 3900.0, {}),
        evaluation=Evaluation("FER-2013 PublicTest", total, right / total, bounds, classes, confusion),
        licence="MIT",
        created_at="2026-11-21T00:00:00+00:00",
    )


def make_database(path: Path, clips: list[Clip], *, seed: int = 7, run: dict[str, Any] | None = None) -> Engine:
    """A database of the current schema with these clips under one run; returns its engine."""
    engine = create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    generator = np.random.default_rng(seed)
    with engine.begin() as connection:
        connection.execute(insert(SchemaRow).values(version=SCHEMA_VERSION))
        add_run(connection, 1, **(run or {}))
        for number, clip in enumerate(clips, start=1):
            add_video(connection, number, clip)
            add_analysis(connection, number, 1, clip, generator)
    return engine


def add_run(connection: Connection, number: int, **changes: Any) -> None:
    """A run; `changes` replace columns."""
    values = {
        "id": number, "fingerprint": f"{number:064d}", "created_at": at(2026, 11, 1, number), "code_version": "0.1.0",
        "model": "vgg-face-fer2013", "model_card": msgspec.json.encode(card()).decode(),
        "sampling": "2 frames a second",
        "settings": '{"min_face_px": 24}', "device": "cpu",
    }  # fmt: skip
    connection.execute(insert(RunRow).values(**(values | changes)))


def add_video(connection: Connection, number: int, clip: Clip) -> None:
    """A row of `videos`."""
    connection.execute(
        insert(VideoRow).values(
            id=number, sha256=hash_of(clip.name), path=f"/videos/{clip.location}/{clip.name}",
            location=clip.location, camera=clip.camera,
            started_at=clip.start, start_source="file name" if clip.start else None,
            timezone=clip.timezone, timezone_source="option", codec="h264", size_bytes=1000, width=1280, height=720,
            fps=25.0, duration_s=float(clip.seconds), status=clip.status, reason=clip.reason,
        )
    )  # fmt: skip


def hash_of(name: str) -> str:
    """A stand-in for the content's hash."""
    from hashlib import sha256

    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def add_analysis(connection: Connection, video: int, run: int, clip: Clip, generator: np.random.Generator) -> None:
    """An analysis with its chunk, frames and faces; a failed one has neither frames nor faces."""
    ended = at(2026, 11, 1) + timedelta(minutes=video)
    analysis = {"video_id": video, "run_id": run, "status": clip.status, "reason": clip.reason, "finished_at": ended}
    connection.execute(insert(AnalysisRow).values(**analysis))
    if clip.status == "failed":
        return
    frames = max(1, int(clip.seconds * clip.fps))
    connection.execute(insert(ChunkRow).values(video_id=video, run_id=run, number=0, frames=frames, done_at=ended))
    frame_rows, face_rows = make_rows(video, run, clip, frames, generator)
    connection.execute(insert(FrameRow), frame_rows)
    if face_rows:
        connection.execute(insert(FaceRow), face_rows)


def make_rows(
    video: int, run: int, clip: Clip, frames: int, generator: np.random.Generator
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of frames and faces: people stay for some seconds and mostly keep their expression."""
    present = generator.poisson(clip.faces_per_frame, frames // 10 + 1).repeat(10)[:frames]
    shares = np.array(clip.shares or SHARES.get(clip.location, SHARES["quay"]))
    judge = np.random.default_rng((video, run))  # of its own: the expressions stay as they were without it
    mood = np.stack([generator.choice(7, frames // 10 + 1, p=shares).repeat(10)[:frames] for _ in range(4)], axis=1)
    frame_rows: list[dict[str, Any]] = []
    face_rows: list[dict[str, Any]] = []
    for at in range(frames):
        problem = "damaged picture" if at < clip.problems else None
        key = {"video_id": video, "run_id": run, "frame_index": int(at * 25 / clip.fps)}
        count = 0 if problem else int(present[at])
        frame_rows.append(key | {"timestamp_s": at / clip.fps, "faces": count, "problem": problem})
        face_rows += [
            _face(key, number, int(mood[at, number % 4]), generator) | judgement(clip, judge) for number in range(count)
        ]
    return frame_rows, face_rows


def judgement(clip: Clip, generator: np.random.Generator) -> dict[str, float | None]:
    """Whether the face is readable and one at all, and how it is held; nothing where the model does not say."""
    drawn, readable, is_face = generator.random(3)
    readable = (readable + (drawn > clip.no_face + clip.unclear)) / 2
    is_face = (is_face + (drawn > clip.no_face)) / 2
    pose = {"turn": generator.normal(0, 0.1), "tilt": generator.normal(0, 8), "nod": generator.normal(0.55, 0.1)}
    judged = {"readable": readable, "is_face": is_face, **pose}
    return {name: float(value) if clip.judged else None for name, value in judged.items()}


def _face(key: dict[str, Any], number: int, mood: int, generator: np.random.Generator) -> dict[str, Any]:
    """What the classifier of `CONFUSION` would answer to a face with that true expression."""
    answers = np.array(CONFUSION[mood], np.float64)
    best = int(generator.choice(7, p=answers / answers.sum()))
    rest = generator.dirichlet(answers / answers.sum() * 3 + 0.05)
    confidence = generator.beta(3, 2) * 0.85 + 0.15
    probabilities = rest * (1 - confidence)
    probabilities[best] += confidence
    likeliest = int(probabilities.argmax())
    probabilities[[best, likeliest]] = probabilities[[likeliest, best]]
    confidence = float(probabilities[best])
    side = float(generator.gamma(4, 15) + 24)
    values = {f"p_{name}": float(probabilities[i]) for i, name in enumerate(EXPRESSIONS)}
    return key | values | {
        "face_index": number, "x": 10.0, "y": 20.0, "width": side, "height": side * 1.2, "detector_confidence": 0.98,
        "size_px": side, "sharpness": float(generator.gamma(2, 120)), "confidence": confidence,
    }  # fmt: skip


CHAIN = (
    *(
        Clip(
            f"quay__{'door' if hour < 6 else 'till'}__{day:02d}T{hour:02d}.mp4",
            camera="door" if hour < 6 else "till",
            start=at(2024, 3, day, hour),
            faces_per_frame=0.4 + 0.1 * hour,
        )
        for day in (18, 20, 23)
        for hour in (2, 5, 9)
    ),
    *(Clip(f"cafe_{day}.mp4", "cafe", "bar", at(2024, 3, day, 3), seconds=900) for day in (18, 19, 20)),
    Clip("small.mp4", "kiosk", "front", None, seconds=20, faces_per_frame=0.5),
    Clip("broken.mp4", "kiosk", "front", None, status="failed", reason="moov atom not found"),
    Clip(
        "cut.mp4", "quay", "till", at(2024, 3, 24, 4), status="partial", reason="ends early", seconds=300, problems=12
    ),
)
"""Three locations: one busy, one happier, one with too little; one video failed, one is partial."""

HOSTILE = (
    "<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "</script><script>alert(2)</script>", "</title><b>",
    "{{7*7}}", "{% raw %}", "${7*7}", "#{7*7}", "=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "=HYPERLINK(\"http://x\")",
    "'; DROP TABLE faces; --", "\" onmouseover=\"alert(3)", "' onfocus='alert(4)", "<svg/onload=alert(5)>",
    "javascript:alert(6)", "<a href=javascript:alert(7)>x</a>", "<!-- comment", "-->", "]]>", "<![CDATA[x]]>",
    "&lt;b&gt;", "&amp;", "&#60;b&#62;", "<b>bold</b>", "<iframe src=//x>", "<style>*{display:none}</style>",
    "[red]rich[/red]", "[/]", "[link=x]y[/link]", "%{x}", "%(x)s", "%s%s%s", "\u202egnp.exe", "a\u200fb",
    "\u2066x\u2069", "line\nbreak", "carriage\rreturn", "nul\x01byte", "bell\x07", "tab\there", "  spaces  ", "...",
    "../../etc/passwd", "CON", "a" * 300, "Quán cà phê Bến Thành", "\u5496\u5561\u5e97", "\u0645\u0642\u0647\u0649",
    "\u05e7\u05e4\u05d4", "caf\u00e9", "cafe\u0301", "\U0001f600 emoji", "\U0001f469\u200d\U0001f467", "<b", "a<br>b",
    "$\\alpha$", "`id`",
)  # fmt: skip
"""Sixty names that mean harm, or only look odd."""
