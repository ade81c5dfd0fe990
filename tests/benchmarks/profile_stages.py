"""What each stage costs for a sampled frame: decoding, the cascade's parts, expressions; all in one process.

    python tests/benchmarks/profile_stages.py [--fps 2 | --keyframes] [VIDEO...]      default: the sample videos

Two clocks: by the wall, which is what a user waits for, and the processor's time over all threads, which also tells
what runs on several cores, and hardly depends on what else the machine does.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.analyze import Stages, analyze
from pipeline.expressions import NetworkClassifier
from pipeline.faces import Mtcnn
from pipeline.models.folder import find_model
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.video.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.inference.graphs import Network
    from pipeline.records import End, Frame

FUNCTIONS = {
    "decoding": {"decode_frames"},
    "pyramid": {"_pyramid", "build_pyramid"},
    "P-Net": {"run_pnet"},
    "suppression": {"suppress", "drop_nested"},
    "patches": {"_cut"},
    "R-Net": {"run_rnet"},
    "O-Net": {"run_onet"},
    "expressions": {"read_faces"},
}
"""Stages, and the functions whose time, with all that they call, is theirs."""


def decode_frames(path: Path, settings: Settings) -> Iterator[Frame | End]:
    """The sampled frames, decoded in this process."""
    yield from Reader(path).sample(settings.sampling)


def named(name: str, network: Network) -> Network:
    """The same network under a name of its own, by which the profiler knows it."""
    space: dict[str, Any] = {"network": network}
    exec(f"def {name}(batch):\n    return network(batch)", space)
    found: Network = space[name]
    return found


def profile(videos: list[Path], settings: Settings, stages: Stages, timer: Callable[[], float]) -> dict[str, float]:
    """Seconds of each stage, of everything, and the number of frames."""
    profiler = cProfile.Profile(timer)
    frames = 0
    began = timer()
    profiler.enable()
    for path in videos:
        for chunk in analyze(decode_frames(path, settings), stages):
            frames += len(chunk) if isinstance(chunk, list) else 0
    profiler.disable()
    total = timer() - began
    statistics: Any = pstats.Stats(profiler)
    found = dict.fromkeys(FUNCTIONS, 0.0)
    for (_, _, function), (*_, cumulative, _) in statistics.stats.items():
        for stage, functions in FUNCTIONS.items():
            found[stage] += cumulative if function in functions else 0
    return found | {"the rest": total - sum(found.values()), "together": total, "frames": frames}


def main() -> None:
    """Parse, warm up, profile twice, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--fps", type=float, default=2.0)
    parser.add_argument("--keyframes", action="store_true", help="key frames only")
    options = parser.parse_args()
    samples = Path(__file__).resolve().parents[2] / "sample_videos"
    videos = options.videos or sorted(samples.glob("*.mp4"))
    mode = SamplingMode.KEYFRAMES if options.keyframes else SamplingMode.FPS
    settings = Settings(sampling=Sampling(mode, 0.0 if options.keyframes else options.fps))
    detector = Mtcnn(min_face_px=settings.min_face_px, threshold=settings.face_threshold)
    for name in ("pnet", "rnet", "onet"):
        setattr(detector, f"_{name}", named(f"run_{name}", getattr(detector, f"_{name}")))
    stages = Stages(detector, NetworkClassifier(find_model()))
    profile(videos[:1], settings, stages, time.perf_counter)
    wall = profile(videos, settings, stages, time.perf_counter)
    processor = profile(videos, settings, stages, time.process_time)
    frames = wall.pop("frames")
    print(f"{len(videos)} videos, {frames} sampled frames; milliseconds a frame, by the wall / of the processor")
    for stage, seconds in wall.items():
        print(f"{stage:12} {seconds / frames * 1000:8.1f} {processor[stage] / frames * 1000:8.1f}")


if __name__ == "__main__":
    main()
