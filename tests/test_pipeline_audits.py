"""What people say of faces: their files, and the same faces cut from the videos again."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fakes import read_number, write_video
from fixtures_video import read_frames, split_end

from pipeline.audits.answers import read_answers, settle
from pipeline.audits.cutting import LEAST_PX, MOST_PX, OUTSIDE, Footage, Spot, cut_out, encode_view, view_of
from pipeline.errors import DataError, VideoError
from pipeline.records import Box, Identity
from pipeline.video.containers import open_video
from pipeline.video.decoding import Decoder
from pipeline.video.identity import identify
from pipeline.video.picking import CannotJumpError, jump
from pipeline.video.reader import Reader
from pipeline.video.sampling import Picked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOX = Box(20, 30, 60, 70)


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as decoder:
        yield decoder


def face(vote: str | list[str] = "happy", frame: int = 3, **changes: Any) -> dict[str, Any]:
    votes = [vote] if isinstance(vote, str) else vote
    return {"video": "door.mp4", "frame": frame, "box": [20, 30, 40, 40], "votes": votes} | changes


def answered(folder: Path, name: str, *faces: dict[str, Any], **file: Any) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"rater": name, "sample": "s1", "faces": faces} | file), "utf-8")
    return path


@pytest.mark.parametrize(
    ("votes", "truth"),
    [
        (["happy"], "happy"),
        (["happy", "sad"], None),
        (["happy", "sad", "happy"], "happy"),
        (["happy", "sad", "unclear"], None),
        (["happy", "sad", "neutral"], None),
        (["unclear", "noface", "unclear"], "unclear"),
        (["unclear", "noface"], None),
        (["noface", "noface", "happy"], "noface"),
        (["happy", "happy", "unclear", "unclear"], None),
    ],
)
def test_more_than_half_of_the_votes_settle_a_face(votes: list[str], truth: str | None) -> None:
    """First whether it is an expression, unclear or no face; then which expression."""
    assert settle(votes) == truth


def test_answers_of_several_people_to_a_face_come_together(tmp_path: Path) -> None:
    """A face has the votes of all who answered it, also where one of them left others out."""
    an = answered(tmp_path, "An", face("happy"), face("sad", 9, weight=2.5, location="quay"))
    binh = answered(tmp_path, "Binh", face("no face", 9))

    answers = read_answers([an, binh])

    assert (answers.sample, answers.raters) == ("s1", 2)
    assert [(one.frame, one.votes, one.weight, one.location) for one in answers.faces] == [
        (3, ("happy",), 1.0, ""),
        (9, ("sad", "noface"), 2.5, "quay"),
    ]
    assert answers.faces[0].box == BOX


def test_files_that_name_no_sample_are_known_by_their_faces(tmp_path: Path) -> None:
    """The same faces are the same sample, in whatever order; other faces are another."""
    names = {"rater": "", "sample": ""}
    one, same = (answered(tmp_path, name, *faces, **names) for name, faces in
                 (("a", (face(), face(frame=4))), ("b", (face("sad", 4), face()))))  # fmt: skip
    other = answered(tmp_path, "c", face(), **names)

    assert read_answers([one]).sample == read_answers([same]).sample
    assert read_answers([one]).sample != read_answers([other]).sample
    assert read_answers([one, same]).raters == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "expected the answers of an audit"),
        ("[]", "expected the answers of an audit"),
        ('{"faces": []}', "at least one face; found none"),
        ('{"faces": [{"video": "a"}]}', r"missing required field `frame` - at `\$\.faces\[0\]`"),
        (json.dumps({"faces": [face("joyful")]}), "face 1: expected votes among angry.*found 'joyful'"),
        (json.dumps({"faces": [face([])]}), "face 1: expected at least one vote"),
        (json.dumps({"faces": [face(), face(box=[1, 2, 0, 4])]}), "face 2: expected a frame from 0 on, a box"),
        (json.dumps({"faces": [face(weight=-1)]}), "a weight above 0"),
        (json.dumps({"faces": [face(), face("sad")]}), "expected each face once"),
    ],
)  # fmt: skip
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: str, said: str) -> None:
    """The message names the file, what was expected and found, and what to do."""
    path = tmp_path / "answers.json"
    path.write_text(content, "utf-8")

    with pytest.raises(DataError, match=said) as error:
        read_answers([path])

    assert str(error.value).startswith(str(path))


def test_nobody_counts_twice(tmp_path: Path) -> None:
    """A file named twice, one person's answers to the same faces, and answers to two samples are refused."""
    an = answered(tmp_path, "An", face())
    again = answered(tmp_path, "An (1)", face("sad"), rater="An")
    other = answered(tmp_path, "Binh", face(), sample="s2")

    for files, said in (([an, an], "named twice"), ([an, again], "answers of 'An'"), ([an, other], "same sample")):
        with pytest.raises(DataError, match=said):
            read_answers(files)


