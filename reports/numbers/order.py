"""Which group is the most positive, and how sure that is: an order of groups under the draws of the intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .estimates import estimate
from .grouping import group
from .intervals import SEED, to_shares
from .misreading import REPLICATES
from .rollup import KINDS
from .summary import cut_pieces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .columns import Data, Reals
    from .grouping import By
    from .intervals import Blocks
    from .misreading import Readers
    from .rollup import Rollup
    from .summary import Group

CERTAIN = 0.975
"""In so many draws the first stays first where that is said without a doubt, as with expressions that lead."""


@dataclass(frozen=True, slots=True)
class Order:
    """Groups by their share of positive expressions.

    Attributes:
        ranked: name and share as read, the largest first, of groups that have enough and are shown.
        hidden: how many others have enough, but not shown.
        first: in which share of draws the first has the largest share; None with fewer than two.
        whole: in which share of draws all stand in this order; None with fewer than two.
    """

    ranked: tuple[tuple[str, float], ...]
    hidden: int
    first: float | None = None
    whole: float | None = None


def find_order(data: Data, rollup: Rollup, by: By, readers: Readers, groups: Sequence[Group]) -> Order | None:
    """The order of the groups of a section as they are shown, by draws of sampling and misreading together.

    Args:
        data: rows that the groups were made of.
        rollup: which expression counts as positive.
        by: what the groups are.
        readers: how cameras may misread: alike in all groups of a camera, so that these are compared draw by draw.
        groups: those of the section, with what is shown of them.

    Returns:
        None where there is one group alone, of which nobody asks for an order.
    """
    if len(groups) < 2:
        return None
    positive = rollup.matrix()[:, KINDS.index("positive")].astype(np.float64)
    enough = [at for at, one in enumerate(groups) if one.enough]
    chosen = [at for at in enough if groups[at].rollup.shows(KINDS.index("positive"))]
    chosen.sort(key=lambda at: -groups[at].rollup.shares[0])
    ranked = tuple((groups[at].name, groups[at].rollup.shares[0]) for at in chosen)
    if len(chosen) < 2:
        return Order(ranked, len(enough) - len(chosen))
    pieces = cut_pieces(data, group(data, by))
    drawn = np.stack([_draw(pieces.blocks(at), readers, SEED + 1 + at) @ positive for at in chosen])
    first, falls = drawn[0] > drawn[1:].max(axis=0), np.diff(drawn, axis=0) < 0
    return Order(ranked, len(enough) - len(chosen), float(first.mean()), float(falls.all(axis=0).mean()))


def _draw(blocks: Blocks, readers: Readers, seed: int) -> Reals:
    """Shares by label (REPLICATES, 8): what people would say, or where that is not known as read."""
    found = estimate(blocks, readers, seed)
    return found.said if found.said is not None else to_shares(np.asarray(found.totals))[:REPLICATES]
