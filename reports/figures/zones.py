"""Where faces were seen, without a picture."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from ..words.text import visible
from .charts import Heat

if TYPE_CHECKING:
    from ..numbers.zones import Seen
    from ..words.words import Words


def seen_chart(seen: Seen, number: int, words: Words) -> Heat:
    """How many visits passed each part of a camera's picture, in quarters of the fullest one."""
    rows, columns = seen.levels.shape
    across, down = _names(columns), _names(rows)
    values = tuple(tuple(None if math.isnan(one) else one for one in row) for row in seen.levels.tolist())
    hovers = tuple(
        tuple(_hover(across[column], down[row], value, words) for column, value in enumerate(values[row]))
        for row in range(rows)
    )
    return Heat(
        id=f"seen_{number}",
        title=words("seen_title", camera=visible(" · ".join(seen.camera))),
        axis=words("seen_axis"),
        time_axis=words("from_left"),
        rows=_begins(down),
        columns=_begins(across),
        values=values,
        hovers=hovers,
        texts=(("",) * columns,) * rows,
        low=0.25,
        high=1.0,
    )


def _names(cells: int) -> tuple[str, ...]:
    """Where each of so many cells begins and ends, per cent of the picture."""
    edges = [round(100 * at / cells) for at in range(cells + 1)]
    return tuple(f"{low}\N{EN DASH}{high}\N{NO-BREAK SPACE}%" for low, high in pairwise(edges))


def _begins(names: tuple[str, ...]) -> tuple[str, ...]:
    """Where cells begin: short enough for an axis on a phone."""
    return tuple(name.partition("\N{EN DASH}")[0] + "\N{NO-BREAK SPACE}%" for name in names)


def _hover(across: str, down: str, value: float | None, words: Words) -> str:
    level = words("seen_few") if value is None else words("seen_level", share=words.percent(value, 0))
    return words("seen_at", across=across, down=down, level=level)
