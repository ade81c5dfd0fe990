"""Blanked areas: black before detection, part of an analysis' identity, and nothing of them in any row."""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from fakes import FakeClassifier, FakeDetector, fake_stages, make_face, number_image, write_video
from fixtures_video import read_frames, turn
from golden_faces import sample_images

from pipeline.analyze import Stages, read_batch
from pipeline.annotate.annotate import annotate
from pipeline.areas import Areas, Blank, Kind, Staff, Why, Zone, blank_sha256, inside
from pipeline.batch import BatchStarted, Request, analyze_all
from pipeline.blanking import blank, mask_of, outside_of
from pipeline.events import Outcome, VideoStarted
from pipeline.models.folder import find_model
from pipeline.places.inputs import find_inputs, named_folders
from pipeline.places.locate import PlaceOptions
from pipeline.records import Frame
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.store.areas import read_told
from pipeline.store.database import Upgrade, connect, upgrade
from pipeline.store.schema import SCHEMA_VERSION
from pipeline.store.sightings import list_analyses, read_looks
from pipeline.video.decoding import Decoder
from pipeline.video.identity import identify
from pipeline.work import open_stages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from subprocess import CompletedProcess

    from pipeline.areas import Polygon
    from pipeline.events import Event
    from pipeline.records import Face, Image
    from pipeline.work import OpenStages

    Command = Callable[..., CompletedProcess[str]]

HALF: Polygon = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
RIGHT: Polygon = ((0.45, 0.0), (1.0, 0.0), (1.0, 1.0), (0.45, 1.0))
LEFT_CAMERA = (
    '[[camera]]\npattern = "*"\n[[camera.blank]]\nwhy = "staff"\npolygon = [[0, 0.15], [0.4, 0.15], [0.4, 1], [0, 1]]\n'
)
RIGHT_CAMERA = (
    '[[camera]]\npattern = "*"\n[[camera.blank]]\nwhy = "staff"\npolygon = [[0.45, 0], [1, 0], [1, 1], [0.45, 1]]\n'
)
ZONE = '[[camera.zone]]\nname = "queue"\nkind = "queue"\npolygon = [[0, 0], [0.4, 0], [0.4, 1]]\n'


def analysed(*paths: Path, db: Path, stages: OpenStages = fake_stages, **request: Any) -> list[Event]:
    names = [str(path) for path in paths]
    places = PlaceOptions(roots=named_folders(names))
    settings = Settings(Sampling(SamplingMode.FPS, 5))
    events = analyze_all(find_inputs(names), Request(str(db), settings, places, "cpu", **request), stages)
    return [event for event in events if not isinstance(event, BatchStarted)]


def outcomes(*paths: Path, **options: Any) -> list[Outcome]:
    return [event for event in analysed(*paths, **options) if isinstance(event, Outcome)]


def rows(db: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(query).fetchall()


def faces_of(db: Path) -> list[Any]:
    return rows(db, "SELECT frame_index, x, y, width, height, confidence FROM faces ORDER BY 1, 2")


def test_a_mask_covers_its_area_and_a_pixel_around() -> None:
    """Black to the pixel beside the border, also where two areas overlap; the rest of the picture keeps its values."""
    image = np.full((2, 40, 60, 3), 200, np.uint8)

    blank(image, [HALF, ((0.4, 0.0), (0.6, 0.0), (0.6, 0.5), (0.4, 0.5))])

    assert (image[:, :, 30:] == 0).all()
    assert (image[:, :20, 24:] == 0).all()
    assert (image[:, :, :22] == 200).all()
    assert (image[:, 22:, :28] == 200).all()


def test_no_point_of_an_area_is_seen() -> None:
    """Of polygons of any shape every pixel whose middle lies inside is covered, on any size of picture."""
    generator = np.random.default_rng(3)
    for _ in range(60):
        height, width = generator.integers(8, 90, 2).tolist()
        polygon = tuple((float(x), float(y)) for x, y in generator.random((3, 2)))
        across, down = np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height)
        within = inside(np.stack([across.ravel(), down.ravel()], 1), polygon).reshape(height, width)

        assert not (within & ~mask_of([polygon], (height, width))).any()