@pytest.mark.shared
def test_the_rated_shop_faces_are_in_this_form(shared: Path) -> None:
    """Three votes a face, and the truths that the set's own page counts."""
    answers = read_answers([shared / "data" / "shop_faces" / "labels.json"])

    assert (len(answers.faces), answers.raters) == (592, 3)
    assert Counter(settle(one.votes) for one in answers.faces) == {
        "neutral": 271, "happy": 115, "sad": 14, "fear": 6, "angry": 1, "surprise": 1, "unclear": 132, "noface": 52,
    }  # fmt: skip


def test_picked_frames_are_those_and_reading_stops_behind_the_last(tmp_path: Path) -> None:
    """The frames at these positions, whatever their times; a video that is damaged behind them is no trouble."""
    video = write_video(tmp_path / "a.mp4", 50)

    frames, damage = split_end(Reader(video).sample(Picked(frozenset({3, 17, 40}))))

    assert [read_number(frame.image) for frame in frames if frame.image is not None] == [3, 17, 40]
    assert [frame.index for frame in frames] == [3, 17, 40]
    assert damage is None


def test_faces_are_cut_from_their_frames(tmp_path: Path, decoder: Decoder) -> None:
    """Each spot gets its own frame and box, several of one frame too."""
    video = write_video(tmp_path / "a.mp4", 50)
    spots = tuple(Spot(frame, Box(frame, 0, frame + 9, 9)) for frame in (40, 3, 17, 17))

    pieces = list(
        cut_out(Footage(video, identify(video), spots), decoder, lambda image, box: (read_number(image), box))
    )

    assert sorted(piece.at for piece in pieces) == [0, 1, 2, 3]
    assert all(piece.cut == (spots[piece.at].frame, spots[piece.at].box) for piece in pieces)


def test_a_frame_of_another_time_is_not_cut(tmp_path: Path, decoder: Decoder) -> None:
    """Where the stored time and that of the frame differ, the face is missing rather than another one."""
    video = write_video(tmp_path / "a.mp4", 50)
    spots = (Spot(10, BOX, 1.0), Spot(20, BOX, 2.1), Spot(30, BOX, 3.0004))

    assert [piece.at for piece in cut_out(Footage(video, None, spots), decoder, view_of)] == [0, 2]


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi"])
def test_far_frames_are_reached_by_jumps(tmp_path: Path, suffix: str) -> None:
    """They are those that reading from the beginning would give, with the same times, and little of it is decoded."""
    video = write_video(tmp_path / f"a.{suffix}", 2100, codec="mpeg4" if suffix == "avi" else "libx264")
    picked = Picked(frozenset({5, 1203, 1204, 2047, 2099}))
    expected = {frame.index: frame.timestamp_s for frame in read_frames(video) if frame.index in picked.indices}

    frames, damage = split_end(Reader(video).sample(picked))

    assert {frame.index: frame.timestamp_s for frame in frames} == pytest.approx(expected)
    assert [read_number(frame.image) for frame in frames if frame.image is not None] == [5, 1203, 1204, 2047, 2099]
    assert damage is None


@pytest.mark.slow
def test_jumps_work_at_a_variable_frame_rate(tmp_path: Path) -> None:
    """Positions follow from timestamps, not from a rate."""
    times = np.cumsum(np.random.default_rng(3).uniform(0.02, 0.3, 2200)).tolist()
    video = write_video(tmp_path / "a.mp4", times=times)

    with open_video(video) as (container, stream):
        timeline = Reader(video).timeline()
        found = list(jump(container, stream, Picked(frozenset({700, 2100})), timeline, lambda: None))

    assert [index for index, _, _ in found] == [700, 2100]
    assert [seconds for _, seconds, _ in found] == pytest.approx(
        [times[700] - times[0], times[2100] - times[0]], abs=2e-3
    )
    assert [read_number(frame.to_ndarray(format="rgb24")) for _, _, frame in found] == [700, 2100]


