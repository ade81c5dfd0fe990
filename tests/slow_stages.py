"""Networks that are none and take their time, for worker processes: they can be sent by name."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from fakes import FakeClassifier, FakeDetector, read_number

from pipeline.analyze import Stages
from pipeline.errors import ModelError


class SlowDetector(FakeDetector):
    """So many milliseconds a frame; a frame with a number that is asked for ends the process, so many times."""

    def detect(self, images):
        time.sleep(float(os.environ.get("SLOW_MS", "2")) / 1000 * len(images))
        poison = os.environ.get("POISON")
        if poison:
            number, times, folder = poison.split(":")
            marks = Path(folder)
            if int(number) in {read_number(image) for image in images} and len(list(marks.iterdir())) < int(times):
                (marks / str(time.monotonic_ns())).touch()
                os.kill(os.getpid(), signal.SIGSEGV)
        return super().detect(images)


def slow_stages(*_: object) -> Stages:
    """The stages."""
    return Stages(SlowDetector(), FakeClassifier())


def no_stages(*_: object) -> Stages:
    """A model that cannot be opened."""
    raise ModelError("changed since it was published")


def broken_stages(*_: object) -> Stages:
    """A defect of ours."""
    raise KeyError("forgotten")
