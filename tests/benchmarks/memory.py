"""Memory of the main job: over a long video, or over frames of all sizes.

    python tests/benchmarks/memory.py [--minutes 30] [--fps 2] [VIDEO]      default: the first sample video
    python tests/benchmarks/memory.py --sizes                               peaks from 64 by 64 pixels to 8K

The first repeats a clip to the wanted length and prints the resident set by minute. Both count the command and its
decoding child together, from /proc (Linux). The second needs ffmpeg.
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


def watch(video: Path, folder: Path, fps: float) -> tuple[list[tuple[float, float]], int]:
    """Analyse a video; seconds and megabytes until it is done, and the exit code."""
    command = [sys.executable, "-c", "from pipeline.cli import main; main()", "analyze", str(video), "--quiet"]
    began = time.monotonic()
    process = subprocess.Popen([*command, "--fps", str(fps), "--db", str(folder / f"{video.name}.db")])
    marks: list[tuple[float, float]] = []
    while process.poll() is None:
        marks.append((time.monotonic() - began, resident_mb(process.pid)))
        time.sleep(0.05)
    return marks, process.returncode


SIZES = {
    "64x64 flat": "color=gray:s=64x64",
    "1080p flat": "color=gray:s=1920x1080",
    "4K flat": "color=gray:s=3840x2160",
    "8K flat": "color=gray:s=7680x4320",
    "8K pattern": "testsrc2=s=7680x4320",
    "8K noise": "color=gray:s=7680x4320,noise=alls=100:allf=t",
}


def print_sizes() -> None:
    """Twelve frames of each size and kind, and the peak of each analysis; then as many of 8K full of faces."""
    faces = min((Path(__file__).resolve().parents[2] / "sample_videos").glob("*.mp4"))
    tiled = ["-ss", "2", "-i", str(faces), "-vf", "loop=11:1,scale=1280:720,tile=6x6:nb_frames=1,crop=7680:4320"]
    sources = {
        name: ["-f", "lavfi", "-i", f"{source}:r=10" if "," not in source else source] for name, source in SIZES.items()
    }
    for name, source in (sources | {"8K faces": tiled}).items():
        with tempfile.TemporaryDirectory() as folder:
            clip = Path(folder) / "clip.mp4"
            coding = [
                "-frames:v",
                "12",
                "-pix_fmt",
                "yuv420p",
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-threads",
                "1",
            ]
            subprocess.run(["ffmpeg", "-v", "error", *source, *coding, str(clip)], check=True)
            marks, code = watch(clip, Path(folder), 2.0)
            peak = max(mb for _, mb in marks)
            print(f"{name:12} {clip.stat().st_size / 1e6:8.2f} MB file, peak {peak:5.0f} MB, exit {code}")


def main() -> None:
    """Make the video, watch the command, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", nargs="?", type=Path)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--fps", type=float, default=2.0)
    parser.add_argument("--sizes", action="store_true")
    options = parser.parse_args()
    if options.sizes:
        print_sizes()
        return
    samples = Path(__file__).resolve().parents[2] / "sample_videos"
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.mp4"
        repeat(options.video or min(samples.glob("*.mp4")), long, options.minutes)
        marks, code = watch(long, Path(folder), options.fps)
    took = marks[-1][0]
    # A video minute is a share of the run: the start of the networks is left out of the scale, which is near enough.
    at_two = next((mb for seconds, mb in marks if seconds >= took * 2 / options.minutes), 0.0)
    last = max(mb for seconds, mb in marks if seconds >= took * 0.9)
    peak = max(mb for _, mb in marks)
    pace = options.minutes * 60 / took
    print(f"{options.minutes:g} min of video in {took:.0f} s ({pace:.1f} x real time), exit {code}")
    print(f"resident: {at_two:.0f} MB at minute 2, {last:.0f} MB at the end, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
