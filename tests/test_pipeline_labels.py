"""Labels: decided when rows are read, and the same in numpy, in SQL and in the view for people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import insert, select, text

from pipeline.errors import UsageError
from pipeline.labels import FACE_LABELS, LABELS, Thresholds, label_faces
from pipeline.records import EXPRESSIONS, NO_FACE, UNCLEAR, UNDECIDED
from pipeline.store.database import connect
from pipeline.store.schema import AnalysisRow, FaceRow, FrameRow, RunRow, VideoRow, label_column

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from sqlalchemy import Connection

WHEN = datetime(2026, 11, 1)  # noqa: DTZ001 - the tables hold no zone


def _probabilities() -> NDArray[np.float32]:
    """Seven of few levels, so that many are equal and many stand exactly on a threshold."""
    levels = np.random.default_rng(1).integers(0, 4, (500, 7)) + np.eye(7, dtype=np.int64)[0]
    return np.asarray(levels / levels.sum(axis=1, keepdims=True), np.float32)


def _judgements() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """`readable` and `is_face` of few levels, a third of them not judged."""
    random = np.random.default_rng(2)
    levels = random.choice([0.0, 0.25, 0.5, 0.75, np.nan, np.nan], (2, 500))
    return levels[0], levels[1]


def _store(
    connection: Connection,
    probabilities: NDArray[np.float32],
    readable: NDArray[np.float64],
    is_face: NDArray[np.float64],
) -> None:
    video = {"sha256": "a", "path": "a", "location": "l", "camera": "c", "timezone": "UTC", "timezone_source": "option"}
    run = {"fingerprint": "f", "created_at": WHEN, "code_version": "0", "model": "m", "model_card": "{}"}
    key = {"video_id": 1, "run_id": 1}
    connection.execute(insert(VideoRow).values(id=1, size_bytes=1, status="done", **video))
    connection.execute(insert(RunRow).values(id=1, sampling="", settings="{}", device="cpu", **run))
    connection.execute(insert(AnalysisRow).values(**key, status="done"))
    connection.execute(insert(FrameRow).values(**key, frame_index=0, timestamp_s=0.0, faces=len(probabilities)))
    box = {
        "x": 0.0,
        "y": 0.0,
        "width": 1.0,
        "height": 1.0,
        "size_px": 1.0,
        "detector_confidence": 1.0,
        "sharpness": 1.0,
    }
    connection.execute(
        insert(FaceRow),
        [
            key
            | box
            | {"frame_index": 0, "face_index": number, "confidence": float(seven.max())}
            | {"readable": _null(readable[number]), "is_face": _null(is_face[number])}
            | {f"p_{name}": float(value) for name, value in zip(EXPRESSIONS, seven, strict=True)}
            for number, seven in enumerate(probabilities)
        ],
    )


def _null(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


@pytest.mark.parametrize("min_confidence", [0.0, 0.2, 0.25, 1 / 3, 0.4, 0.5, 0.99])
@pytest.mark.parametrize(("min_readable", "min_is_face"), [(0.0, 0.0), (0.5, 0.25), (0.25, 0.5), (0.9, 0.9)])
def test_numpy_sql_and_the_view_say_the_same(
    tmp_path: Path, min_confidence: float, min_readable: float, min_is_face: float
):
    """Of equal probabilities the first is meant, a face of exactly a threshold passes it, and NULL passes all."""
    probabilities, (readable, is_face) = _probabilities(), _judgements()
    thresholds = Thresholds(min_confidence, min_readable, min_is_face)
    engine = connect(str(tmp_path / "a.db"), create=True)
    with engine.begin() as connection:
        _store(connection, probabilities, readable, is_face)
        in_sql = list(connection.scalars(select(label_column(thresholds)).order_by(FaceRow.face_index)))
        view = connection.execute(
            text("SELECT expression, confidence, readable, is_face FROM readings ORDER BY face_index")
        ).all()
    engine.dispose()

    found = [FACE_LABELS[number] for number in label_faces(probabilities, readable, is_face, thresholds)]

    assert found == in_sql
    assert found == [_say(*row, thresholds=thresholds) for row in view]
    as_float64 = label_faces(probabilities.astype(np.float64), readable, is_face, thresholds)
    assert found == [FACE_LABELS[number] for number in as_float64]


def _say(
    expression: str, confidence: float, readable: float | None, is_face: float | None, *, thresholds: Thresholds
) -> str:
    """The label of a row of the view, face by face."""
    if is_face is not None and is_face < thresholds.min_is_face:
        return NO_FACE
    if readable is not None and readable < thresholds.min_readable:
        return UNCLEAR
    return expression if confidence >= thresholds.min_confidence else UNDECIDED


def test_shares_are_of_the_first_eight():
    """The labels of readable faces begin those of all faces, so a position below eight is one in `LABELS`."""
    assert FACE_LABELS[:8] == LABELS
    assert FACE_LABELS[8:] == (UNCLEAR, NO_FACE)


def test_no_faces_have_no_labels():
    """An empty array is an answer, not an error."""
    assert label_faces(np.empty((0, 7), np.float32), np.empty(0), np.empty(0)).shape == (0,)


@pytest.mark.parametrize("name", ["min_confidence", "min_readable", "min_is_face"])
@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan")])
def test_a_threshold_is_a_probability(name: str, value: float):
    """At 1 no face would count; the message says which threshold it was."""
    with pytest.raises(UsageError, match=f"^{name}: expected a probability from 0 to below 1; found"):
        Thresholds(**{name: value})
