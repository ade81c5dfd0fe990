"""Memory over a long video: repeats a clip to the wanted length, analyses it, and prints the resident set by minute.

    python tests/benchmarks/memory.py [--minutes 30] [--fps 2] [VIDEO]      default: the first sample video

Counts the command and its decoding child together, from /proc (Linux).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av


def repeat(source: Path, target: Path, minutes: float) -> None:
    """Copy the clip's packets again and again, without decoding."""
    with av.open(str(target), "w") as output:
        stream, offset = None, 0
        while stream is None or offset * stream.time_base < minutes * 60:
            with av.open(str(source)) as clip:
                video = clip.streams.video[0]
                stream = stream or output.add_stream_from_template(video)
                last = 0
                for packet in clip.demux(video):
                    if packet.dts is None:
                        continue
                    last = max(last, packet.pts + (packet.duration or 0))
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    packet.stream = stream
                    output.mux(packet)
                offset += last


def resident_mb(pid: int) -> float:
    """The process and its children, MB."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    total = 0.0
    for each in (pid, *map(int, children)):
        try:
            lines = Path(f"/proc/{each}/status").read_text().splitlines()
        except FileNotFoundError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024
    return total


def main() -> None:
    """Make the video, watch the command, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", nargs="?", type=Path)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--fps", type=float, default=2.0)
    options = parser.parse_args()
    samples = Path(__file__).resolve().parents[2] / "sample_videos"
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.mp4"
        repeat(options.video or min(samples.glob("*.mp4")), long, options.minutes)
        command = [sys.executable, "-c", "from pipeline.cli import main; main()", "analyze", str(long), "--quiet"]
        began = time.monotonic()
        process = subprocess.Popen([*command, "--fps", str(options.fps), "--db", f"{folder}/rows.db"])
        marks: list[tuple[float, float]] = []
        while process.poll() is None:
            marks.append((time.monotonic() - began, resident_mb(process.pid)))
            time.sleep(0.5)
    took = time.monotonic() - began
    # A video minute is a share of the run: the start of the networks is left out of the scale, which is near enough.
    at_two = next((mb for seconds, mb in marks if seconds >= took * 2 / options.minutes), 0.0)
    last = max(mb for seconds, mb in marks if seconds >= took * 0.9)
    peak = max(mb for _, mb in marks)
    pace = options.minutes * 60 / took
    print(f"{options.minutes:g} min of video in {took:.0f} s ({pace:.1f} x real time), exit {process.returncode}")
    print(f"resident: {at_two:.0f} MB at minute 2, {last:.0f} MB at the end, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
