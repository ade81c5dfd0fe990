"""PATH… → the files to look at: literal names first, then folders, then glob patterns."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NoInputError
from ..video.reader import is_supported
from .bins import why_no_footage
from .cameras import CAMERAS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ANNOTATED_ENDING = ".annotated.mp4"
"""As `annotate` names its copies unless told otherwise. Those since 0.4 also carry a mark, which a name is not."""

COPY = "a copy that fer-video annotate wrote: its faces are those of the original, with boxes over them"
"""Why a file with that mark is left out, even if it is named."""


ONE_CAMERA = re.compile(r"(.+)#([1-9]\d{0,2})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was named or found.

    Attributes:
        path: as it was named, or below the folder that was.
        skipped: why it is left out; None for what will be looked at.
        missing: what was asked for is not there or out of reach, which is a failure and not a choice.
        stream: which of the file's cameras, from 1; None for all of them.
    """

    path: Path
    skipped: str | None = None
    missing: bool = False
    stream: int | None = None


def find_inputs(names: Iterable[str]) -> list[Input]:
    """Expand the names, each file once, in the order of the names and alphabetically within.

    Args:
        names: files, one camera of a file that holds several (`file.mp4#2`), folders (searched through, hidden entries
            left out) and glob patterns (`**` goes deep). A file whose name looks like a pattern is taken as that file.

    Raises:
        NoInputError: nothing among them could be a video or picture.
    """
    found: dict[tuple[Path, int | None], Input] = {}
    for name in names:
        for item in _expand(name):
            found.setdefault((item.path, item.stream), item)
    if not any(not item.skipped for item in found.values()):
        looked = "; ".join(f"{item.path}: {item.skipped}" for item in list(found.values())[:3]) or "no names"
        raise NoInputError(f"expected videos or pictures; found none ({looked}). Name files, folders or a quoted glob.")
    return list(found.values())


def named_folders(names: Iterable[str]) -> tuple[Path, ...]:
    """The folders that were named, and of glob patterns those in front of the first wildcard."""
    return tuple(dict.fromkeys(_named_folder(name) for name in names))


def _named_folder(name: str) -> Path:
    if os.path.isdir(name):  # noqa: PTH112
        return Path(name)
    if os.path.lexists(name) or not glob.has_magic(name):
        return Path(name).parent
    parts = Path(name).parts
    plain = next(at for at, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:plain])


def _expand(name: str) -> Iterator[Input]:
    path = Path(name)
    # os.path.isdir answers no where Path.is_dir raises: for names that are too long or out of reach.
    if os.path.isdir(name):  # noqa: PTH112
        inside = list(_walk(path))
        yield from inside or [Input(path, "the folder holds no file")]
    elif os.path.lexists(name):
        yield _judge(path)
    elif (numbered := ONE_CAMERA.fullmatch(name)) and os.path.lexists(numbered[1]):
        yield replace(_judge(Path(numbered[1])), stream=int(numbered[2]))
    elif glob.has_magic(name):
        matches = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - Path.glob takes no absolute patterns
        for match in matches:
            left_out = _bin_on_the_way(name, match)
            yield from [left_out] if left_out else _expand(match)
        if not matches:
            yield Input(path, "the pattern matches nothing", missing=True)
    else:
        # A name that is empty is most often a variable of a script that was never set: the others go on.
        what = "there is no such file or folder" if name else "an empty name; is a variable not set?"
        yield Input(path, what, missing=True)


def _walk(folder: Path) -> Iterator[Input]:
    unreadable: list[OSError] = []
    for root, folders, files in os.walk(folder, onerror=unreadable.append):
        yield from _bins(Path(root), sorted(folders))
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not why_no_footage(name))
        for name in folders:
            if (Path(root) / name).is_symlink():
                # Followed, links could lead round in circles, or to the same videos twice.
                yield Input(Path(root) / name, "a link to a folder; name it to have it searched")
        yield from _files(Path(root), sorted(files))
    for error in unreadable:
        yield Input(Path(error.filename), f"the folder cannot be read: {error.strerror}", missing=True)


def _bins(root: Path, folders: list[str]) -> Iterator[Input]:
    """One line for each folder that is not looked into, not for its files."""
    for name in folders:
        if what := why_no_footage(name):
            yield Input(root / name, f"{what}, no footage; name it to have it searched")


def _files(root: Path, names: list[str]) -> Iterator[Input]:
    notes = [name for name in names if name.startswith("._")]
    if notes:
        more = f", and {len(notes) - 1} more like it" if len(notes) > 1 else ""
        yield Input(root / notes[0], f"{why_no_footage(notes[0])}, no footage{more}")
    for name in names:
        if name.startswith("."):
            continue
        if name.lower().endswith(ANNOTATED_ENDING):
            yield Input(root / name, "an annotated copy by its name; name it to have it analysed")
        else:
            yield _judge(root / name)


def _bin_on_the_way(pattern: str, match: str) -> Input | None:
    """The first bin in what a pattern's wildcards matched; one that the pattern itself names is wanted."""
    named = {part.lower() for part in Path(pattern).parts}
    parts = Path(match).parts
    for depth, part in enumerate(parts):
        what = why_no_footage(part)
        if what and part.lower() not in named:
            return Input(Path(*parts[: depth + 1]), f"{what}, no footage; name it to have it searched")
    return None


def _judge(path: Path) -> Input:
    if path.name.startswith("._"):
        return Input(path, f"{why_no_footage(path.name)}, no footage")
    if is_supported(path):
        return Input(path)
    ours = path.name == CAMERAS
    what = why_no_footage(path.name) or "neither a video nor a picture by its suffix"
    return Input(path, "it describes the cameras" if ours else what)
