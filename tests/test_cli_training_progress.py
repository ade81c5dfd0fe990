"""What a training run shows of itself: lines at intervals with figures and the time left, and a bar that resumes."""

from __future__ import annotations

import pytest

from retrain.cli.progress import Bar, Lines, Pace
from retrain.training.progress import EpochResult, StepResult


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _step(epoch: int, step: int) -> StepResult:
    return StepResult(epoch, epochs=10, step=step, steps=100, loss=1.2345, accuracy=0.5, rate=0.08)


RESULT = EpochResult(1, 10, 1.2, 0.5, 0.6, 0.6, 0.08, 300.0)


def test_a_long_epoch_prints_a_line_a_minute(capsys: pytest.CaptureFixture[str]):
    """Off a terminal no more than a line a minute tells step, loss, accuracy, rate and time left."""
    clock = Clock()
    lines = Lines(1, clock)

    for step in range(1, 101):
        lines.step(_step(1, step))
        clock.now += 2.0
    lines.epoch(RESULT)

    said = capsys.readouterr().err.splitlines()
    assert said[0] == "epoch 1/10  step 31/100  loss 1.234  training 50.0%  rate 0.08  32 min left"
    assert [line.split()[3] for line in said[:-1]] == ["31/100", "61/100", "91/100"]
    assert said[-1].startswith("epoch 1/10  loss 1.200  training 50.0%  held out 60.0%")
    assert said[-1].endswith("30 min left")


def test_a_resumed_run_counts_what_was_done(capsys: pytest.CaptureFixture[str]):
    """A run resumed in epoch 7 of 10 starts its bar at 60 %, takes only new steps for its speed, and ends at 100 %."""
    clock = Clock()
    bar = Bar(1, clock)

    bar.step(_step(7, 1))
    begun = bar.bar.tasks[0].percentage
    clock.now += 99.0
    bar.step(_step(7, 100))
    left = bar.bar.tasks[0].fields["left"]
    bar.step(_step(10, 100))

    assert begun == pytest.approx(60.1)
    assert left == "5 min left"
    assert bar.bar.tasks[0].percentage == pytest.approx(100)
    assert bar.bar.tasks[0].fields["left"] == ""


def test_folds_share_one_bar(capsys: pytest.CaptureFixture[str]):
    """In the second of four runs a quarter is behind, and the first words say which run it is."""
    bar = Bar(4, Clock())

    bar.fold(2)
    bar.step(_step(5, 100))

    assert bar.bar.tasks[0].percentage == pytest.approx(37.5)
    assert "fold 2/4" in capsys.readouterr().err


@pytest.mark.parametrize(("seconds", "words"), [(0.5, "50 s left"), (10, "17 min left"), (100, "2 h 47 min left")])
def test_time_left_is_in_plain_words(seconds: float, words: str):
    """The time left is in seconds, minutes or hours, whichever a person would say."""
    clock = Clock()
    pace = Pace(1, clock)

    pace.take(_step(9, 99))
    clock.now += seconds
    pace.take(_step(9, 100))

    assert pace.left == words
