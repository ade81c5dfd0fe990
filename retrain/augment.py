"""Random views of training faces, as FER-2013 and shop cameras would show them.

One view a step: for some faces what covers them (`retrain.covers`) and the damage of a shop camera, then mirror,
rotation, scale, shift and a bent head in a single warp, then contrast, then an erased rectangle (Zhong et al. 2020).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from .covers import cover

if TYPE_CHECKING:
    from pipeline.records import Floats, Image

    from .datasets import Labels


@dataclass(frozen=True, slots=True)
class PoorCamera:
    """Damage of a poor camera, many kinds at once: a dark picture is noisy, a small one badly compressed.

    Attributes:
        share: of the views that such a camera takes; the others show their picture as it is.
        small: probability that the face has but 14 to 40 pixels on the sensor, where noise and JPEG then act.
        blurred, moved: probability of a lens out of focus, and of a head that moves on while it is exposed.
        dark: probability of 8 to 50 % of the light, in whole grey levels with noise of 1 to 4 of them.
        noisy: probability of noise of 3 to 14 grey levels in good light.
        compressed: probability of JPEG at quality 15 to 40.
    """

    share: float = 0.5
    small: float = 0.45
    blurred: float = 0.25
    moved: float = 0.25
    dark: float = 0.4
    noisy: float = 0.25
    compressed: float = 0.45


@dataclass(frozen=True, slots=True)
class Augmentation:
    """How far random views may depart from the picture.

    Attributes:
        rotation_deg: largest rotation to either side.
        scale: largest relative enlargement or reduction.
        shift: largest shift, relative to the side.
        contrast: largest relative change of contrast and brightness.
        erase: probability of an erased rectangle.
        camera: probability of each kind of shop-camera damage (blur, few pixels, noise, JPEG).
        noise: largest standard deviation of a camera's noise, grey levels.
        mirror: show every other face mirrored.
        bend: largest keystone of a head that is bent or turned away: 0.15 makes one side 1.35 times the other.
        covered: probability of a mask, hand, cap or glasses.
        poor: the camera that takes a part of the views; None for none.
    """

    rotation_deg: float = 15.0
    scale: float = 0.15
    shift: float = 0.12
    contrast: float = 0.25
    erase: float = 0.35
    camera: float = 0.06
    noise: float = 14.0
    mirror: bool = True
    bend: float = 0.0
    covered: float = 0.0
    poor: PoorCamera | None = None


_PLAIN = Augmentation(rotation_deg=0.0, scale=0.0, shift=0.0, contrast=0.0, erase=0.0, camera=0.0, mirror=False)
_SPOILT = Augmentation(
    rotation_deg=8.0, scale=0.1, shift=0.06, contrast=0.2, erase=0.0, camera=0.0, bend=0.15, covered=0.12,
    poor=PoorCamera(),
)  # fmt: skip
_PAPER = Augmentation(rotation_deg=10.0, scale=0.1, shift=0.1, contrast=0.0, erase=0.0, camera=0.0)

VIEWS = {
    "shop": Augmentation(),
    "camera": Augmentation(rotation_deg=10.0, scale=0.1, shift=0.06, erase=0.1, camera=0.5, noise=30.0),
    "mirror": _PAPER,
    "none": _PLAIN,
    "spoilt": _SPOILT,
}
"""Ways of drawing views: for shop cameras; for poor cameras at night, whose damage fifteen faces of sixteen show;
mirror, turn, zoom and shift as in AIP391; the pictures as they are; for good and poor cameras alike,
with half of the views spoilt, and covered and bent heads."""

CALM_VIEWS = VIEWS | {
    "shop": Augmentation(rotation_deg=6.0, scale=0.06, shift=0.05, contrast=0.15, erase=0.0, camera=0.04),
    "spoilt": replace(_SPOILT, rotation_deg=6.0, scale=0.06, shift=0.05, contrast=0.15, bend=0.1, covered=0.08),
}
"""For a last phase close to the pictures as they are."""


def augment(faces: Image, crop_px: int, random: np.random.Generator, how: Augmentation) -> Floats:
    """Draw one random view of each face.

    Args:
        faces: uint8 (N, S, S), grey.
        crop_px: side of the views; at most S. Views keep the faces' scale: a smaller one sees less of the margin.
        random: source of all draws.
        how: limits of the draws.

    Returns:
        Grey levels, float32 (N, crop_px, crop_px).
    """
    return np.stack([_view(face, crop_px, random, how) for face in faces])


def mix(
    views: Floats, targets: Floats, votes: Floats, alpha: float, random: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    """Blend each view with another one of its batch, and what is learned of both alike (mixup; Zhang et al. 2018).

    Args:
        views: grey levels, float32 (B, C, C).
        targets: probabilities to be learned, float32 (B, 7).
        votes: shares of FER+ votes, float32 (B, 8). Where a row of the two is zeros (no votes), so is the blend's.
        alpha: parameter of the symmetric beta distribution of a view's share: the larger, the more even the blends.
        random: source of all draws.

    Returns:
        Views, targets and votes of the same shapes; each view is at least half of its blend.
    """
    share = random.beta(alpha, alpha, len(views)).astype(np.float32)
    share = np.maximum(share, 1 - share)
    other = random.permutation(len(views))
    voted = votes.max(axis=1) > 0
    return (
        _blend(views, other, share[:, None, None]),
        _blend(targets, other, share[:, None]),
        _blend(votes, other, share[:, None]) * (voted & voted[other])[:, None],
    )


def _blend(values: Floats, other: Labels, share: Floats) -> Floats:
    return share * values + (1 - share) * values[other]


def _view(face: Image, crop_px: int, random: np.random.Generator, how: Augmentation) -> Floats:
    if how.covered and random.random() < how.covered:
        face = cover(face, random)
    if how.camera:
        face = _through_camera(face, random, how)
    if how.poor and random.random() < how.poor.share:
        face = _through_poor_camera(face, random, how.poor)
    view = np.asarray(_place(face, crop_px, random, how), np.float32)
    gain, offset = random.uniform(-how.contrast, how.contrast, 2)
    view = np.asarray(np.clip((view - 127.5) * (1 + gain) + 127.5 * (1 + offset), 0, 255), np.float32)
    if random.random() < how.erase:
        _erase(view, random)
    return view


def _place(face: Image, crop_px: int, random: np.random.Generator, how: Augmentation) -> Image:
    """A picture turned, scaled, mirrored, shifted and bent into its view, uint8 (crop_px, crop_px)."""
    options: dict[str, Any] = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    side = (crop_px, crop_px)
    placed = _placement(face.shape[0], crop_px, random, how)
    if not how.bend:
        return np.asarray(cv2.warpAffine(face, placed, side, **options), np.uint8)
    bent = np.vstack([placed, [0, 0, 1]]) @ _keystone(face.shape[0], *random.uniform(-how.bend, how.bend, 2))
    return np.asarray(cv2.warpPerspective(face, bent, side, **options), np.uint8)


def _keystone(size: int, turn: float, bow: float) -> Floats:
    """The projective map, float64 (3, 3), of a flat face that turns to a side and bows around its centre.

    The nearer side is 1 / (1 - turn) of its size, the farther one 1 / (1 + turn), and the whole narrower.
    """
    centre = (size - 1) / 2
    to_unit = np.array([[1 / centre, 0, -1], [0, 1 / centre, -1], [0, 0, 1]])
    bent = np.array([[1 - abs(turn), 0, 0], [0, 1 - abs(bow), 0], [turn, bow, 1]])
    return np.asarray(np.linalg.inv(to_unit) @ bent @ to_unit)


def _placement(size: int, crop_px: int, random: np.random.Generator, how: Augmentation) -> Floats:
    """The affine map, float32 (2, 3), that turns, scales, mirrors and shifts a picture into its view."""
    angle = np.deg2rad(random.uniform(-how.rotation_deg, how.rotation_deg))
    scale = 1 + random.uniform(-how.scale, how.scale)
    mirror = -1.0 if how.mirror and random.random() < 0.5 else 1.0
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn[:, 0] *= mirror
    shift = random.uniform(-how.shift, how.shift, 2) * size
    offset = (crop_px - 1) / 2 + shift - turn @ np.full(2, (size - 1) / 2)
    return np.column_stack([turn, offset]).astype(np.float32)


def _through_camera(face: Image, random: np.random.Generator, how: Augmentation) -> Image:
    blurred, small, noisy, compressed = random.random(4) < how.camera
    face = film(
        face,
        random,
        blur_px=random.uniform(0.5, 1.6) if blurred else 0.0,
        size_px=int(random.integers(12, 40)) if small else face.shape[0],
        noise=random.uniform(3, how.noise) if noisy else 0.0,
    )
    return compress(face, int(random.integers(15, 60))) if compressed else face


def _through_poor_camera(face: Image, random: np.random.Generator, how: PoorCamera) -> Image:
    """A face, uint8 (S, S), as one poor camera leaves it, enlarged again."""
    side = face.shape[0]
    small, blurred, moved, dark, noisy, compressed = random.random(6) < (
        how.small, how.blurred, how.moved, how.dark, how.noisy, how.compressed,
    )  # fmt: skip
    if blurred:
        face = blur(face, random.uniform(0.5, 1.8))
    if moved:
        face = smear(face, random.uniform(2, 8), random.uniform(0, np.pi))
    seen = _resize(face, int(random.integers(14, 41))) if small else face
    light = random.uniform(0.08, 0.5) if dark else 1.0
    noise = random.uniform(1, 4) if dark else random.uniform(3, 14) if noisy else 0.0
    if dark or noise:
        seen = np.asarray(np.clip(np.round(light * seen + random.normal(0, noise, seen.shape)), 0, 255), np.uint8)
    return _resize(compress(seen, int(random.integers(15, 41))) if compressed else seen, side)


def film(face: Image, random: np.random.Generator, *, blur_px: float, size_px: int, noise: float) -> Image:
    """A face as a lens and a sensor with noise in each of its pixels leave it, enlarged again.

    Args:
        face: uint8 (S, S), grey.
        random: source of the noise.
        blur_px: standard deviation of the lens's blur in pixels of the picture; 0 for none.
        size_px: side of the face on the sensor, pixels.
        noise: standard deviation of the noise in each of these, grey levels; 0 for none.
    """
    seen = _resize(blur(face, blur_px) if blur_px else face, size_px)
    if noise:
        seen = np.asarray(np.clip(np.round(seen + random.normal(0, noise, seen.shape)), 0, 255), np.uint8)
    return _resize(seen, face.shape[0])


def shrink(face: Image, size_px: int) -> Image:
    """What is left of a face that was size_px wide in its frame: reduced by area, enlarged again."""
    return _resize(_resize(face, size_px), face.shape[0])


def _resize(face: Image, size_px: int) -> Image:
    smaller = size_px < face.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(face, (size_px, size_px), interpolation=how), np.uint8)


def blur(face: Image, sigma_px: float) -> Image:
    """Gaussian blur, as out of focus."""
    return np.asarray(cv2.GaussianBlur(face, (0, 0), sigma_px), np.uint8)


def smear(face: Image, length_px: float, angle: float) -> Image:
    """Motion blur along a line, its length in pixels and its angle to the rows in radians."""
    side = 2 * int(np.ceil(length_px / 2)) + 1
    middle = side // 2
    kernel = np.zeros((side, side), np.float32)
    along = np.linspace(-length_px / 2, length_px / 2, 4 * side)
    columns, rows = (np.rint(middle + part * along).astype(int) for part in (np.cos(angle), np.sin(angle)))
    np.add.at(kernel, (rows, columns), 1 / len(along))
    return np.asarray(cv2.filter2D(face, -1, kernel, borderType=cv2.BORDER_REPLICATE), np.uint8)


def compress(face: Image, quality: int) -> Image:
    """Through JPEG and back."""
    encoded = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE), np.uint8)


def _erase(view: Floats, random: np.random.Generator) -> None:
    size = view.shape[0]
    area = random.uniform(0.02, 0.2) * size * size
    ratio = np.exp(random.uniform(-1, 1))
    height = min(size, int(np.sqrt(area * ratio)) + 1)
    width = min(size, int(np.sqrt(area / ratio)) + 1)
    top, left = random.integers(0, size - height + 1), random.integers(0, size - width + 1)
    view[top : top + height, left : left + width] = random.uniform(0, 255)
