"""What an architecture's options may be: a card from elsewhere must not ask for a network that no memory holds."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from . import NETWORKS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check: TypeAlias = Callable[[object], bool]

UNITS = 8192
"""Most units of a hidden layer, and filters of a convolution."""


def _whole(low: int, high: int) -> Check:
    return lambda value: isinstance(value, int) and not _flag(value) and low <= value <= high


def _number(low: float, high: float) -> Check:
    return lambda value: isinstance(value, int | float) and not _flag(value) and low <= value <= high


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _units(value: object) -> bool:
    return _flag(value) or _whole(0, UNITS)(value)


def _list_of(check: Check, most: int) -> Check:
    return lambda value: isinstance(value, list | tuple) and len(value) <= most and all(map(check, value))


def _convolution(value: object) -> bool:
    """Filters and the side of their kernel."""
    return (
        isinstance(value, list | tuple) and len(value) == 2 and _whole(1, UNITS)(value[0]) and _whole(1, 11)(value[1])
    )


_DROPOUT = (_number(0, 0.99), "a number from 0 to 0.99")
_BEGUN_FROM = (lambda value: value in {None, "imagenet"}, "imagenet or null")

OPTIONS: Mapping[str, Mapping[str, tuple[Check, str]]] = {
    "vgg-face": {
        "width": (_number(0.01, 8), "a number from 0.01 to 8"),
        "votes": (_whole(0, 64), "a whole number from 0 to 64"),
        "labels": (_flag, "true or false"),
        "reading": (_units, f"true, false or a whole number up to {UNITS}"),
        "reading_blocks": (_whole(1, 5), "a whole number from 1 to 5"),
        "hidden": (_whole(0, UNITS), f"a whole number up to {UNITS}"),
        "head": (lambda value: value in {"expression", "labels"}, "expression or labels"),
        "dropout": _DROPOUT,
    },
    "vgg-face-224": {"dropout": _DROPOUT},
    "hcmus-shallow": {
        "convolutions": (_list_of(_convolution, 5), f"up to 5 pairs of filters (up to {UNITS}) and kernel (up to 11)"),
        "dense": (_list_of(_whole(1, UNITS), 4), f"up to 4 whole numbers up to {UNITS}"),
    },
    "vgg16": {"weights": _BEGUN_FROM},
    "resnet50": {"weights": _BEGUN_FROM},
}
"""By architecture and option: what it can be, as a test and in words. Architectures that are not here have none."""


def explain_options(arch: str, options: Mapping[str, object]) -> str | None:
    """What is wrong with an architecture and its options, as a part of a message; None if nothing is."""
    if arch not in NETWORKS:
        return f"expected an architecture out of {', '.join(NETWORKS)}; found {arch[:40]!r}"
    known = OPTIONS.get(arch, {})
    for name, value in options.items():
        if name not in known:
            return f"expected options of {arch}, {', '.join(known) or 'which has none'}; found {name[:40]!r}"
        check, words = known[name]
        if not check(value):
            return f"expected {words} as option {name} of {arch}; found {str(value)[:40]!r}"
    return None


def count_at_least(arch: str, options: Mapping[str, Any]) -> int:
    """How many numbers the weights of a network have at least, without building it; 0 where its size is fixed."""
    if arch == "vgg-face":
        from .vgg_face import BLOCKS

        factor = options.get("width", 0.5)
        widths = [1, *[round(filters * factor) for filters, count in BLOCKS for _ in range(count)]]
        return sum(9 * before * after for before, after in pairwise(widths))
    if arch == "hcmus-shallow" and options:
        return _count_hcmus(options)
    return 0


def _count_hcmus(options: Mapping[str, Any]) -> int:
    from .hcmus_shallow import CONVOLUTIONS, DENSE

    channels, side, found = 1, 48, 0
    for filters, kernel in options.get("convolutions", CONVOLUTIONS):
        found += channels * filters * kernel**2
        channels, side = filters, side // 2
    widths = [channels * side**2, *options.get("dense", DENSE)]
    return int(found + sum(before * after for before, after in pairwise(widths)))
