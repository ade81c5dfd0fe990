"""Faces of the sample videos as they were accepted: boxes in golden/faces.json, crops side by side in golden/faces.png.

python tests/golden_faces.py        accept what is found and cut today; look at the picture before and after
"""

from __future__ import annotations

import json
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipeline.faces import Mtcnn
from pipeline.preprocessing import FACE_PX, crop_face
from pipeline.records import Face, Frame
from pipeline.settings import Sampling, SamplingMode
from pipeline.video.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.faces import FaceDetector
    from pipeline.records import Image

SAMPLES = Path(__file__).parent.parent / "sample_videos"
GOLDEN = Path(__file__).parent / "golden"
FRAMES_EACH = 3


@dataclass(frozen=True, slots=True)
class GoldenFace:
    """A face of a sampled frame; its box in hundredths of a pixel, so that the same crop is cut everywhere."""

    video: str
    frame: int
    x: float
    y: float
    width: float
    height: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width, height in pixels."""
        return self.x, self.y, self.width, self.height


def sample_frames(video: Path, count: int = FRAMES_EACH) -> list[Frame]:
    """So many frames of a video, evenly spread, as the project's reader gives them."""
    items = Reader(video).sample(Sampling(SamplingMode.FRAMES, count))
    return [item for item in items if isinstance(item, Frame) and item.image is not None]


def sample_images() -> dict[tuple[str, int], Image]:
    """The pictures that golden faces were found in, by video and frame."""
    return {
        (video.name, frame.index): frame.image
        for video in sorted(SAMPLES.glob("*.mp4"))
        for frame in sample_frames(video)
        if frame.image is not None
    }


def find_faces(images: dict[tuple[str, int], Image], detector: FaceDetector) -> list[GoldenFace]:
    """What the detector finds, from left to right within a frame."""
    return [
        GoldenFace(*place, *(round(side, 2) for side in astuple(face)[:4]))
        for place, image in images.items()
        for face in sorted(detector.detect(image[None])[0], key=lambda face: face.x)
    ]


def cut_faces(images: dict[tuple[str, int], Image], faces: Iterable[GoldenFace]) -> Image:
    """The crops of faces, uint8 (N, 48, 48)."""
    return np.stack([crop_face(images[face.video, face.frame], Face(*face.box, 1.0, ())) for face in faces])


def read_faces() -> list[GoldenFace]:
    """The accepted boxes."""
    return [GoldenFace(**face) for face in json.loads((GOLDEN / "faces.json").read_text("utf-8"))]


def read_crops() -> Image:
    """The accepted crops, uint8 (N, 48, 48)."""
    row = cv2.imdecode(np.frombuffer((GOLDEN / "faces.png").read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert row is not None
    return np.asarray(row, np.uint8).reshape(FACE_PX, -1, FACE_PX).transpose(1, 0, 2)


def accept() -> int:
    """Write down what is found and cut today; gives the number of faces."""
    images = sample_images()
    faces = find_faces(images, Mtcnn())
    row = np.concatenate(list(cut_faces(images, faces)), axis=1)
    GOLDEN.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(asdict(face)) for face in faces)
    (GOLDEN / "faces.json").write_text(f"[\n{lines}\n]\n", "utf-8")
    (GOLDEN / "faces.png").write_bytes(cv2.imencode(".png", row)[1].tobytes())
    return len(faces)


if __name__ == "__main__":
    print(f"{accept()} faces accepted in {GOLDEN}")  # noqa: T201 - a command