def test_no_stored_centre_is_inside() -> None:
    """A box whose centre lies in a blanked area or on its border is dropped, by the digits that are stored."""
    faces = [make_face(left, 10, 40, 40) for left in (10.0, 29.99, 30.0, 30.004, 60.0)]

    kept = outside_of(faces, [HALF], (100, 100))

    assert [face.x for face in kept] == [10.0, 29.99]
    assert outside_of(faces, (), (100, 100)) == tuple(faces)
    assert outside_of([], [HALF], (100, 100)) == ()


def test_frames_that_come_in_are_not_changed() -> None:
    """Whoever holds a frame keeps its picture: a copy is blanked, one frame or several."""
    seen: list[Image] = []

    class Watching:
        def detect(self, images: Image) -> list[tuple[Face, ...]]:
            seen.append(images.copy())
            return [() for _ in images]

    for count in (1, 3):
        frames = [Frame(at, at / 2, number_image(7)) for at in range(count)]
        read_batch(frames, Stages(Watching(), FakeClassifier(), masks=(HALF,)))
        assert all((frame.image == number_image(7)).all() for frame in frames)
        assert (seen[-1][:, :, 96:] == 0).all()
        assert (seen[-1][:, :, :94] == number_image(7)[:, :94]).all()


def test_another_mask_is_new_work_and_the_old_rows_go(tmp_path: Path) -> None:
    """Blanking, another area, and taking it back each read a video anew; the same one, or another zone, never does."""
    video, db, file = write_video(tmp_path / "till.mp4"), tmp_path / "a.db", tmp_path / "cameras.toml"
    plain = analysed(video, db=db) and faces_of(db)
    stored: list[Any] = []
    for text in (RIGHT_CAMERA, RIGHT_CAMERA + ZONE, LEFT_CAMERA, '[[camera]]\npattern = "*"\nstaff = "none"'):
        file.write_text(text)
        stored.append([outcomes(video, db=db)[0].reused, outcomes(video, db=db)[0].reused, faces_of(db)])

    assert [each[:2] for each in stored] == [[False, True], [True, True], [False, True], [False, True]]
    assert stored[3][2] == plain
    assert len({str(each[2]) for each in stored}) == 3
    assert rows(db, "SELECT count(*), count(blank_sha256) FROM analyses") == [(1, 0)]
    # The fake faces lie 20 and 70 px from the left, in a picture 192 px wide.
    assert max(x + width / 2 for _, x, _, width, *_ in stored[0][2]) < 0.45 * 192
    assert min(x + width / 2 for _, x, _, width, *_ in stored[2][2]) > 76.8


def test_without_areas_old_rows_stay_done(tmp_path: Path) -> None:
    """Nothing blanked is what it was before there were areas; a mask's hash is stored with the rows."""
    video, db = write_video(tmp_path / "till.mp4"), tmp_path / "a.db"
    analysed(video, db=db)
    assert rows(db, "SELECT blank_sha256 FROM analyses") == [(None,)]
    (tmp_path / "cameras.toml").write_text('[[camera]]\npattern = "*"\nstaff = "none"\n' + ZONE)

    assert outcomes(video, db=db)[0].reused
    assert rows(db, "SELECT blank_sha256 FROM analyses") == [(None,)]
    (tmp_path / "cameras.toml").write_text(RIGHT_CAMERA)
    (started,) = [event for event in analysed(video, db=db) if isinstance(event, VideoStarted)]
    assert started.anew == "other areas of its picture were blanked before"
    assert rows(db, "SELECT blank_sha256 FROM analyses") == [(blank_sha256([RIGHT]),)]


