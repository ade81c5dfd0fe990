"""The same rows, whoever computes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.inference.runtime import CPU, describe_device

SAME_PIXELS = Path(__file__).with_name("benchmarks") / "same_pixels.py"


@pytest.mark.slow
def test_damaged_videos_are_the_same_frames_on_any_number_of_cores(samples: Path):
    """One digest of numbers, times, problems and pixels for each clip; with a thread a core there were as many."""
    options = ["--clips", "2", "--repeats", "2", "--cores", "1,2"]
    command = [sys.executable, str(SAME_PIXELS), str(samples / "door.mp4"), *options]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "2 of 2 clips have one digest"), done.stdout


def test_a_run_says_what_it_was_computed_with():
    """The processor's instructions and the precision stand with the device: rows are equal among equals."""
    told = describe_device(CPU)

    assert told.startswith("cpu ")
    assert told.endswith(" float32")
    assert "," not in told
    assert describe_device("gpu:0") == "gpu:0"
