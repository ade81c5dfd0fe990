"""Times the main job against the plain loop over frames with mtcnn, and against decoding alone; all in one run.

    python tests/benchmarks/end_to_end.py [--fps 2 | --keyframes] [VIDEO...]      default: the sample videos

Every way sees the same sampled frames of the same videos. Run it on a quiet machine; the ratios are what counts.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.analyze import Stages, analyze
from pipeline.batch import Request, analyze_all
from pipeline.events import Outcome
from pipeline.models.folder import find_model
from pipeline.places.inputs import Input
from pipeline.preprocessing import crop_face
from pipeline.records import End, Face, Frame
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.video.reader import Reader, probe
from pipeline.work import open_stages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.expressions import ExpressionClassifier


def main_job(videos: list[Path], settings: Settings, stages: Stages) -> tuple[int, int]:
    """The product: decoding in a child, batches, rows in a database."""
    with tempfile.TemporaryDirectory() as folder:
        request = Request(f"{folder}/rows.db", settings, device="cpu")
        events = analyze_all([Input(path) for path in videos], request, lambda *_: stages)
        outcomes = [event for event in events if isinstance(event, Outcome)]
    return sum(outcome.frames for outcome in outcomes), sum(outcome.faces for outcome in outcomes)


def stages_alone(videos: list[Path], settings: Settings, stages: Stages) -> tuple[int, int]:
    """The stages in this process, without the child and the database."""
    chunks = (
        chunk
        for path in videos
        for chunk in analyze(Reader(path).sample(settings.sampling), stages)
        if not isinstance(chunk, End)
    )
    counts = [(len(chunk), sum(len(frame.readings) for frame in chunk)) for chunk in chunks]
    return sum(frames for frames, _ in counts), sum(faces for _, faces in counts)


def sample(path: Path, settings: Settings) -> Iterator[Frame]:
    """The sampled frames, decoded in this process."""
    return (frame for frame in Reader(path).sample(settings.sampling) if isinstance(frame, Frame))


def mtcnn_loop(videos: list[Path], settings: Settings, classifier: ExpressionClassifier) -> tuple[int, int]:
    """What people write: mtcnn frame by frame, the classifier face by face."""
    from mtcnn import MTCNN

    detector = MTCNN()
    frames = faces = 0
    for path in videos:
        for frame in sample(path, settings):
            frames += 1
            for found in detector.detect_faces(frame.image):
                left, top, width, height = map(float, found["box"])
                box = Face(left, top, width, height, found["confidence"], ())
                if min(box.width, box.height) >= settings.min_face_px:
                    faces += 1
                    classifier.classify(crop_face(frame.image, box)[None])
    return frames, faces


def decoding_alone(videos: list[Path], settings: Settings) -> tuple[int, int]:
    """Sampled frames to RGB, nothing else."""
    return sum(1 for path in videos for _ in sample(path, settings)), 0


def timed(way: Callable[[], tuple[int, int]]) -> tuple[float, int, int]:
    began = time.perf_counter()
    frames, faces = way()
    return time.perf_counter() - began, frames, faces


def main() -> None:
    """Parse, warm up, time each way once, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--fps", type=float, default=2.0)
    parser.add_argument("--keyframes", action="store_true", help="key frames only, in place of --fps")
    options = parser.parse_args()
    samples = Path(__file__).resolve().parents[2] / "sample_videos"
    videos = options.videos or sorted(samples.glob("*.mp4"))
    sampling = Sampling(SamplingMode.KEYFRAMES, 0.0) if options.keyframes else Sampling(SamplingMode.FPS, options.fps)
    settings = Settings(sampling=sampling)
    seconds = sum(probe(path).duration_s or 0 for path in videos)
    stages = open_stages(settings, find_model(), "cpu")
    stages_alone(videos[:1], settings, stages)
    ways = {
        "fer-video, main job": lambda: main_job(videos, settings, stages),
        "fer-video, stages alone": lambda: stages_alone(videos, settings, stages),
        "mtcnn frame by frame": lambda: mtcnn_loop(videos, settings, stages.classifier),
        "decoding alone": lambda: decoding_alone(videos, settings),
    }
    results = {name: timed(way) for name, way in ways.items()}
    print(f"{len(videos)} videos, {seconds:.0f} s, sampled: {sampling}; networks warm")
    for name, (took, frames, faces) in results.items():
        print(
            f"{name:24} {took:7.2f} s  {frames / took:7.1f} frames/s  {seconds / took:6.1f} x real time  {faces} faces"
        )
    ours = results["fer-video, main job"][0]
    print(f"main job against the mtcnn loop: {results['mtcnn frame by frame'][0] / ours:.1f} times as fast")
    print(f"main job against decoding alone: {ours / results['decoding alone'][0]:.1f} times the time")


if __name__ == "__main__":
    main()
