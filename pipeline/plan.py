"""What a batch would do, without hashing anything and without a database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import VideoError
from .places.inputs import COPY
from .places.streams import further_inputs, hints_of, locate_stream
from .records import numbered

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
    """What would be done with each input, and with each further camera in it."""
    inputs = list(inputs)
    for item in inputs:
        planned = _plan_one(item, open_source, options)
        yield planned
        streams = planned.info.streams if planned.info else 1
        for further in further_inputs(item, streams, inputs, options):
            yield _plan_one(further, open_source, options)


def _plan_one(item: Input, open_source: OpenSource, options: PlaceOptions) -> Planned:
    if item.missing:
        return Planned(item.path, problem=item.skipped)
    if item.skipped:
        return Planned(item.path, skipped=item.skipped)
    hints = hints_of(item, options)
    stream = hints.stream or 1
    path = item.path.with_name(numbered(item.path.name, stream))
    try:
        info = open_source(item.path, hints).probe()
    except VideoError as error:
        return Planned(path, place=locate_stream(item.path, None, options, stream), problem=str(error))
    if info.is_annotated:
        return Planned(path, skipped=COPY)
    return Planned(path, info, locate_stream(item.path, info, options, stream))
