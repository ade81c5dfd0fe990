"""The shape of pixels, and the size at which a picture has square ones. Nothing here knows a decoder."""

from __future__ import annotations

from fractions import Fraction

MAX_PIXELS = 7680 * 4320
"""8K. A few bytes can ask for gigabytes; a larger frame is refused before it is decoded."""

SQUARE = Fraction(1)

SLACK = Fraction(1, 100)
"""Pixels so near to square are taken as square: encoders write 135:136 for 1088 lines, displays 4319:4320, and
resampling would blur more than a face gains."""

WIDEST = 8
"""A pixel that is longer than that in one direction is an error in the file."""


def square_size(width: int, height: int, aspect: Fraction) -> tuple[int, int]:
    """The size at which a picture has square pixels: the direction that is too short is enlarged, so nothing is lost.

    Args:
        width: pixels as stored.
        height: pixels as stored.
        aspect: width of a pixel as shown over its height.
    """
    wide = (round(width * aspect), height) if aspect > 1 else (width, round(height / aspect))
    if wide[0] * wide[1] <= MAX_PIXELS:
        return wide
    return (width, max(round(height / aspect), 1)) if aspect > 1 else (max(round(width * aspect), 1), height)


def sane(aspect: Fraction) -> Fraction:
    """The shape of pixels, 1 where it is next to square or absurd."""
    return SQUARE if is_absurd(aspect) or not differ(aspect, SQUARE) else aspect


def is_absurd(aspect: Fraction) -> bool:
    """Whether no camera has such pixels."""
    return not Fraction(1, WIDEST) <= aspect <= WIDEST


def differ(one: Fraction, other: Fraction) -> bool:
    """Whether two shapes are further apart than encoders round."""
    return abs(one - other) > SLACK * max(one, other)


def colon(aspect: Fraction) -> str:
    """A shape as people write it, such as 64:45."""
    return f"{aspect.numerator}:{aspect.denominator}"
