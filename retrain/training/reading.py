"""What the head for readable faces is shown: faces that can be read, faces spoilt beyond reading, and no faces.

All kinds, and the share of each, stand here alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import DataError
from pipeline.preprocessing import FACE_PX

from ..data.clutter import draw_clutter
from ..data.covers import hand, mask
from ..data.damage import blur, compress, expose, resize, smear, turn_away
from .augment import CALM_VIEWS, augment

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pipeline.records import Image

    from ..data.faces import LabelledFaces

    Ruin = Callable[[Image, np.random.Generator], Image]

AGREED = 0.5
"""Share of all votes that one expression has in faces that are shown as readable, and that `no face` has in those shown
as no face. Pictures that annotators could not say anything of are left out: most of them are sharp, large faces with an
odd look, and with them the head judges shop faces worse (area under the curve 0.90, not 0.93)."""

RARE = 0.05
"""Share of the real pictures without a face, which are few, among those of their kind."""

FOUND = 0.3
"""Share of no faces that come from pictures and videos in which nobody is seen, where there are any."""

PIECES = 0.25
"""Share of no faces that are faces cut wrongly."""

PLACED = replace(CALM_VIEWS["spoilt"], covered=0.0, poor=None, contrast=0.0)
"""How pictures lie in their boxes: as training views do, without damage beside that drawn here."""


@dataclass(frozen=True, slots=True)
class Examples:
    """What the head learns from: uint8 (N, 48, 48), and whether each is readable and a face, bool (N,) each."""

    pictures: Image
    readable: NDArray[np.bool_]
    face: NDArray[np.bool_]

    @property
    def wanted(self) -> NDArray[np.bool_]:
        """Both answers of each picture, (N, 2), in the order of the head's logits."""
        return np.stack([self.readable, self.face], axis=1)


def draw_examples(faces: LabelledFaces, nobody: Image, count: int, seed: int) -> Examples:
    """So many pictures of each of three kinds.

    Args:
        faces: with votes: readable are those that more than half of all annotators give one expression.
        nobody: squares without a face, uint8 (M, 48, 48); may be empty.
        count: pictures of each kind.
        seed: of all draws.

    Raises:
        DataError: there are no votes.
    """
    agreed = faces.named * faces.votes.max(axis=1) > AGREED
    if not agreed.any():
        raise DataError(
            f"{faces.source}: expected FER+ votes, by which faces are known to be readable; found none. Name them with "
            "`ferplus`."
        )
    random = np.random.default_rng(seed)
    sound = faces.faces[agreed]
    faceless = faces.faces[faces.voted & (faces.faceless > AGREED)]
    kinds = (
        [mild_camera(_pick(sound, random), random) for _ in range(count)],
        [ruin(_pick(sound, random), random) for _ in range(count)],
        [_no_face(sound, faceless, nobody, random) for _ in range(count)],
    )
    pictures = [_place(np.stack(kind), random) for kind in kinds[:2]] + [np.stack(kinds[2])]
    return Examples(
        np.concatenate(pictures), np.repeat([True, False, False], count), np.repeat([True, True, False], count)
    )


def _place(pictures: Image, random: np.random.Generator) -> Image:
    return np.asarray(np.round(augment(pictures, FACE_PX, random, PLACED)), np.uint8)


def _pick(faces: Image, random: np.random.Generator) -> Image:
    return np.asarray(faces[int(random.integers(len(faces)))], np.uint8)


def mild_camera(face: Image, random: np.random.Generator, least_px: int = 16, most_px: int = 60) -> Image:
    """A face, uint8 (48, 48), as a shop's camera shows what can still be read; sides above 48 leave its pixels."""
    if random.random() < 0.3:
        face = blur(face, random.uniform(0.4, 1.2))
    if random.random() < 0.2:
        face = smear(face, random.uniform(1.5, 4), random.uniform(0, np.pi))
    side = int(np.exp(random.uniform(np.log(least_px), np.log(most_px))))
    light = random.uniform(0.15, 0.6) if random.random() < 0.3 else 1.0
    seen = expose(resize(face, min(side, FACE_PX)), random, light=light, noise=random.uniform(0, 3))
    if random.random() < 0.4:
        seen = compress(seen, int(random.integers(20, 60)))
    return resize(seen, FACE_PX)


