"""A value with its interval as a mark; where the interval says next to nothing, the mark does in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..numbers.known import is_known
from .charts import Mark

if TYPE_CHECKING:
    from ..words.words import Words

Bounds = tuple[float | None, float | None]


def make_mark(key: str, value: float, bounds: Bounds, texts: tuple[str, str], words: Words) -> Mark:
    """A mark that is drawn hollow and without a whisker where its interval is too wide to be known, or is missing.

    Args:
        key: its colour.
        value: a share.
        bounds: its interval.
        texts: what stands beside it, and what a pointer shows.
        words: the language.
    """
    low, high = bounds
    label, hover = texts
    if is_known(low, high):
        return Mark(key, value, low, high, label, hover)
    unknown = words("not_known")
    return Mark(key, value, None, None, f"{label} · {unknown}", hover, unknown=True, instead=unknown)


def hidden_mark(key: str, words: Words) -> Mark:
    """In the place of a dot that would tell of a few people."""
    return Mark(key, 0.0, None, None, words("hidden"), words("hidden"), instead=words("hidden"))
