"""A recording of a whole day: what listing its frames costs, and what is decoded again when a run goes on.

    python tests/benchmarks/day_long.py [--hours 24] [--resume-at HOUR]

The file has tiny pictures, 25 a second, a key frame every two seconds, and is made with ffmpeg. Time is processor time.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pipeline.records import Frame
from pipeline.settings import Sampling
from pipeline.video.reader import Reader

FPS = 25
PART_S = 600


def make(folder: Path, hours: float) -> Path:
    """Ten minutes, encoded once and repeated without decoding."""
    part, whole = folder / "part.mp4", folder / "whole.mp4"
    picture = ["-f", "lavfi", "-i", f"testsrc=size=64x64:rate={FPS}", "-t", str(PART_S), "-pix_fmt", "yuv420p"]
    encoder = ["-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", str(2 * FPS)]
    subprocess.run(["ffmpeg", "-v", "error", *picture, *encoder, part], check=True)
    loops = str(max(round(hours * 3600 / PART_S), 1) - 1)
    subprocess.run(["ffmpeg", "-v", "error", "-stream_loop", loops, "-i", part, "-c", "copy", whole], check=True)
    return whole


def peak_mb() -> float:
    """The most memory that this process had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def go_on(video: Path, hour: float) -> tuple[int, float]:
    """Packets that are decoded, and seconds of processor time, before the first frame that a killed run lacks."""
    rule, packets = Sampling(), 0

    def count() -> None:
        nonlocal packets
        packets += 1

    Reader(video).timeline()
    stored = round(hour * 3600 * rule.value)
    began = time.process_time()
    first = next(item for item in Reader(video, count).sample(rule, stored) if isinstance(item, Frame))
    spent_s = time.process_time() - began
    print(f"goes on at {first.timestamp_s / 3600:.3f} h")
    return packets, spent_s


def main() -> int:
    """Print frames, seconds and megabytes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--resume-at", type=float, metavar="HOUR")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        video = make(Path(folder), asked.hours)
        before_mb, began = peak_mb(), time.process_time()
        frames = len(Reader(video).timeline())
        spent_s = time.process_time() - began
        print(f"{frames} frames listed in {spent_s:.1f} s; {peak_mb() - before_mb:.0f} MB on top of {before_mb:.0f} MB")
        if asked.resume_at is not None:
            packets, spent_s = go_on(video, asked.resume_at)
            print(f"{packets} packets decoded again in {spent_s:.1f} s, {packets / FPS / 3600:.2f} h of the recording")
    return 0


if __name__ == "__main__":
    sys.exit(main())
