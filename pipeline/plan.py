"""What a batch would do, without hashing anything and without a database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .areas import NO_AREAS
from .errors import VideoError
from .places.inputs import COPY
from .places.streams import areas_of_stream, further_inputs, hints_of, locate_stream
from .records import numbered
from .told import why_refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from .areas import Areas
    from .places.inputs import Input
    from .places.locate import PlaceOptions
    from .records import Place, VideoInfo
    from .work import OpenSource


@dataclass(frozen=True, slots=True)
class Planned:
    """One input of the plan: what its container says and where it belongs, or why it is left out or will fail.

    Attributes:
        path: with the number of a further camera.
        info: what the container says.
        place: where it belongs.
        skipped: why it is left out.
        problem: why it will fail.
        cameras: the `cameras.toml` that speaks of it, if it has a camera for it.
        areas: what that says of the picture.
    """

    path: Path
    info: VideoInfo | None = None
    place: Place | None = None
    skipped: str | None = None
    problem: str | None = None
    cameras: Path | None = None
    areas: Areas | None = None


def plan(
    inputs: Iterable[Input], open_source: OpenSource, options: PlaceOptions, *, require_areas: bool = False
) -> Iterator[Planned]:
    """What would be done with each input, and with each further camera in it.

    Args:
        inputs: the inputs.
        open_source: gives access to a path.
        options: what the user said of places.
        require_areas: cameras that did not say whether staff are in the picture will fail; what a database was told
            before is not looked at.
    """
    inputs = list(inputs)
    for planned in _plan_all(inputs, open_source, options):
        refused = why_refused(planned.areas or NO_AREAS, required=require_areas)
        yield replace(planned, problem=refused) if planned.place and not planned.problem and refused else planned


def _plan_all(inputs: Sequence[Input], open_source: OpenSource, options: PlaceOptions) -> Iterator[Planned]:
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
    place, (file, areas) = locate_stream(item.path, info, options, stream), areas_of_stream(item.path, stream, options)
    return Planned(path, info, place, cameras=file, areas=areas)
