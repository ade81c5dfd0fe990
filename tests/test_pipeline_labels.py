"""Labels: decided when rows are read, and the same in numpy, in SQL and in the view for people."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import insert, select, text

from pipeline.errors import UsageError
from pipeline.labels import LABELS, check_min_confidence, label_faces
from pipeline.records import EXPRESSIONS, UNKNOWN
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


def _store(connection: Connection, probabilities: NDArray[np.float32]) -> None:
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
            | {f"p_{name}": float(value) for name, value in zip(EXPRESSIONS, seven, strict=True)}
            for number, seven in enumerate(probabilities)
        ],
    )


@pytest.mark.parametrize("min_confidence", [0.0, 0.2, 0.25, 1 / 3, 0.4, 0.5, 0.99])
def test_numpy_sql_and_the_view_say_the_same(tmp_path: Path, min_confidence: float):
    """Of equal probabilities the first is meant; a face of exactly the threshold has its expression."""
    probabilities = _probabilities()
    engine = connect(str(tmp_path / "a.db"), create=True)
    with engine.begin() as connection:
        _store(connection, probabilities)
        in_sql = list(connection.scalars(select(label_column(min_confidence)).order_by(FaceRow.face_index)))
        view = connection.execute(text("SELECT expression, confidence FROM readings ORDER BY face_index")).all()
    engine.dispose()

    found = [LABELS[number] for number in label_faces(probabilities, min_confidence)]

    assert found == in_sql
    assert found == [expression if confidence >= min_confidence else UNKNOWN for expression, confidence in view]
    assert found == [LABELS[number] for number in label_faces(probabilities.astype(np.float64), min_confidence)]


def test_no_faces_have_no_labels():
    """An empty array is an answer, not an error."""
    assert label_faces(np.empty((0, 7), np.float32), 0.4).shape == (0,)


@pytest.mark.parametrize("value", [-0.1, 1.0, float("nan")])
def test_a_threshold_is_a_probability(value: float):
    """At 1 every face would be unknown."""
    with pytest.raises(UsageError, match="a probability from 0 to below 1; found"):
        check_min_confidence(value)
