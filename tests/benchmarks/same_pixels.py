"""Are the same damaged files the same frames, whoever decodes them? One digest for each clip is wanted.

    python tests/benchmarks/same_pixels.py VIDEO... [--clips 12] [--repeats 20] [--cores 1,2] [--seed 1]

Each clip is a video with flipped bits. It is decoded again and again by processes that have one core, two and so on;
the digest is over every frame's number, time, problem and pixels.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline.errors import VideoError
from pipeline.records import Frame
from pipeline.video.reader import Reader


def damage(source: Path, target: Path, rng: random.Random) -> Path:
    """A copy with bits flipped behind its first tenth, where the pictures are."""
    content = bytearray(source.read_bytes())
    for _ in range(rng.choice((3, 20, 60))):
        content[rng.randrange(len(content) // 10, len(content) * 9 // 10)] ^= 1 << rng.randrange(8)
    target.write_bytes(content)
    return target


def digest(path: Path) -> str:
    """Of all that reading a file gives."""
    seen = hashlib.sha256()
    try:
        for item in Reader(path).sample(None):
            if isinstance(item, Frame):
                seen.update(repr((item.index, item.timestamp_s, item.problem)).encode())
                seen.update(b"" if item.image is None else item.image.tobytes())
            else:
                seen.update(repr(item).encode())
    except VideoError as error:
        seen.update(str(error).encode())
    return seen.hexdigest()[:16]


def decode_on(cores: int, repeats: int, paths: list[Path]) -> list[set[str]]:
    """Digests of each clip, found by a process that may use so many cores."""
    command = [sys.executable, __file__, "--child", str(cores), "--repeats", str(repeats), *map(str, paths)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [set(line.split()) for line in lines]


def main() -> int:
    """Print each clip's digests; 1 if one has several."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path, nargs="+")
    parser.add_argument("--clips", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument(
        "--cores", default=",".join(str(1 << power) for power in range(8) if 1 << power <= os.cpu_count())
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.child])
        for path in options.videos:
            print(*(digest(path) for _ in range(options.repeats)))
        return 0
    rng = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        sources = [options.videos[number % len(options.videos)] for number in range(options.clips)]
        clips = [damage(one, Path(folder) / f"{at}{one.suffix}", rng) for at, one in enumerate(sources)]
        found = [decode_on(int(cores), options.repeats, clips) for cores in options.cores.split(",")]
    several = 0
    for source, *digests in zip(sources, *found, strict=True):
        all_of_them = set().union(*digests)
        several += len(all_of_them) > 1
        print(f"{source.name}: {len(all_of_them)} digests; by cores {[len(one) for one in digests]}")
    print(f"{len(clips) - several} of {len(clips)} clips have one digest")
    return int(several > 0)


if __name__ == "__main__":
    sys.exit(main())
