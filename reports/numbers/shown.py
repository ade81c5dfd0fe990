"""What of a report's groups is shown: whole groups first, then their expressions; all by `hiding.find_shown`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, kron, vstack

from pipeline.labels import LABELS

from .columns import COUNTED
from .hiding import Counts, find_shown
from .rollup import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .columns import Flags, Ints
    from .crowd import Crowd
    from .rollup import Rollup

MIN_GROUP = 10
"""Fewer people than that make a group that is hidden, unless somebody asks for less."""

NAMES = ("faces", "readable", *LABELS, COUNTED[-1], *(f"kind: {kind}" for kind in KINDS))
"""What is counted of a group: of these it is told apart what is shown."""

_TOTALS, _PARTS = ("faces", "readable"), ("readable", COUNTED[-1], *(f"kind: {kind}" for kind in KINDS[:3]))


@dataclass(frozen=True, slots=True)
class Mask:
    """What of a group is shown: names out of `NAMES`; none where the whole group is hidden."""

    shown: frozenset[str]

    @property
    def hidden(self) -> bool:
        """Whether the group is hidden altogether."""
        return not self.shown

    def of(self, names: tuple[str, ...]) -> tuple[bool, ...]:
        """Whether each of these is shown."""
        return tuple(name in self.shown for name in names)


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Groups of one kind.

    Attributes:
        members: csr (G, A), of which pieces each consists.
        detail: the higher the sooner they are hidden for the sake of others.
        names: what is counted of each; out of `NAMES`.
    """

    members: csr_array
    detail: int
    names: tuple[str, ...] = NAMES


ALL = Mask(frozenset(NAMES))
NOTHING = Mask(frozenset())


def week_family(members: csr_array, detail: int) -> Family:
    """Hours of the week, of which less is counted."""
    return Family(members, detail, _PARTS)


def find_masks(crowd: Crowd, families: Mapping[str, Family], rollup: Rollup, least: int) -> dict[str, tuple[Mask, ...]]:
    """What is shown of each group of each family.

    Single pieces are counts as well, as rows of faces tell them apart; `"pieces"` says which.
    """
    pieces = {"pieces": Family(csr_array(np.eye(len(crowd))), 1 + max(one.detail for one in families.values()))}
    every = dict(families) | pieces
    if least <= 1:
        return {name: (Mask(frozenset(one.names)),) * one.members.shape[0] for name, one in every.items()}
    of_groups = _split(_show_groups(crowd, every, least), every)
    kept = {
        name: Family(csr_array(one.members[np.flatnonzero(of_groups[name])]), one.detail, one.names)
        for name, one in families.items()
    }
    of_names = _show_names(crowd, kept, rollup, least)
    masks: dict[str, tuple[Mask, ...]] = {}
    for name in every:
        left = iter(of_names.get(name, [ALL] * int(of_groups[name].sum())))
        masks[name] = tuple(next(left) if shown else NOTHING for shown in of_groups[name].tolist())
    return masks


def _show_groups(crowd: Crowd, families: Mapping[str, Family], least: int) -> Flags:
    members = csr_array(vstack([one.members for one in families.values()]))
    detail = np.repeat([one.detail for one in families.values()], [one.members.shape[0] for one in families.values()])
    return find_shown(Counts(members, crowd.people, crowd.present, detail), least)


def _split(shown: Flags, families: Mapping[str, Family]) -> dict[str, Flags]:
    ends = np.cumsum([one.members.shape[0] for one in families.values()])[:-1]
    return dict(zip(families, np.split(shown, ends), strict=True))


def _show_names(crowd: Crowd, families: Mapping[str, Family], rollup: Rollup, least: int) -> dict[str, list[Mask]]:
    """Of groups that are shown, which counts of faces are: those of enough people who have such faces.

    Who has faces of several kinds counts for each. What is possible of these people is possible of their faces.
    """
    parts = {name: _parts(one.names, rollup) for name, one in families.items()}
    members = csr_array(vstack([kron(one.members, parts[name], format="csr") for name, one in families.items()]))
    rows = [one.members.shape[0] for one in families.values()]
    detail = [
        np.tile([10 * one.detail + _fineness(name) for name in one.names], count)
        for one, count in zip(families.values(), rows, strict=True)
    ]
    faces = crowd.faces.reshape(-1)
    people = crowd.showing.reshape(-1)
    shown = find_shown(Counts(members, people, faces > 0, np.concatenate(detail)), least)
    masks, start = {}, 0
    for (name, one), count in zip(families.items(), rows, strict=True):
        end = start + count * len(one.names)
        table = shown[start:end].reshape(count, len(one.names))
        masks[name] = [_mask(one.names, row) for row in table.tolist()]
        start = end
    return masks


def _parts(names: tuple[str, ...], rollup: Rollup) -> csr_array:
    """Which of the nine kinds of faces each name counts: csr (names, 9)."""
    kinds = rollup.matrix()
    table = np.zeros((len(names), len(COUNTED)))
    for row, name in enumerate(names):
        if name in COUNTED:
            table[row, COUNTED.index(name)] = 1
        elif name in _TOTALS:
            table[row, : len(COUNTED) - (name == "readable")] = 1
        else:
            table[row, : len(LABELS)] = kinds[:, KINDS.index(name.removeprefix("kind: "))]
    return csr_array(table)


def _fineness(name: str) -> int:
    return 0 if name == "readable" else 1 if name == "faces" else 3 if name in LABELS else 2


def _mask(names: tuple[str, ...], row: list[bool]) -> Mask:
    """What is shown; parts without their whole would tell it by their shares, and are hidden with it."""
    shown = {name for name, one in zip(names, row, strict=True) if one}
    if "readable" not in shown:
        shown -= {*LABELS, *(f"kind: {kind}" for kind in KINDS)}
    if "faces" in names and not {"faces", COUNTED[-1]} <= shown:
        shown -= {"faces", COUNTED[-1]}
    # A group is shown as such even if nothing of its faces is.
    return Mask(frozenset(shown | {"group"}))


def merge_small(counts: Ints, apart: Flags, least: int) -> Flags | None:
    """Which columns of a table of stretches of time (B, K) may be shown apart: bool (K,), the others together.

    All margins are known, so each cell of what is put together could hold as many as the smaller of its two margins,
    and these are `least` or more (a table of transports).

    Args:
        counts: faces of each stretch by what they count as.
        apart: columns that may be told apart by their sums.
        least: the smallest number that may be shown.

    Returns:
        None where nothing of it can be shown.
    """
    kept = apart & ~((counts > 0) & (counts < least)).any(axis=0)
    while True:
        rest = counts[:, ~kept].sum(axis=1)
        alone = (~kept).sum() == 1 and rest.any()
        if not alone and not ((rest > 0) & (rest < least)).any():
            return np.asarray(kept)
        sums = counts.sum(axis=0)
        others = np.flatnonzero(kept & (sums > 0))
        if not len(others):
            return None
        kept[others[sums[others].argmin()]] = False
