"""Faces that people looked at in an audit, cut from their videos again: labelled faces of one's own cameras."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.audits.answers import read_answers, settle
from pipeline.audits.cutting import Footage, Spot, cut_out
from pipeline.audits.finding import find_videos, list_folder
from pipeline.errors import DataError, VideoError
from pipeline.plurals import count
from pipeline.preprocessing import crop_face
from pipeline.records import EXPRESSIONS, Face
from pipeline.store.audits import known_videos
from pipeline.store.database import connect
from pipeline.video.decoding import Decoder

from .faces import LabelledFace, collect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import TypeAlias

    from pipeline.audits.answers import RatedFace
    from pipeline.records import Box, Image
    from pipeline.store.audits import KnownVideo

    from .faces import LabelledFaces

    Key: TypeAlias = tuple[str, int, tuple[int, ...]]

STRETCH_S = 60
"""Faces of so many seconds are held out together: neighbouring frames show the same people."""

STRETCHES = "the stretches of footage"
"""What is held out of an audit, in the words of `faces.hold_out`."""


@dataclass(frozen=True, slots=True)
class AuditSource:
    """The files of an audit, and where its videos are.

    Attributes:
        files: answers to one sample, a file for each person.
        db: the database that knows where the videos are; None to look in `videos`.
        videos: a folder that they are in, which then counts in place of the database.
    """

    files: tuple[str, ...]
    db: str | None = None
    videos: str | None = None

    @property
    def name(self) -> str:
        """What cards call it: the names of the files are those of persons."""
        return f"audit of {len(self.files)} file{'' if len(self.files) == 1 else 's'}"


def load_audit(source: AuditSource) -> LabelledFaces:
    """The faces in which most of those who looked see an expression, as `analyze` would cut them.

    Areas that are blanked by now are black, and faces in them are left out, whatever was asked about them before.

    Raises:
        DataError: a file cannot be read, or no face is left.
        SettingError: the folder of the videos is none.
        StoreError: the database cannot be read.
    """
    answers = read_answers([Path(file) for file in source.files])
    named = [(face, settle(face.votes)) for face in answers.faces]
    readable = {face.key: EXPRESSIONS.index(vote) for face, vote in named if vote in EXPRESSIONS}
    faces = [face for face, _ in named if face.key in readable]
    found, missing = find_videos(faces, _videos(source, faces))
    if faces and not found:
        raise DataError(
            f"{source.files[0]}: expected the videos of its faces; none of {', '.join(list(missing)[:3])} is known. "
            "Name their database with `db`, or their folder with `videos`."
        )
    problems = [f"{name}: not known; {count(faces, 'face')}" for name, faces in missing.items()]
    rows = list(_cut(found, readable, problems))
    if len({row.subject for row in rows}) == 1:  # of a single stretch nothing would be left to train on
        rows = [replace(row, subject="") for row in rows]
    data = collect(rows, source.name, tuple(_notes(source, len(answers.faces), len(faces), len(rows))))
    return replace(data, unreadable=tuple(problems))


def _videos(source: AuditSource, faces: Sequence[RatedFace]) -> list[KnownVideo]:
    if source.videos:
        return list(list_folder(Path(source.videos), faces))
    engine = connect(source.db or "")
    try:
        return known_videos(engine)
    finally:
        engine.dispose()


def _notes(source: AuditSource, answered: int, readable: int, cut: int) -> Iterator[str]:
    """Only numbers: notes go into cards, and names of files may be those of persons or places."""
    if readable < answered:
        left_out = answered - readable
        yield (
            f"{source.name}: {left_out} of {count(answered, 'face')} {'is' if left_out == 1 else 'are'} left out; most "
            "of those who looked see no expression in them, or do not agree."
        )
    if cut < readable:
        lost = count(
            readable - cut,
            "face could not be cut from its video and is",
            "faces could not be cut from their videos and are",
        )
        yield f"{source.name}: {lost} left out."


def _cut(
    found: Sequence[tuple[RatedFace, KnownVideo]], labels: Mapping[Key, int], problems: list[str]
) -> Iterator[LabelledFace]:
    """The faces, video by video; what is wrong with a video goes to `problems`."""
    by_video: defaultdict[int, list[RatedFace]] = defaultdict(list)
    videos = {video.video_id: video for _, video in found}
    for face, video in found:
        by_video[video.video_id].append(face)
    with Decoder() as decoder:
        for number, faces in by_video.items():
            video = videos[number]
            spots = tuple(Spot(face.frame, face.box, face.time_s) for face in faces)
            footage = Footage(video.path, video.content, spots, video.hints, video.masks)
            hidden = 0
            try:
                for piece in cut_out(footage, decoder, _crop):
                    if piece.cut is None:
                        hidden += 1
                        continue
                    face = faces[piece.at]
                    origin = f"{face.video}, frame {face.frame}"
                    yield LabelledFace(piece.cut, labels[face.key], "", origin, _stretch(face, video))
            except VideoError as error:
                problems.append(f"{video.path.name}: {error}")
            if hidden:
                problems.append(
                    f"{video.path.name}: {count(hidden, 'face lies', 'faces lie')} in areas that are blanked by now"
                )


def _stretch(face: RatedFace, video: KnownVideo) -> str:
    """In place of the person, who is not known: the video, and the minute where the answers say it."""
    if face.time_s is None:
        return video.content.sha256[:16]
    return f"{video.content.sha256[:16]} {int(face.time_s // STRETCH_S)}"


def _crop(image: Image, box: Box) -> Image:
    return crop_face(image, Face(box.left, box.top, box.right - box.left, box.bottom - box.top, 1.0, ()))