def test_what_was_blanked_stays_blanked_until_a_file_says_otherwise(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A night without the cameras.toml brings nobody back into the rows; what was told last is kept, and logged."""
    video, db, file = write_video(tmp_path / "till.mp4"), tmp_path / "a.db", tmp_path / "cameras.toml"
    file.write_text(RIGHT_CAMERA + ZONE)
    analysed(video, db=db)
    blanked = faces_of(db)
    file.unlink()

    with caplog.at_level(logging.INFO, "fer_video"):
        (again,) = outcomes(video, db=db)
    (forced,) = outcomes(video, db=db, force=True)

    assert (again.reused, forced.reused) == (True, False)
    assert f"staff blanked, 1 area blanked, zones queue, as {file} said last" in caplog.text
    assert faces_of(db) == blanked
    engine = connect(str(db))
    with engine.begin() as connection:
        (told,) = read_told(connection).values()
    engine.dispose()
    assert told.source == str(file)
    assert told.areas == Areas(
        Staff.BLANKED, (Blank(Why.STAFF, RIGHT),), (Zone("queue", Kind.QUEUE, ((0, 0), (0.4, 0), (0.4, 1))),)
    )


def test_a_stopped_video_goes_on_under_the_same_mask_alone(tmp_path: Path) -> None:
    """What was stored under another mask before an interruption is not mixed with what is read now."""
    video, db, file = write_video(tmp_path / "till.mp4", 1000, 10), tmp_path / "a.db", tmp_path / "cameras.toml"
    file.write_text(RIGHT_CAMERA)

    class Stopping:
        def __init__(self) -> None:
            self.left = 20

        def detect(self, images: Image) -> list[tuple[Face, ...]]:
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt
            return FakeDetector().detect(images)

    def stop(*_: object) -> Stages:
        return Stages(Stopping(), FakeClassifier())

    with pytest.raises(KeyboardInterrupt):
        analysed(video, db=db, stages=stop)
    assert rows(db, "SELECT count(*) > 0 FROM chunks") == [(1,)]
    file.write_text(LEFT_CAMERA)
    analysed(video, db=db)

    assert min(x + width / 2 for _, x, _, width, *_ in faces_of(db)) > 76.8
    assert rows(db, "SELECT count(*) FROM frames") == [(500,)]


def test_a_database_of_version_4_gets_areas(tmp_path: Path) -> None:
    """Its rows are there as before, with nothing blanked, and its videos have no areas."""
    db = tmp_path / "old.db"
    with closing(sqlite3.connect(db)) as connection:
        connection.executescript(Path(__file__).with_name("version4.sql").read_text("utf-8"))
    before = rows(db, "SELECT * FROM faces")

    assert upgrade(str(db)) == Upgrade(4, SCHEMA_VERSION, 1)

    assert [row[: len(before[0])] for row in rows(db, "SELECT * FROM faces")] == before
    assert set(rows(db, "SELECT blank_sha256 FROM analyses")) == {(None,)}
    assert rows(db, "SELECT count(*) FROM told_areas") == rows(db, "SELECT count(*) FROM areas") == [(0,)]


def test_cameras_that_did_not_say_are_refused_if_asked(tmp_path: Path) -> None:
    """With areas required, a video of whose staff nobody said anything fails alone, and says what to do."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    till, door = write_video(tmp_path / "a" / "till.mp4"), write_video(tmp_path / "b" / "door.mp4", 30)
    (tmp_path / "a" / "cameras.toml").write_text(RIGHT_CAMERA)

    done = outcomes(till, door, db=tmp_path / "a.db", require_areas=True)

    assert [(one.path.name, one.status) for one in done] == [("till.mp4", "done"), ("door.mp4", "failed")]
    assert 'expected `staff = "none"` or `"blanked"`' in (done[1].reason or "")
    assert rows(tmp_path / "a.db", "SELECT count(*) FROM videos") == [(1,)]
    (tmp_path / "a" / "cameras.toml").unlink()
    (again,) = outcomes(till, db=tmp_path / "a.db", require_areas=True)
    assert again.reused, "it was said before"


def test_a_moved_zone_is_told_without_reading_a_video(tmp_path: Path, fer_video: Command) -> None:
    """The database knows it from then on; another blanked area is told too, with which videos must be read again."""
    video, db, file = write_video(tmp_path / "till.mp4"), tmp_path / "fer-video.db", tmp_path / "cameras.toml"
    file.write_text(RIGHT_CAMERA + ZONE)
    analysed(video, db=db)
    stored = faces_of(db)
    video.unlink()

    same = fer_video("areas")
    file.write_text(RIGHT_CAMERA + ZONE.replace("queue", "counter"))
    moved = fer_video("areas")
    file.write_text(LEFT_CAMERA)
    other = fer_video("areas")
    file.write_text("[[camera]]\npattern = 'door*'")
    silent = fer_video("areas", "--json")

    assert (same.returncode, same.stdout) == (0, "1 video of which a cameras.toml speaks; 0 told anew\n")
    assert f"{video}: staff blanked, 1 area blanked, zones counter (by {file})" in moved.stdout
    assert "1 told anew" in moved.stdout
    assert moved.stderr == ""
    assert "other areas were blanked when it was analysed; run 'fer-video analyze' on it" in other.stderr
    assert json.loads(silent.stdout) == []
    assert faces_of(db) == stored
    assert rows(db, "SELECT staff, count(*) FROM told_areas JOIN areas USING (video_id)") == [("blanked", 1)]


def test_copies_are_black_where_it_is_blanked_and_zones_are_outlined(tmp_path: Path) -> None:
    """As areas were told last, also with faces shown; nothing of the area is left in the copy."""
    video, db, out = write_video(tmp_path / "till.mp4", 20), tmp_path / "a.db", tmp_path / "copy.mp4"
    (tmp_path / "cameras.toml").write_text(RIGHT_CAMERA + ZONE)
    analysed(video, db=db)
    engine = connect(str(db))
    (analysis,) = list_analyses(engine, identify(video).sha256)

    with Decoder() as decoder:
        annotate(video, out, read_looks(engine, analysis), decoder, show_faces=True, areas=analysis.areas)
    engine.dispose()

    frames = [frame.image for frame in read_frames(out) if frame.image is not None]
    assert len(frames) == 20
    assert max(int(image[:, 92:].max()) for image in frames) < 16
    assert min(int(image[78:83, 32:42].max()) for image in frames) > 200


def write_pictures(path: Path, images: Sequence[Image]) -> Path:
    """A video without loss: every pixel comes out as it went in."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264rgb", rate=5, options={"qp": "0", "preset": "ultrafast"})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "rgb24"
        stream.time_base = Fraction(1, 5)
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


def put_behind(scene: Image, mask: Polygon, behind: Image | None) -> Image:
    """A picture whose blanked area shows something else; black for None."""
    picture = scene.copy()
    hidden = mask_of([mask], scene.shape[:2])
    picture[hidden] = 0 if behind is None else behind[hidden]
    return picture


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rows_are_the_same_whatever_is_behind_a_blank(tmp_path: Path, samples: Path, degrees: int) -> None:
    """Noise, faces or nothing behind it: MTCNN and the network give the same rows, for each rotation of the file."""
    scene = next(image for (name, frame), image in sample_images().items() if "hall" in name and frame == 72)
    mask = ((0.05, 0.0), (0.5, 0.0), (0.45, 1.0), (0.05, 0.9))
    shown = [x for x in boxes_of(scene, ()) if inside([x], mask)[0]]
    assert shown, "the scene must have a face behind the mask"
    noise = np.random.default_rng(1).integers(0, 256, scene.shape, np.uint8)
    stored, kept = [], []
    for name, behind in (("black", None), ("noise", noise), ("face", scene)):
        folder = tmp_path / name
        folder.mkdir()
        picture = np.rot90(put_behind(scene, mask, behind), degrees // 90)
        video = write_pictures(folder / "a.mp4", [np.ascontiguousarray(picture)] * 2)
        if degrees:
            turn(video, degrees)
        polygon = [list(point) for point in mask]
        (folder / "cameras.toml").write_text(
            f'[[camera]]\npattern = "*"\n[[camera.blank]]\nwhy = "staff"\npolygon = {polygon}\n'
        )
        (done,) = outcomes(video, db=folder / "a.db", stages=open_stages)
        assert done.status == "done", done.reason
        assert rows(folder / "a.db", "SELECT width, height FROM videos") == [scene.shape[1::-1]]
        stored.append(rows(folder / "a.db", "SELECT * FROM faces"))
        kept += rows(folder / "a.db", "SELECT x + width / 2, y + height / 2 FROM faces")

    assert stored[0] == stored[1] == stored[2]
    assert stored[0], "the scene must have a face beside the mask"
    assert not inside(np.asarray(kept) / scene.shape[1::-1], mask).any()


def boxes_of(scene: Image, masks: tuple[Polygon, ...]) -> list[tuple[float, float]]:
    """Centres of what MTCNN finds in a picture, as shares of it."""
    stages = open_stages(Settings(), find_model(), "cpu")
    (read,) = read_batch([Frame(0, 0.0, scene)], replace(stages, masks=masks))
    height, width = scene.shape[:2]
    faces = (reading.face for reading in read.readings)
    return [((face.x + face.width / 2) / width, (face.y + face.height / 2) / height) for face in faces]
