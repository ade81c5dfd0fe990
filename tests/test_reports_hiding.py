"""Nothing of a few people can be read, or worked out, from what is shown."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from reports.numbers.hiding import Counts, find_shown
from reports.numbers.shown import merge_small

if TYPE_CHECKING:
    from reports.numbers.columns import Flags

LEAST = 10
SOME = (0, 0, 1, 2, 3, 5, 8, 9, 10, 12, 15, 40, 200)
"""Numbers of people of which tables are drawn: nobody, a few, and many."""


def table(generator: np.random.Generator, shape: tuple[int, ...], *, deep: bool) -> Counts:
    """A table with all its totals; with `deep`, its first two axes are shop and camera, and a camera is in one shop."""
    pieces = list(product(*map(range, shape)))
    people = generator.choice(SOME, len(pieces))
    if deep:
        people[[at for at, piece in enumerate(pieces) if piece[1] % shape[0] != piece[0]]] = 0
    rows, detail = [], []
    for axes in product((False, True), repeat=len(shape)):
        for place in product(*(range(size) if kept else (0,) for size, kept in zip(shape, axes, strict=True))):
            mine = [
                all(one == at or not kept for one, at, kept in zip(piece, place, axes, strict=True)) for piece in pieces
            ]
            rows.append(mine)
            detail.append(sum(axes))
    members = csr_array(np.array(rows, np.float64))
    return Counts(members, people.astype(np.int64), people > 0, np.array(detail))


def most_that_could_be(counts: Counts, shown: Flags, piece: np.ndarray) -> float:
    """What a reader can say at most of some pieces, whole people and all shown counts together."""
    known = counts.members.toarray()[shown]
    total = known @ counts.people
    if not known[:, piece].any():
        return np.inf
    # Nobody needs more than the largest number to prove that it could be enough.
    aim = -piece.astype(np.float64)
    found = milp(
        aim,
        constraints=LinearConstraint(known, total, total),
        integrality=np.ones(len(piece)),
        bounds=Bounds(0, max(total.max(initial=0.0), LEAST)),
    )
    return float(-found.fun)


def leaks(counts: Counts, shown: Flags) -> list[int]:
    """Counts with somebody in them of which a reader can tell that they are fewer than `LEAST`."""
    members = counts.members.toarray()
    few = [at for at in range(len(shown)) if 0 < members[at] @ counts.people < LEAST]
    return [at for at in few if shown[at] or most_that_could_be(counts, shown, members[at] > 0) < LEAST - 1e-6]


@pytest.mark.parametrize("part", range(4))
def test_nothing_from_one_to_nine_can_be_told_from_a_thousand_tables(part: int) -> None:
    """Of every hidden count, and of every sum of hidden pieces that is one, ten and more are possible."""
    generator = np.random.default_rng(part)
    hidden = 0
    for number in range(250):
        shape = [(2, 2), (3, 2), (2, 2, 2), (3, 3)][number % 4]
        counts = table(generator, shape, deep=number % 5 == 0)
        shown = find_shown(counts, LEAST)

        assert not leaks(counts, shown), (part, number)
        hidden += int((~shown).sum())
    assert hidden > 1000


def counts_of(rows: list[list[int]], people: list[int]) -> Counts:
    """Counts that are sums of pieces, the first row the total."""
    members, numbers = csr_array(np.array(rows, np.float64)), np.array(people, np.int64)
    return Counts(members, numbers, numbers > 0, np.array([0] + [1] * (len(rows) - 1)))


def test_a_single_small_count_hides_a_second_one() -> None:
    """The smallest of the others goes, and the total stays."""
    parts = np.eye(4, dtype=int).tolist()
    shown = find_shown(counts_of([[1, 1, 1, 1], *parts], [3, 20, 50, 0]), LEAST)

    assert shown.tolist() == [True, False, False, True, True]


def test_two_small_counts_that_are_few_together_hide_a_third_one() -> None:
    """Else the reader knows how many the two are, and that is a group of a few people as well."""
    parts = np.eye(4, dtype=int).tolist()

    assert find_shown(counts_of([[1, 1, 1, 1], *parts], [3, 2, 50, 60]), LEAST).tolist() == [
        True,
        False,
        False,
        False,
        True,
    ]
    assert find_shown(counts_of([[1, 1, 1, 1], *parts], [7, 3, 50, 60]), LEAST).tolist() == [
        True,
        False,
        False,
        True,
        True,
    ]


def test_without_small_counts_nothing_is_hidden() -> None:
    """Nor with none at all, and everything is where all together are few."""
    parts = np.eye(2, dtype=int).tolist()

    assert find_shown(counts_of([[1, 1], *parts], [10, 12]), LEAST).all()
    assert find_shown(counts_of([[1, 1], *parts], [0, 0]), LEAST).all()
    assert not find_shown(counts_of([[1, 1], *parts], [4, 5]), LEAST).any()


def test_who_is_in_several_pieces_is_hidden_in_each() -> None:
    """A piece in which somebody is whose way began elsewhere is not empty."""
    members = csr_array(np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]))
    counts = Counts(members, np.array([40, 0]), np.array([True, True]), np.array([0, 1, 1]))

    assert find_shown(counts, LEAST).tolist() == [True, False, False]


def test_stretches_of_time_put_together_what_is_seldom_seen() -> None:
    """A column with a few in any stretch is added to others until each stretch has enough or none of them."""
    counts = np.array([[50, 4, 30, 0], [60, 20, 12, 0], [70, 0, 40, 0]])
    kept = merge_small(counts, np.ones(4, np.bool_), LEAST)

    assert kept is not None
    assert kept.tolist() == [True, False, False, True]
    assert merge_small(np.array([[3, 2], [40, 50]]), np.ones(2, np.bool_), LEAST) is None