def _few_pixels(face: Image, random: np.random.Generator) -> Image:
    return mild_camera(face, random, 6, 13)


def _out_of_focus(face: Image, random: np.random.Generator) -> Image:
    return mild_camera(blur(face, random.uniform(3, 6)), random, 14, 49)


def _moved(face: Image, random: np.random.Generator) -> Image:
    return mild_camera(smear(face, random.uniform(11, 20), random.uniform(0, np.pi)), random, 14, 49)


def _nearly_no_light(face: Image, random: np.random.Generator) -> Image:
    seen = resize(face, int(random.integers(12, 32)))
    return resize(expose(seen, random, light=random.uniform(0.02, 0.08), noise=random.uniform(2, 5)), FACE_PX)


def _faint(face: Image, random: np.random.Generator) -> Image:
    """Far away behind glass, haze or against the light: few pixels, and hardly any contrast between them."""
    seen = resize(blur(face, random.uniform(0.8, 2.5)), int(random.integers(9, 20)))
    veiled = 128 + (seen - seen.mean()) * random.uniform(0.08, 0.3) + random.uniform(-50, 50)
    seen = expose(np.asarray(veiled.round().clip(0, 255), np.uint8), random, light=1.0, noise=random.uniform(0, 3))
    return resize(compress(seen, int(random.integers(20, 60))) if random.random() < 0.5 else seen, FACE_PX)


def _masked(face: Image, random: np.random.Generator) -> Image:
    covered = face.copy()
    mask(covered, random)
    return mild_camera(covered, random, 14, 60)


def _behind_hands(face: Image, random: np.random.Generator) -> Image:
    covered = face.copy()
    hand(covered, random)
    hand(covered, random)
    return mild_camera(covered, random, 14, 60)


def _turned_away(face: Image, random: np.random.Generator) -> Image:
    turn = random.uniform(0.45, 0.75) * random.choice([-1, 1])
    return mild_camera(turn_away(face, turn, random.uniform(-0.2, 0.5)), random, 14, 60)


RUINS: dict[Ruin, float] = {
    _few_pixels: 0.25,
    _out_of_focus: 0.13,
    _moved: 0.09,
    _nearly_no_light: 0.09,
    _faint: 0.12,
    _masked: 0.17,
    _behind_hands: 0.06,
    _turned_away: 0.09,
}
"""Ways in which a face is spoilt beyond reading, and the share of each."""


def ruin(face: Image, random: np.random.Generator) -> Image:
    """A face, uint8 (48, 48), from which nobody could say an expression."""
    how = list(RUINS)[int(random.choice(len(RUINS), p=list(RUINS.values())))]
    return how(face, random)


def _no_face(sound: Image, faceless: Image, nobody: Image, random: np.random.Generator) -> Image:
    """A square of footage without faces, drawn clutter, a piece of a face, or what annotators called no face."""
    kind = random.random()
    if len(nobody) and kind < FOUND:
        square = _pick(nobody, random)
        return mild_camera(square[:, ::-1] if random.random() < 0.5 else square, random, 10, 60)
    if kind > 1 - PIECES:
        return mild_camera(piece(_pick(sound, random), random), random, 14, 60)
    if len(faceless) and random.random() < RARE:
        return mild_camera(_pick(faceless, random), random)
    return mild_camera(draw_clutter(random), random, 8, 60)


def piece(face: Image, random: np.random.Generator) -> Image:
    """A face, uint8 (48, 48), cut wrongly: a small part of it, on its side or head down, or half out of its box."""
    how = random.integers(3)
    if how == 0:
        side = int(random.integers(10, 20))
        left, top = random.integers(0, FACE_PX - side, 2)
        return resize(np.ascontiguousarray(face[top : top + side, left : left + side]), FACE_PX)
    if how == 1:
        return np.ascontiguousarray(np.rot90(face, int(random.integers(1, 4))))
    away = random.uniform(0.45, 0.75, 2) * random.choice([-1, 1], 2) * FACE_PX
    away[random.integers(2)] *= random.uniform(0, 1)
    rows, columns = (np.clip(np.arange(FACE_PX) - round(shift), 0, FACE_PX - 1) for shift in away)
    return np.ascontiguousarray(face[np.ix_(rows, columns)])
