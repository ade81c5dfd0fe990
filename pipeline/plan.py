"""What a batch would do: nothing is stored, and of files no more is read than is needed to know them again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .areas import NO_AREAS, blank_sha256
from .errors import VideoError
from .outlook import LEFT_ALONE, Standing
from .places.inputs import COPY
from .places.kept import keep_hints
from .places.streams import areas_of_stream, further_inputs, hints_of, locate_stream
from .records import numbered
from .settings import Sampling
from .told import why_refused
from .video.sampling import expected_frames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from .areas import Areas
    from .outlook import Lookout, Outlook
    from .places.inputs import Input
    from .places.locate import PlaceOptions
    from .records import Place, VideoInfo
    from .work import OpenSource


EVERY_HALF_SECOND = Sampling()


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
        outlook: how it stands in the database; None where there is none, or it will not come to that.
        footage_s: seconds of it that would be read; None where its container does not say.
        frames: about how many frames would be sampled; 0 where that is not known.
    """

    path: Path
    info: VideoInfo | None = None
    place: Place | None = None
    skipped: str | None = None
    problem: str | None = None
    cameras: Path | None = None
    areas: Areas | None = None
    outlook: Outlook | None = None
    footage_s: float | None = None
    frames: int = 0

    @property
    def is_read(self) -> bool:
        """Whether a run would read it."""
        is_left = self.outlook is not None and self.outlook.standing in LEFT_ALONE
        return self.info is not None and not self.skipped and not self.problem and not is_left


def plan(
    inputs: Iterable[Input],
    open_source: OpenSource,
    options: PlaceOptions,
    *,
    require_areas: bool = False,
    lookout: Lookout | None = None,
    sampling: Sampling = EVERY_HALF_SECOND,
) -> Iterator[Planned]:
    """What would be done with each input, and with each further camera in it.

    Args:
        inputs: the inputs.
        open_source: gives access to a path.
        options: what the user said of places.
        require_areas: cameras that did not say whether staff are in the picture will fail; what a database was told
            before is not looked at.
        lookout: looks inputs up in a database.
        sampling: which frames would be read.
    """
    inputs = list(inputs)
    for one in _plan_all(inputs, open_source, options, lookout):
        planned = _estimate(one, sampling)
        refused = why_refused(planned.areas or NO_AREAS, required=require_areas)
        yield replace(planned, problem=refused) if planned.place and not planned.problem and refused else planned


def _estimate(planned: Planned, sampling: Sampling) -> Planned:
    """With how much of it would be read."""
    if not planned.info or not planned.is_read:
        return planned
    length_s, frames = planned.info.duration_s, expected_frames(planned.info, sampling)
    outlook = planned.outlook
    if length_s and outlook and outlook.standing is Standing.HALF and outlook.stored and frames:
        left = max(0.0, 1 - outlook.stored.frames / frames)
        length_s, frames = length_s * left, round(frames * left)
    return replace(planned, footage_s=0.0 if planned.info.is_still else length_s, frames=frames)


def _plan_all(
    inputs: Sequence[Input], open_source: OpenSource, options: PlaceOptions, lookout: Lookout | None
) -> Iterator[Planned]:
    for item in inputs:
        planned = _plan_one(item, open_source, options, lookout)
        yield planned
        streams = planned.info.streams if planned.info else 1
        for further in further_inputs(item, streams, inputs, options):
            yield _plan_one(further, open_source, options, lookout)


def _plan_one(item: Input, open_source: OpenSource, options: PlaceOptions, lookout: Lookout | None) -> Planned:
    if item.missing:
        return Planned(item.path, problem=item.skipped)
    if item.skipped:
        return Planned(item.path, skipped=item.skipped)
    hints = hints_of(item, options)
    stream = hints.stream or 1
    if stored := (lookout.find(item.path, stream)[0] if lookout else None):
        hints = keep_hints(hints, stored.hints)
    path = item.path.with_name(numbered(item.path.name, stream))
    try:
        info = open_source(item.path, hints).probe()
    except VideoError as error:
        outlook = lookout.look(item.path, stream, None, None) if lookout else None
        place = locate_stream(item.path, None, options, stream, _place_before(lookout, item.path, stream))
        return Planned(path, place=place, problem=str(error), outlook=outlook)
    if info.is_annotated:
        return Planned(path, skipped=COPY)
    before = _place_before(lookout, item.path, stream)
    place = locate_stream(item.path, info, options, stream, before)
    file, areas = areas_of_stream(item.path, stream, options)
    return Planned(path, info, place, cameras=file, areas=areas, outlook=_look(item.path, stream, info, areas, lookout))


def _place_before(lookout: Lookout | None, path: Path, stream: int) -> Place | None:
    stored = lookout.find(path, stream)[0] if lookout else None
    return stored.place if stored else None


def _look(path: Path, stream: int, info: VideoInfo, areas: Areas | None, lookout: Lookout | None) -> Outlook | None:
    if lookout is None:
        return None
    stored, _ = lookout.find(path, stream)
    blank = blank_sha256(areas.masks) if areas else stored.blank if stored else None
    return lookout.look(path, stream, info, blank)
