"""Which video a rated face is of: by its content where the answers say it, else by its file's name."""

from __future__ import annotations

from collections import defaultdict
from pathlib import PurePath
from typing import TYPE_CHECKING

from ..areas import NO_AREAS
from ..errors import SettingError
from ..places.locate import PlaceOptions
from ..places.streams import areas_of_stream
from ..store.audits import KnownVideo
from ..video.identity import identify
from ..video.reader import is_supported

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from .answers import RatedFace


def find_videos(
    faces: Sequence[RatedFace], videos: Iterable[KnownVideo]
) -> tuple[list[tuple[RatedFace, KnownVideo]], dict[str, int]]:
    """Each face with its video, and how many faces of each name have none.

    A face has none if no video has its content, or if only a name is known that no video has, or several have.
    """
    by_content: dict[str, KnownVideo] = {}
    by_name: defaultdict[str, list[KnownVideo]] = defaultdict(list)
    for video in videos:
        by_content[video.content.sha256] = video
        by_name[video.path.name].append(video)
    found, missing = [], defaultdict[str, int](int)
    for face in faces:
        named = by_name.get(PurePath(face.video).name, [])
        one = by_content.get(face.sha256) if face.sha256 else named[0] if len(named) == 1 else None
        if one is None:
            missing[face.video] += 1
        else:
            found.append((face, one))
    return found, dict(missing)


def list_folder(folder: Path, faces: Sequence[RatedFace]) -> Iterator[KnownVideo]:
    """The videos of a folder, and of the folders in it, that faces may be of: those of their names, with their content.

    What is blanked in them is what a `cameras.toml` says, beside them or above, up to the folder.

    Raises:
        SettingError: it is no folder.
        UsageError: a `cameras.toml` cannot be read.
    """
    if not folder.is_dir():
        raise SettingError("videos", "a folder of videos", folder)
    wanted = {PurePath(face.video).name for face in faces}
    options = PlaceOptions(roots=(folder,))
    for number, path in enumerate(sorted(folder.rglob("*"))):
        if path.name in wanted and path.is_file() and is_supported(path):
            _, areas = areas_of_stream(path, 1, options)
            yield KnownVideo(number, path, identify(path), masks=(areas or NO_AREAS).masks)
