"""The rows of the sample videos are those that were accepted."""

from __future__ import annotations

from dataclasses import replace

import golden_rows
import pytest

from pipeline.store.fingerprints import ROWS_VERSION

ADVICE = (
    "The sample videos give other rows than those in {file}: raise ROWS_VERSION or explain.\n"
    "  raise    if the same video, settings and weights now mean other rows: ROWS_VERSION in\n"
    "           pipeline/store/fingerprints.py, then `python tests/golden_rows.py` accepts them\n"
    "  explain  if they should not have changed: find out why they did\n{changes}"
)


@pytest.mark.slow
def test_sample_videos_give_the_accepted_rows(samples: object):
    """Frames, boxes, confidences, probabilities, sharpness and pose, as far as processors agree on them."""
    version, accepted = golden_rows.read()

    changes = golden_rows.compare(golden_rows.compute(), accepted)

    assert not changes, ADVICE.format(file=golden_rows.GOLDEN.name, changes="\n".join(changes[:20]))
    assert version == ROWS_VERSION, "ROWS_VERSION was raised: `python tests/golden_rows.py` accepts the rows."


@pytest.mark.parametrize(
    ("column", "by", "differs"),
    [
        ("x", 0.3, False),
        ("x", 1.0, True),
        ("p_happy", 0.01, False),
        ("p_happy", 0.05, True),
        ("sharpness", 200.0, True),
        ("tilt", 1.0, False),
        ("nod", 0.2, True),
    ],
)
def test_small_differences_are_processors_and_large_ones_are_changes(column: str, by: float, differs: bool):
    """A box may move by half a pixel and a probability by two hundredths, no more."""
    _, accepted = golden_rows.read()
    row = next(row for row in accepted if row.numbers)
    at = golden_rows.NUMBERS.index(column)
    moved = replace(row, numbers=(*row.numbers[:at], row.numbers[at] + by, *row.numbers[at + 1 :]))

    assert golden_rows.compare([moved], [row]) == ([f"{row.key}: {column}"] if differs else [])


def test_a_face_that_is_gone_and_one_that_is_new_are_told():
    """Rows are compared by video, frame and face."""
    _, (first, second, *_) = golden_rows.read()

    assert golden_rows.compare([first], [second]) == sorted([f"{second.key}: not there any more", f"{first.key}: new"])