@pytest.mark.slow
def test_where_jumps_are_not_safe_the_video_is_read_from_the_beginning(tmp_path: Path) -> None:
    """A stream without timestamps of its own, and one whose timestamps begin anew."""
    raw = write_video(tmp_path / "a.h264", 2100)
    picked = Picked(frozenset({3, 2050}))

    with open_video(raw) as (container, stream), pytest.raises(CannotJumpError):
        list(jump(container, stream, picked, Reader(raw).timeline(), lambda: None))
    frames, _ = split_end(Reader(raw).sample(picked))

    assert [read_number(frame.image) for frame in frames if frame.image is not None] == [3, 2050]


def test_only_the_video_that_was_analysed_is_cut(tmp_path: Path, decoder: Decoder) -> None:
    """One that is gone or changed is refused; one that was still being recorded then is the same."""
    video = write_video(tmp_path / "a.mkv", 50)
    content = video.read_bytes()
    video.write_bytes(content[:-500])
    earlier = identify(video)
    video.write_bytes(content)

    assert len(list(cut_out(Footage(video, earlier, (Spot(3, BOX),)), decoder, view_of))) == 1
    with pytest.raises(VideoError, match="the file was changed since"):
        list(cut_out(Footage(video, Identity("0" * 64, 10), (Spot(3, BOX),)), decoder, view_of))
    with pytest.raises(VideoError, match="cannot be read: No such file"):
        list(cut_out(Footage(tmp_path / "gone.mp4", earlier, (Spot(3, BOX),)), decoder, view_of))


@pytest.mark.parametrize(
    ("box", "side"),
    [(Box(20, 30, 44, 62), LEAST_PX), (Box(0, 0, 250, 250), 425), (Box(0, 0, 400, 390), MOST_PX)],
)
def test_people_see_a_square_around_the_face(box: Box, side: int) -> None:
    """Small faces are enlarged and large ones reduced; the face lies in the middle."""
    image = np.zeros((600, 800, 3), np.uint8)
    image[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = 255

    view = view_of(image, box)

    assert view.shape == (side, side, 3)
    assert view[side // 2, side // 2].min() == 255
    assert view[side // 2, side - 3].max() == 0


def test_what_lies_outside_the_frame_is_grey() -> None:
    """A face in a corner stays in the middle of its picture, and nothing is invented around it."""
    image = np.full((100, 100, 3), 255, np.uint8)

    for box in (Box(0, 0, 40, 40), Box(60, 60, 100, 100), Box(-10, 70, 30, 110)):
        view = view_of(image, box)
        corners = view[[2, 2, -3, -3], [2, -3, 2, -3], 0]
        assert OUTSIDE in corners
        assert view[LEAST_PX // 2, LEAST_PX // 2, 0] == 255
    assert encode_view(view)[:2] == b"\xff\xd8"


def test_blanked_areas_are_black_in_what_is_cut(tmp_path: Path, decoder: Decoder) -> None:
    """Whoever is beside a face, in an area that is blanked by now, is not shown to those who judge it."""
    video = write_video(tmp_path / "a.mp4", 4)
    half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    spots = (Spot(1, Box(77, 60, 117, 100)),)

    (plain,) = cut_out(Footage(video, identify(video), spots), decoder, view_of)
    (blanked,) = cut_out(Footage(video, identify(video), spots, masks=(half,)), decoder, view_of)

    assert blanked.cut is not None
    assert plain.cut is not None
    middle = blanked.cut.shape[1] // 2
    assert blanked.cut[:, : middle - 24].max() < 8
    assert (blanked.cut[:, middle + 40 :] == plain.cut[:, middle + 40 :]).all()
    assert plain.cut[:, : middle - 8].max() > 60


def test_faces_in_blanked_areas_are_not_cut(tmp_path: Path, decoder: Decoder) -> None:
    """A face whose middle lies in an area that is blanked by now is told as hidden; the others of its frame are cut."""
    video = write_video(tmp_path / "a.mp4", 4)
    half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    spots = (Spot(1, Box(10, 20, 50, 60)), Spot(1, Box(100, 20, 140, 60)), Spot(2, Box(60, 20, 96, 60)))

    pieces = cut_out(Footage(video, identify(video), spots, masks=(half,)), decoder, view_of)

    assert {piece.at: piece.cut is None for piece in pieces} == {0: True, 1: False, 2: True}
