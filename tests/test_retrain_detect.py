"""Faces cut out of pictures by the detector of `analyze`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from fixtures_video import read_frames

from pipeline.faces import Mtcnn
from pipeline.preprocessing import crop_face
from pipeline.records import Face
from pipeline.settings import Sampling
from retrain.data import folders, loading
from retrain.data.detect import FaceCutter

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.records import Image

POINTS = ((0.0, 0.0),) * 5


class BrightSpots:
    """A detector that takes each white square for a face."""

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        """A face around each connected white area."""
        found = []
        for image in images:
            _, _, areas, _ = cv2.connectedComponentsWithStats((image[..., 0] > 200).astype(np.uint8))
            boxes = [(float(x), float(y), float(wide), float(high)) for x, y, wide, high, *_ in areas[1:]]
            found.append(tuple(Face(*box, 0.9, POINTS) for box in boxes))
        return found


def _picture(*squares: tuple[int, int, int]) -> Image:
    picture = np.full((200, 300, 3), 40, np.uint8)
    for left, top, side in squares:
        picture[top : top + side, left : left + side] = 250
        picture[top + side // 3 : top + side // 2, left + side // 4 : left + side // 2] = (250, 10, 60)
    return picture


def test_largest_face_is_cut_as_in_analyze():
    """Of two faces the larger one is cut, with the crop of `analyze`."""
    picture = _picture((20, 20, 40), (150, 50, 90))

    face = FaceCutter(BrightSpots()).cut(picture)

    expected = crop_face(picture, Face(150, 50, 90, 90, 0.9, POINTS))
    np.testing.assert_array_equal(face, expected)


def test_pictures_without_a_face_are_left_out_and_counted(tmp_path: Path):
    """Pictures in which no face is found are left out, and their number is said."""
    for name, picture in (("1", _picture((100, 60, 80))), ("2", _picture())):
        (tmp_path / "faces" / "happy").mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / "faces" / "happy" / f"{name}.png"), picture)

    rows, notes = folders.read(tmp_path / "faces", cutter=FaceCutter(BrightSpots()))

    assert [row.origin for row in rows] == ["faces/happy/1.png"]
    assert notes[0] == "faces: no face was found in 1 picture, which was left out."


def _frames(clip: Path, count: int) -> list[Image]:
    frames = [frame.image for frame in read_frames(clip, Sampling()) if frame.image is not None]
    return frames[:count]


@pytest.mark.shared
@pytest.mark.slow
def test_training_sees_what_analyze_sees(tmp_path: Path, shared: Path):
    """Pictures cut from real clips give, with the real detector, the very crops that `analyze` classifies; a picture
    without a face is left out and counted.
    """
    shown, empty = _frames(shared / "videos/single_face.mp4", 3), _frames(shared / "videos/no_face.mp4", 1)
    for label, pictures in (("happy", shown), ("neutral", empty)):
        (tmp_path / "faces" / label).mkdir(parents=True)
        for number, picture in enumerate(pictures):
            cv2.imwrite(str(tmp_path / "faces" / label / f"{number}.png"), picture[..., ::-1])

    data = loading.load(tmp_path / "faces", detect=True)

    found = Mtcnn().detect(np.stack(shown))
    assert [len(faces) for faces in found] == [1, 1, 1]
    expected = [crop_face(picture, faces[0]) for picture, faces in zip(shown, found, strict=True)]
    np.testing.assert_array_equal(data.faces, expected)
    assert set(data.labels) == {3}
    assert "faces: no face was found in 1 picture, which was left out." in data.notes
