"""What a campaign found: one result for each try, and a table of counts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Result:
    """One try.

    Attributes:
        kind: what is counted together, such as `weights: cut`.
        description: what was done, with the numbers that the seed drew.
        expected, found: in words.
        ok: whether it came out as expected.
    """

    kind: str
    description: str
    expected: str
    found: str
    ok: bool


def tabulate(results: Sequence[Result]) -> Iterator[str]:
    """Lines of a table: each kind, its runs, how many were as expected and how many were not; the sum at the end."""
    by_kind: defaultdict[str, list[Result]] = defaultdict(list)
    for one in results:
        by_kind[one.kind].append(one)
    width = max(map(len, [*by_kind, "kind"]))
    yield f"{'kind':<{width}}  {'runs':>5}  {'as expected':>11}  {'not':>4}"
    for name, found in [*by_kind.items(), ("all", list(results))]:
        right = sum(one.ok for one in found)
        yield f"{name:<{width}}  {len(found):>5}  {right:>11}  {len(found) - right:>4}"


def explain(results: Sequence[Result]) -> Iterator[str]:
    """A line for each try that was not as expected."""
    for one in results:
        if not one.ok:
            yield f"NOT AS EXPECTED: {one.kind}: {one.description}: expected {one.expected}; found {one.found}"
