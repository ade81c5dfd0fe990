"""What a batch would do, without hashing anything and without a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import VideoError
from .places.inputs import COPY
from .places.locate import hints_for, locate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from .places.inputs import Input
    from .places.locate import PlaceOptions
    from .records import Place, VideoInfo
    from .work import OpenSource


@dataclass(frozen=True, slots=True)
class Planned:
    """One input of the plan: what its container says and where it belongs, or why it is left out or will fail."""

    path: Path
    info: VideoInfo | None = None
    place: Place | None = None
    skipped: str | None = None
    problem: str | None = None


def plan(inputs: Iterable[Input], open_source: OpenSource, options: PlaceOptions) -> Iterator[Planned]:
    """What would be done with each input."""
    for item in inputs:
        if item.missing:
            yield Planned(item.path, problem=item.skipped)
            continue
        if item.skipped:
            yield Planned(item.path, skipped=item.skipped)
            continue
        try:
            info = open_source(item.path, hints_for(item.path, options)).probe()
            if info.is_annotated:
                yield Planned(item.path, skipped=COPY)
            else:
                yield Planned(item.path, info, locate(item.path, info, options))
        except VideoError as error:
            yield Planned(item.path, place=locate(item.path, None, options), problem=str(error))
