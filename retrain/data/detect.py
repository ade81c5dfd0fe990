"""Training faces cut by the detector and the crop of `analyze`, so that training sees what inference sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.faces import Mtcnn
from pipeline.preprocessing import crop_face

if TYPE_CHECKING:
    from pipeline.faces import FaceDetector
    from pipeline.records import Image


class FaceCutter:
    """Finds the largest face of a picture and cuts it out."""

    def __init__(self, detector: FaceDetector | None = None) -> None:
        """Open the detector of `analyze`, or take another."""
        self._detector = detector or Mtcnn()

    def cut(self, picture: Image) -> Image | None:
        """The largest face of a picture, uint8 (H, W, 3), RGB → grey uint8 (48, 48); None where no face is found."""
        (faces,) = self._detector.detect(picture[None])
        if not faces:
            return None
        return crop_face(picture, max(faces, key=lambda face: face.width * face.height))
