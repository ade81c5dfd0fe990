"""What is wrong with a row of a table of faces, and what to change: labels, pixels, their number, the split."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from pipeline.preprocessing import FACE_PX
from pipeline.records import EXPRESSIONS

from .faces import PRIVATE_TEST, PUBLIC_TEST, SPLITS, TRAINING
from .folders import find_label

if TYPE_CHECKING:
    from collections.abc import Mapping

NUMBERS = ", ".join(f"{number} {name}" for number, name in enumerate(EXPRESSIONS))
EXPECTED = f"expected {FACE_PX**2} whole numbers as pixels"
OTHER_SPLITS = {
    "train": TRAINING, "training": TRAINING, "tr": TRAINING,
    "val": PUBLIC_TEST, "valid": PUBLIC_TEST, "validation": PUBLIC_TEST, "publictest": PUBLIC_TEST, "dev": PUBLIC_TEST,
    "test": PRIVATE_TEST, "privatetest": PRIVATE_TEST, "testing": PRIVATE_TEST,
}  # fmt: skip


def explain_label(label: str) -> str:
    """What to write in place of a label that is none from 0 to 6; begins with a space, empty for another number."""
    if re.fullmatch(r"-?\d+", label):
        return ""
    number = find_label(label)
    if number is not None:
        return f" Write {number} in its place: {NUMBERS}."
    if re.fullmatch(r"[0-6]\.0*", label):
        return f" Write {label[0]}, a whole number."
    for mark, name in ((";", "Semicolons"), ("\t", "Tabs"), ("|", "Upright strokes")):
        if mark in label:
            return f" {name} stand between the columns: save the file with commas."
    if not label:
        return " Write it, or take the row out."
    return f" Write one of these: {NUMBERS}."


def explain_pixels(pixels: str) -> str:
    """What was expected of pixels that are no bytes between spaces, what was found, and what to change."""
    words = pixels.split()
    try:
        values = [int(word) for word in words]
    except ValueError:
        return f"{EXPECTED}; {_explain_text(pixels)}"
    return f"expected pixels from 0 to 255; found {min(values)} to {max(values)}. {_explain_range(min(values))}"


def _explain_text(pixels: str) -> str:
    numbers = _as_floats(pixels.split())
    if numbers is not None:
        return _explain_floats(numbers)
    if "..." in pixels or "…" in pixels:
        return (
            "found dots where numbers were left out. Write them all (NumPy: np.savetxt, or ' '.join(map(str, face)))."
        )
    for mark, name in (("[", "brackets"), ("(", "brackets"), (",", "commas"), (";", "semicolons"), ("\t", "tabs")):
        if mark in pixels:
            return f"found other text: {name}. Leave them away, and write the numbers with single spaces between them."
    strange = next(word for word in pixels.split() if not re.fullmatch(r"-?\d+", word))
    return f"found other text: {strange[:40]!r}. Write the grey levels, 0 to 255, with spaces between them."


def _as_floats(words: list[str]) -> list[float] | None:
    try:
        return [float(word) for word in words]
    except ValueError:
        return None


def _explain_floats(numbers: list[float]) -> str:
    if not all(map(math.isfinite, numbers)):
        return "found NaN or infinity. Write the grey levels, 0 to 255."
    low, high = min(numbers), max(numbers)
    found = f"found fractions from {low:g} to {high:g}."
    if high <= 1:
        how = "multiplied by 255" if low >= 0 else "brought back to 0 to 255"
        return f"{found} Write the grey levels, 0 to 255: {how} and rounded."
    return f"{found} Write them without a point, rounded."


def _explain_range(low: int) -> str:
    if low < 0:
        return "Undo what was taken off them: grey levels have none below 0."
    return "Write grey levels of 8 bits: of 16 bits divide them by 257."


def explain_count(count: int, row: Mapping[Any, Any]) -> str:
    """What so many pixels may be, and what to do; empty where nobody can say. Begins with a space."""
    if count <= 1 and len(row.get(None) or ()) > FACE_PX:  # csv keeps what has no column under None
        return " Commas stand between the others: write the pixels of a face in one column, with spaces between them."
    side = math.isqrt(count)
    if count == 3 * FACE_PX**2:
        return f" These are {FACE_PX} by {FACE_PX} in three colours: write them in grey, one number a pixel."
    if side >= 8 and side**2 == count:
        return (
            f" These are {side} by {side}: make each face {FACE_PX} by {FACE_PX}, or give pictures in a folder "
            "for each expression, which may have any size."
        )
    return ""


def explain_usage(split: str) -> str:
    """What to write in place of another word for a split; begins with a space."""
    known = OTHER_SPLITS.get(split.lower().replace(" ", "").replace("_", ""))
    if known:
        return f" Write {known} in its place."
    return "" if split else f" Write {SPLITS[0]}, or take the column out: all rows are Training then."
