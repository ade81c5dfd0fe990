"""Faces of an audit as labelled faces: cut from their videos again, trained on, and measured on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from fakes import write_video
from fixtures_video import read_frames

from pipeline.areas import Areas, Blank, Why
from pipeline.blanking import blank
from pipeline.errors import DataError, SettingError
from pipeline.places.locate import Place
from pipeline.preprocessing import crop_face
from pipeline.records import EXPRESSIONS, Face, VideoRecord
from pipeline.store.areas import tell_areas
from pipeline.store.database import connect
from pipeline.store.writer import Store
from pipeline.video.identity import identify
from retrain.data.audits import AuditSource, load_audit
from retrain.data.faces import PUBLIC_TEST, TRAINING
from retrain.data.sources import DataOptions, gather, read_sources

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

    Command = Callable[..., CompletedProcess[str]]

PLACE = Place("quay", "door", "option", None, None, "UTC", "option")


def rated(frame: int, *votes: str, **changes: Any) -> dict[str, Any]:
    box = [30 + frame % 7, 25, 40, 48]
    return {"video": "door.mp4", "frame": frame, "time_s": frame / 10, "box": box, "votes": list(votes)} | changes


def answers(folder: Path, *faces: dict[str, Any], name: str = "An") -> str:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"rater": name, "sample": "s", "faces": faces}), "utf-8")
    return str(path)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Frames that differ, in a folder below that of the test."""
    (tmp_path / "clips" / "quay").mkdir(parents=True)
    return write_video(tmp_path / "clips" / "quay" / "door.mp4", 60)


@pytest.fixture
def slow_video(tmp_path: Path) -> Path:
    """Ten frames a minute for six minutes."""
    return write_video(tmp_path / "door.mp4", times=[6.0 * index for index in range(60)])


def test_faces_are_cut_as_analyze_cuts_them(tmp_path: Path, video: Path) -> None:
    """The crop of the frame at its box, with the label that most say; what is no expression to them is left out."""
    faces = [rated(3, "happy", "happy", "sad"), rated(9, "unclear"), rated(20, "noface"), rated(31, "sad", "happy"),
             rated(40, "neutral")]  # fmt: skip
    data = load_audit(AuditSource((answers(tmp_path, *faces),), videos=str(tmp_path / "clips")))
    frames = read_frames(video)

    assert [EXPRESSIONS[label] for label in data.labels] == ["happy", "neutral"]
    for face, at in zip(data.faces, (3, 40), strict=True):
        image = frames[at].image
        assert image is not None
        x, y, width, height = rated(at)["box"]
        assert np.array_equal(face, crop_face(image, Face(x, y, width, height, 1.0, ())))
    assert data.source == "audit of 1 file"
    assert data.notes == (
        "audit of 1 file: 3 of 5 faces are left out; most of those who looked see no expression in them, or do not "
        "agree.",
    )


def test_videos_are_found_through_the_database(tmp_path: Path, video: Path) -> None:
    """By their content, under whatever name the answers have; one that is not known is said and left out."""
    db = str(tmp_path / "a.db")
    with Store(db) as store:
        store.add_video(VideoRecord(video, identify(video), PLACE, None))
    known = identify(video).sha256
    faces = [rated(3, "happy", sha256=known, video="other-name.mp4"), rated(5, "sad", sha256="0" * 64, video="x.mp4")]

    data = load_audit(AuditSource((answers(tmp_path, *faces),), db=db))

    assert (len(data), data.unreadable) == (1, ("x.mp4: not known; 1 face",))
    assert data.notes == ("audit of 1 file: 1 face could not be cut from its video and is left out.",)
    assert not any("door" in note or "x.mp4" in note for note in data.notes)


LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


@pytest.mark.parametrize("by_database", [True, False])
def test_blanked_areas_are_blanked_in_what_is_trained_on(tmp_path: Path, video: Path, *, by_database: bool) -> None:
    """As the database was told last, or as a `cameras.toml` above the videos says.

    A crop that reaches into the area is black there; a face inside it is left out, and that is said.
    """
    db = str(tmp_path / "a.db")
    polygon = [list(point) for point in LEFT_HALF]
    if by_database:
        areas = Areas(blanks=(Blank(Why.STAFF, LEFT_HALF),))
        with Store(db) as store:
            store.add_video(VideoRecord(video, identify(video), PLACE, None))
        engine = connect(db, writes=True)
        with engine.begin() as connection:
            tell_areas(connection, 1, areas, "cameras.toml")
        engine.dispose()
    else:
        camera = f'[[camera]]\npattern = "door*"\n[[camera.blank]]\nwhy = "staff"\npolygon = {polygon}\n'
        (tmp_path / "clips" / "cameras.toml").write_text(camera, "utf-8")
    image = read_frames(video)[3].image
    assert image is not None
    middle = image.shape[1] // 2
    boxes = [[middle - 10, 25, 40, 48], [5, 25, 40, 48]]
    faces = [rated(3, "happy", box=box, sha256=identify(video).sha256) for box in boxes]
    place = {"db": db} if by_database else {"videos": str(tmp_path / "clips")}

    data = load_audit(AuditSource((answers(tmp_path, *faces),), **place))

    black = image.copy()
    blank(black, [LEFT_HALF])
    (crop,) = data.faces
    whole = Face(middle - 10, 25, 40, 48, 1.0, ())
    assert np.array_equal(crop, crop_face(black, whole))
    assert not np.array_equal(crop, crop_face(image, whole))
    assert data.unreadable == ("door.mp4: 1 face lies in areas that are blanked by now",)


