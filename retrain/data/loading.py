"""Labelled faces: what they are, and reading them from one or several sources."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from pipeline.errors import DataError, SettingError
from pipeline.plurals import count

from .faces import LabelledFaces, collect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from .detect import FaceCutter

    Labels: TypeAlias = NDArray[np.int64]
    Names: TypeAlias = NDArray[np.str_]


def load(path: Path, ferplus: Path | None = None, *, skip_bad: bool = False, detect: bool = False) -> LabelledFaces:
    """Read a FER-2013 csv (plain or gzip), or a folder with one sub-folder of pictures for each class.

    Args:
        path: `fer2013.csv`, `fer2013.csv.gz`, or `root/[train|test/]class/picture.jpg`.
        ferplus: the FER+ votes, row-aligned with the csv.
        skip_bad: leave rows and pictures that cannot be read out, and say how many, instead of raising.
        detect: cut faces out of a folder's pictures with the detector of `analyze`.

    Raises:
        DataError: a row or picture cannot be read; the message names the line or file.
        SettingError: votes for a folder, or a detector for a csv.
    """
    from . import fer2013, folders

    problems: list[str] = []
    bad = problems if skip_bad else None
    if path.is_dir():
        if ferplus is not None:
            raise SettingError("ferplus", "a FER-2013 csv beside it", f"the folder {path}", "Leave `ferplus` away.")
        # `.` and `..` have a name of their own.
        path = path if path.name not in {"", ".."} else path.resolve()
        rows, notes = folders.read(path, bad, _open_cutter() if detect else None)
        return _note_skipped(collect(rows, path.name, notes), problems)
    if not path.is_file():
        raise DataError(
            f"{path}: expected a FER-2013 csv or a folder with one sub-folder per class; found nothing there. "
            f"{fer2013.WHERE_FROM}"
        )
    if detect:
        raise SettingError("detect", "a folder of pictures", f"the file {path}", "Leave `detect` away.")
    table = fer2013.read(path, bad)
    data = collect(table.rows, path.name)
    data = replace(data, searched=np.ones(len(data), bool))
    if ferplus is not None:
        votes = fer2013.read_votes(ferplus, table.usages, bad)
        kept, name = list(table.places), f"{data.source} + {ferplus.name}"
        data = replace(
            data,
            votes=votes.shares[kept],
            named=votes.named[kept],
            faceless=votes.faceless[kept],
            voted=np.ones(len(kept), bool),
            majority=votes.majority[kept],
            source=name,
        )
    return _note_skipped(data, problems)


def _open_cutter() -> FaceCutter:
    from .detect import FaceCutter

    return FaceCutter()


def _note_skipped(data: LabelledFaces, problems: Sequence[str]) -> LabelledFaces:
    if not problems:
        return data
    # Only the number: notes go into cards, and file names may be persons' names.
    skipped = count(len(problems), "unreadable row or picture was", "unreadable rows or pictures were")
    return replace(data, notes=(*data.notes, f"{data.source}: {skipped} skipped."), unreadable=tuple(problems))
