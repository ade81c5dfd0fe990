"""What several workers give: frames a second of one and of two, and how soon and how large a second one is.

    python tests/benchmarks/workers.py FOLDER [--workers 1,2] [--fps 5] [--rounds 3]

The folder's videos are analysed by the real networks into a new database each time; rounds of each number of workers
take turns, as a machine's speed drifts. Memory is PSS of a worker and its decoder: what several share counts in parts.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from pipeline.batch import Request, analyze_all
from pipeline.events import ChunkStored
from pipeline.places.inputs import Input
from pipeline.settings import Sampling, SamplingMode, Settings


def children(pid: int) -> list[int]:
    """Processes that a process has started."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in path.read_text().split()]
    return found


def megabytes(pid: int) -> float:
    """What a process and those that it started have in memory; what several share counts in parts."""
    own = 0.0
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                own = int(line.split()[1]) / 1024
        return own + sum(megabytes(child) for child in children(pid))
    except OSError:
        return own


class Peaks(threading.Thread):
    """The most that any worker of this process takes, looked at ten times a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most: dict[int, float] = {}
        self.ended = threading.Event()

    def run(self) -> None:
        import os

        while not self.ended.wait(0.1):
            for pid in children(os.getpid()):
                self.most[pid] = max(self.most.get(pid, 0.0), megabytes(pid))


def measure(inputs: list[Input], workers: int, fps: float) -> tuple[float, float, list[float]]:
    """Frames a second, seconds to the first chunk, and megabytes of each process."""
    peaks = Peaks()
    peaks.start()
    frames = 0
    first: dict[Path, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(Sampling(SamplingMode.FPS, fps))
        request = Request(str(Path(folder) / "a.db"), settings, device="cpu", workers=workers)
        began = time.monotonic()
        for event in analyze_all(inputs, request):
            if isinstance(event, ChunkStored):
                first.setdefault(event.path, time.monotonic() - began)
                frames += event.frames
        seconds = time.monotonic() - began
    peaks.ended.set()
    return frames / seconds, min(first.values()), sorted(peaks.most.values(), reverse=True)


def main() -> None:
    """Print the figures of each number of workers, and their ratio to the first."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--fps", type=float, default=5.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    inputs = [Input(path) for path in sorted(options.folder.iterdir())]
    counts = [int(text) for text in options.workers.split(",")]
    speeds: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(options.rounds):
        for count in counts:
            speed, first_s, sizes = measure(inputs, count, options.fps)
            speeds[count].append(speed)
            told = ", ".join(f"{size:.0f}" for size in sizes)
            print(f"{count} workers: {speed:.1f} frames/s, first chunk after {first_s:.1f} s, processes {told} MB")
    base: Any = statistics.median(speeds[counts[0]])
    for count in counts:
        middle = statistics.median(speeds[count])
        print(f"{count} workers: {middle:.1f} frames/s in the middle, {middle / base:.2f} times {counts[0]}")


if __name__ == "__main__":
    main()