def test_what_is_not_found_is_said(tmp_path: Path, video: Path) -> None:
    """No video at all, a folder that is none, no expression: each message says what was expected."""
    nowhere, sad = tmp_path / "nowhere", answers(tmp_path, rated(3, "sad", video="gone.mp4"))
    unclear = answers(tmp_path, rated(3, "unclear"), name="Binh")

    with pytest.raises(DataError, match=r"expected the videos of its faces; none of gone\.mp4 is known"):
        load_audit(AuditSource((sad,), videos=str(video.parent)))
    with pytest.raises(SettingError, match="videos: expected a folder of videos"):
        load_audit(AuditSource((sad,), videos=str(nowhere)))
    with pytest.raises(DataError, match="expected labelled faces; found none"):
        load_audit(AuditSource((unclear,), videos=str(video.parent)))
    with pytest.raises(SettingError, match="ferplus: expected a FER-2013 csv beside it; found only an audit"):
        gather(DataOptions(ferplus="votes.csv", audit=AuditSource((sad,), videos=str(video.parent))))


def test_whole_stretches_of_footage_are_held_out(tmp_path: Path, slow_video: Path) -> None:
    """Faces of the same minute show the same people: none of them is trained on if others are measured on."""
    faces = [rated(frame, EXPRESSIONS[frame % 3], time_s=frame * 6) for frame in range(60)]
    source = AuditSource((answers(tmp_path, *faces),), videos=str(slow_video.parent))

    data = gather(DataOptions(audit=source))
    minutes = {split: {int(origin.split()[-1]) // 10 for origin in data.origins[data.splits == split]}
               for split in (TRAINING, PUBLIC_TEST)}  # fmt: skip
    both, _ = read_sources(DataOptions(audit=source, clean=False))

    assert len(data) == 60
    assert minutes[PUBLIC_TEST]
    assert not minutes[TRAINING] & minutes[PUBLIC_TEST]
    assert any("20% of the stretches of footage" in note for note in data.notes)
    assert both.sha256 == data.sha256


def test_of_a_single_stretch_a_part_of_each_expression_is_held_out(tmp_path: Path, video: Path) -> None:
    """Where everything was filmed within a minute there is still something to train on."""
    faces = [rated(frame, EXPRESSIONS[frame % 2]) for frame in range(40)]

    data = gather(DataOptions(audit=AuditSource((answers(tmp_path, *faces),), videos=str(video.parent))))

    assert data.counts() == {TRAINING: (16, 16, 0, 0, 0, 0, 0), PUBLIC_TEST: (4, 4, 0, 0, 0, 0, 0)}


@pytest.mark.slow
def test_another_model_is_measured_without_new_labels(tmp_path: Path, video: Path, fer_video: Command) -> None:
    """`evaluate --audit` measures all its faces; without DATA and audit it says what is missing."""
    path = answers(tmp_path, *(rated(frame, "neutral") for frame in range(0, 40, 4)))

    done = fer_video("evaluate", "--audit", path, "--videos", video.parent, "--json")
    (figures,) = json.loads(done.stdout)
    nothing = fer_video("evaluate")
    alone = fer_video("evaluate", "fer2013.csv", "--videos", video.parent)

    assert done.returncode == 0, done.stderr
    assert figures["evaluation"]["faces"] == 10
    assert figures["evaluation"]["data"].startswith("audit of 1 file")
    assert (nothing.returncode, alone.returncode) == (2, 2)
    assert "expected labelled faces, DATA or --audit; found neither" in nothing.stderr
    assert "--videos: expected --audit beside it" in alone.stderr


@pytest.mark.slow
def test_a_network_is_trained_on_the_faces_of_an_audit(tmp_path: Path, slow_video: Path, fer_video: Command) -> None:
    """`retrain --audit` needs no DATA; the run remembers the answers, and its card names nobody."""
    faces = [rated(frame, EXPRESSIONS[frame % 3], time_s=frame * 6) for frame in range(60)]
    path = answers(tmp_path, *faces, name="Nguyen Van An")

    command = ["retrain", "--audit", path, "--videos", slow_video.parent, "--run", "run"]
    done = fer_video(*command, "--keep-duplicates", "--width", "0.0625", "--epochs", "1")

    assert done.returncode == 0, done.stderr
    origin = json.loads((tmp_path / "run" / "origin.json").read_text("utf-8"))
    assert origin["sources"]["audit"] == {"files": [path], "db": None, "videos": str(slow_video.parent)}
    card = (tmp_path / "run" / "model" / "card.json").read_text("utf-8")
    assert "audit of 1 file" in card
    assert "Nguyen" not in card
    assert "door" not in card
