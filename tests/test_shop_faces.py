"""The benchmark on rated shop faces: it finds the faces that were rated, and scores them as it says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from benchmarks.shop_faces import CANDIDATES, analyse, cover, describe, find_clips, fit_concentration, measure
from fixtures_reports import card

from pipeline.records import EXPRESSIONS
from reports.numbers.audited import NOT_FOUND
from reports.numbers.misreading import response_of

if TYPE_CHECKING:
    from pathlib import Path

CLIP = "single_face.mp4"


@pytest.mark.shared
@pytest.mark.slow
def test_rated_faces_of_a_clip_are_found_and_scored(tmp_path: Path, shared: Path) -> None:
    """Each rated face of a small clip is matched, perfect readings score 100 %, and unread ones count as left out."""
    rated = json.loads((shared / "data" / "shop_faces" / "labels.json").read_text("utf-8"))["faces"]
    labels = tmp_path / "labels.json"
    faces = [face for face in rated if face["video"] == CLIP]
    labels.write_text(json.dumps({"faces": faces}), "utf-8")
    clips, missing = find_clips(labels, [shared / "videos"])
    analyse(clips, str(tmp_path / "rows.db"))

    measured = measure(str(tmp_path / "rows.db"), labels)
    audited = measured.audited
    perfect = "\n".join(describe(replace(audited, read=audited.said)))
    unread = "\n".join(describe(replace(audited, read=np.full(len(faces), NOT_FOUND))))
    found = cover(measured)

    assert ([clip.name for clip in clips], missing) == ([CLIP], [])
    assert len(audited) == len(faces)
    assert (audited.read != NOT_FOUND).all()
    assert "given an expression 100.0%, of those right 100.0%" in perfect
    assert "distance 0.0 points" in perfect
    assert f"not found by analyze: {len(faces)}" in unread
    assert "given an expression 0.0%" in unread
    assert found.pairs == len(EXPRESSIONS)
    assert found.inside == pytest.approx(1 - len(found.missed) / found.pairs)
    assert 0 < found.width < 1


def test_the_concentration_of_made_up_cameras_is_found() -> None:
    """Of cameras drawn with a concentration the likeliest candidate is near it."""
    generator, model = np.random.default_rng(2), card()
    response = response_of(model, 5.0)
    assert response
    cameras = [[generator.multinomial(40, generator.dirichlet(row)) for row in response.weights] for _ in range(40)]

    likely = fit_concentration(model, [np.array(rows, np.float64) for rows in cameras]).sum(axis=0)

    assert 4.0 <= CANDIDATES[int(likely.argmax())] <= 6.0
