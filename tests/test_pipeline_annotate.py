"""Annotated copies: what they hide, what they keep, and what they refuse to write over."""

from __future__ import annotations

import os
import re
import resource
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
import pytest
from fakes import FakeClassifier, make_face, number_image, read_number
from fixtures_video import read_frames, turn

from pipeline import palette
from pipeline.analyze import Stages
from pipeline.annotate.annotate import NotAnalysedError, annotate, default_out, find_analysis
from pipeline.annotate.hiding import look_again
from pipeline.batch import Request, analyze_all
from pipeline.errors import DiskError, UsageError, VideoError
from pipeline.faces import Mtcnn
from pipeline.labels import THRESHOLDS, Thresholds
from pipeline.models.folder import find_model
from pipeline.places.inputs import Input
from pipeline.records import NO_FACE
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.store.database import connect
from pipeline.store.sightings import read_looks
from pipeline.store.writer import Store
from pipeline.video.decoding import Decoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline.annotate.annotate import Copy
    from pipeline.faces import FaceDetector
    from pipeline.records import Face, Image

SIZE = (240, 320)
FACE_PX, TOP = 40, 120
REGULAR = tuple(index / 10 for index in range(30))
IRREGULAR = (0.0, 0.04, 0.12, 0.13, 0.3, 0.5, 0.55, 0.9, 1.0, 1.01, 1.4, 1.5, 1.9, 2.2, 2.25)
EVERY_TWO_S = Settings(sampling=Sampling(SamplingMode.EVERY, 4.0))


def left_edge(number: int) -> int:
    """Where the walker's face is in a frame, pixels."""
    return 60 + 4 * number


class WalkerDetector:
    """Finds the walker in every frame that says its number."""

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        return [(make_face(left_edge(read_number(image)), TOP, FACE_PX, FACE_PX),) for image in images]


def write_walk(path: Path, times: Sequence[float] = REGULAR, *, size: tuple[int, int] = SIZE, turns: int = 0) -> Path:
    """A person whose head is noise walks to the right; with sound and a title."""
    noise = np.random.default_rng(1).integers(0, 255, (FACE_PX, FACE_PX, 3), np.uint8)
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "where and when"
        stream, sound = container.add_stream("libx264", rate=10), container.add_stream("aac", rate=8000)
        even = (size[0] - size[0] % 2, size[1] - size[1] % 2) if not turns % 2 else (size[1], size[0])
        stream.height, stream.width = even
        stream.pix_fmt, stream.codec_context.time_base = "yuv420p", Fraction(1, 1000)
        for number, second in enumerate(times):
            image = number_image(number, size)
            image[TOP : TOP + FACE_PX, left_edge(number) : left_edge(number) + FACE_PX] = noise
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.rot90(image, turns)), format="rgb24")
            frame.pts, frame.time_base = round(second * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        silence.rate = 8000
        container.mux([*sound.encode(silence), *sound.encode(), *stream.encode()])
    return path


@dataclass
class Shop:
    """A folder with a walk and the database of its analyses."""

    folder: Path

    @property
    def db(self) -> str:
        return str(self.folder / "rows.db")

    def analyse(self, video: Path, settings: Settings | None = None, detector: FaceDetector | None = None) -> int:
        """Store what the walker's detector finds; the number of the run."""
        settings = settings or Settings()
        stages = Stages(detector or WalkerDetector(), FakeClassifier())
        list(analyze_all([Input(video)], Request(self.db, settings, device="cpu"), lambda *_: stages))
        with Store(self.db) as store:
            return store.add_run(settings, find_model(None), "cpu")

    def annotate(
        self,
        video: Path,
        out: Path,
        *,
        run_id: int | None = None,
        thresholds: Thresholds = THRESHOLDS,
        **options: Any,
    ) -> Copy:
        engine = connect(self.db)
        analysis = find_analysis(engine, video, self.db, run_id)
        with Decoder() as decoder:
            copy = annotate(video, out, read_looks(engine, analysis, thresholds), decoder, **options)
        engine.dispose()
        return copy


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """An empty folder for one test."""
    return Shop(tmp_path)


def images(path: Path) -> list[Image]:
    return [frame.image for frame in read_frames(path) if frame.image is not None]


def times(path: Path) -> list[Fraction]:
    """Seconds of every frame as the container says."""
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def face_detail(image: Image, number: int) -> float:
    """Variance of the Laplacian within the face, away from the lines that are drawn around it."""
    left = left_edge(number)
    inside = image[TOP + 6 : TOP + FACE_PX - 6, left + 6 : left + FACE_PX - 6]
    return float(cv2.Laplacian(cv2.cvtColor(inside, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())


def test_faces_are_blurred_in_every_frame(shop: Shop):
    """Of the face's fine detail less than 0.1 % remains, at analysed frames and between them."""
    video = write_walk(shop.folder / "walk.mp4")
    shop.analyse(video)

    copy = shop.annotate(video, shop.folder / "copy.mp4")

    before = [face_detail(image, number) for number, image in enumerate(images(video))]
    after = [face_detail(image, number) for number, image in enumerate(images(shop.folder / "copy.mp4"))]
    assert (copy.frames, copy.analysed, copy.unseen, copy.lost) == (30, 6, 0, 0)
    assert min(before) > 1000
    # The last analysed frame is 25; the walker goes on, and is carried on at the pace seen last.
    assert max(now / then for now, then in zip(after, before, strict=True)) < 0.001


class NearlyBlindDetector:
    """Finds the walker in the mirrored picture alone, as what is unsure is often found in one of both."""

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        plain = WalkerDetector().detect(images[:1])[0]
        left = SIZE[1] - plain[0].x - FACE_PX
        return [(), (make_face(left, TOP, FACE_PX, FACE_PX),)]


class BlindDetector:
    """Finds nobody."""

    def detect(self, images: Image) -> list[tuple[Face, ...]]:
        return [() for _ in images]


def test_faces_that_the_analysis_missed_are_blurred_undrawn(shop: Shop):
    """What another look finds is blurred in every frame, between its looks too, and gets neither box nor label."""
    video = write_walk(shop.folder / "walk.mp4")
    shop.analyse(video, detector=BlindDetector())
    with Decoder() as decoder:
        hidden = look_again(video, decoder, NearlyBlindDetector())

    shop.annotate(video, shop.folder / "copy.mp4", hidden=hidden)
    shop.annotate(video, shop.folder / "plain.mp4")
    shop.annotate(video, shop.folder / "shown.mp4", hidden=hidden, show_faces=True)

    before, after, plain, shown = (
        images(path if path == video else shop.folder / path) for path in (video, "copy.mp4", "plain.mp4", "shown.mp4")
    )
    assert [look.index for look in hidden] == [0, 3, 5, 8, 10, 13, 15, 18, 20, 23, 25, 28]
    for number, original in enumerate(before):
        assert face_detail(after[number], number) < 0.001 * face_detail(original, number)
        assert face_detail(plain[number], number) > 0.5 * face_detail(original, number), "nobody found it"
        assert np.abs(shown[number].astype(int) - original).mean() < 3, "only compression"
        assert len(np.unique(after[number][TOP : TOP + FACE_PX].reshape(-1, 3) // 64, axis=0)) < 30


def test_what_looks_again_is_seen_from_both_sides_once(shop: Shop):
    """A face that is found plainly and in the mirrored picture is one; its box is that of the plain one."""
    video = write_walk(shop.folder / "walk.mp4", REGULAR[:3])

    class Both:
        def detect(self, images: Image) -> list[tuple[Face, ...]]:
            plain = WalkerDetector().detect(images[:1])[0]
            return [plain, NearlyBlindDetector().detect(images)[1]]

    with Decoder() as decoder:
        (look,) = look_again(video, decoder, Both())

    assert [(one.box.left, one.box.top, one.label) for one in look.sightings] == [(left_edge(0), TOP, NO_FACE)]


def test_faces_that_are_shown_keep_their_pixels(shop: Shop):
    """With show_faces the copy differs from the original by compression and the drawn boxes alone."""
    video = write_walk(shop.folder / "walk.mp4")
    shop.analyse(video)

    shop.annotate(video, shop.folder / "copy.mp4", show_faces=True)

    for number, (before, after) in enumerate(zip(images(video), images(shop.folder / "copy.mp4"), strict=True)):
        away = np.abs(before.astype(int) - after)[200:]
        assert away.mean() < 3
        assert face_detail(after, number) > 0.5 * face_detail(before, number)


def test_boxes_and_labels_are_drawn(shop: Shop):
    """A line stands where the box's left side is, thicker at analysed frames than where it is carried."""
    video = write_walk(shop.folder / "walk.mp4")
    shop.analyse(video)

    shop.annotate(video, shop.folder / "copy.mp4", show_faces=True)

    changed = [
        np.abs(before.astype(int) - after).max(axis=2)[TOP + 20, : left_edge(number) + 10] > 40
        for number, (before, after) in enumerate(zip(images(video), images(shop.folder / "copy.mp4"), strict=True))
    ]
    assert all(line.any() for line in changed)
    assert changed[10].sum() > changed[12].sum()


def colour_of_line(image: Image, number: int) -> np.ndarray:
    """Mean colour of the box's left line, above the middle of the face."""
    left = left_edge(number)
    return image[TOP + 10 : TOP + 30, left - 1 : left + 2].reshape(-1, 3).mean(axis=0)


def judge_all(shop: Shop, column: str, value: float) -> None:
    """Store a judgement of all faces, as a model with a head for it would."""
    with closing(sqlite3.connect(shop.db)) as connection, connection:
        connection.execute(f"UPDATE faces SET {column} = ?", (value,))


def test_an_unclear_face_gets_a_grey_box(shop: Shop):
    """Where nobody could read the face the box has the colour of unclear, and a lower threshold gives it back."""
    video = write_walk(shop.folder / "walk.mp4")
    shop.analyse(video)
    judge_all(shop, "readable", 0.3)

    shop.annotate(video, shop.folder / "copy.mp4")
    shop.annotate(video, shop.folder / "lenient.mp4", thresholds=Thresholds(min_readable=0.2))

    grey = np.array(palette.rgb(palette.EXPRESSION_COLOURS["unclear"]))
    assert np.abs(colour_of_line(images(shop.folder / "copy.mp4")[10], 10) - grey).max() < 40
    assert np.abs(colour_of_line(images(shop.folder / "lenient.mp4")[10], 10) - grey).max() > 40


def test_what_is_no_face_gets_no_box_and_stays_blurred(shop: Shop):
    """Neither line nor label is drawn; the blur stays, as blurring too much costs little."""
    video = write_walk(shop.folder / "walk.mp4")
    shop.analyse(video)
    judge_all(shop, "is_face", 0.1)

    shop.annotate(video, shop.folder / "copy.mp4")
    shop.annotate(video, shop.folder / "shown.mp4", show_faces=True)

    triples = zip(images(video), images(shop.folder / "copy.mp4"), images(shop.folder / "shown.mp4"), strict=True)
    for number, (before, blurred, shown) in enumerate(triples):
        assert np.abs(before.astype(int) - shown).mean() < 3, "only compression"
        assert face_detail(blurred, number) < 0.001 * face_detail(before, number)


@pytest.mark.parametrize("seconds", [REGULAR, IRREGULAR])
def test_frames_keep_their_number_and_timestamps(shop: Shop, seconds: tuple[float, ...]):
    """The copy has the original's frames in order, at exactly their times, at variable frame rates too."""
    video = write_walk(shop.folder / "walk.mp4", seconds)
    shop.analyse(video)

    shop.annotate(video, shop.folder / "copy.mp4")

    assert times(shop.folder / "copy.mp4") == times(video)
    assert [read_number(image) for image in images(shop.folder / "copy.mp4")] == list(range(len(seconds)))


def test_sound_and_metadata_stay_behind(shop: Shop):
    """The copy holds one H.264 stream, no sound and not the original's title."""
    video = write_walk(shop.folder / "walk.mp4")
    shop.analyse(video)

    shop.annotate(video, shop.folder / "copy.mp4")

    with av.open(str(shop.folder / "copy.mp4")) as container:
        assert [(stream.type, stream.codec_context.name) for stream in container.streams] == [("video", "h264")]
        assert "title" not in container.metadata


def test_copy_stands_upright(shop: Shop):
    """A video that its container turns by 90 degrees is written upright, its face blurred where it is seen."""
    video = turn(write_walk(shop.folder / "walk.mp4", turns=1), 90)
    shop.analyse(video)

    shop.annotate(video, shop.folder / "copy.mp4")

    copied = images(shop.folder / "copy.mp4")
    assert copied[0].shape == (*SIZE, 3)
    assert [read_number(image) for image in copied] == list(range(30))
    assert max(face_detail(image, number) for number, image in enumerate(copied)) < 100


def test_frames_that_nobody_looked_near_are_blurred_whole(shop: Shop):
    """Further than a second from an analysed frame, nothing in the picture can be recognised."""
    video = write_walk(shop.folder / "walk.mp4")
    shop.analyse(video, EVERY_TWO_S)

    copy = shop.annotate(video, shop.folder / "copy.mp4")

    far = images(shop.folder / "copy.mp4")[11:]
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in far]
    assert (copy.analysed, copy.unseen) == (1, 19)
    assert max(cv2.Laplacian(image, cv2.CV_32F).var() for image in grey) < 20


def test_nothing_is_left_over(shop: Shop):
    """The folder gains the copy and nothing else, and the copy has its name only when it is whole."""
    video = write_walk(shop.folder / "walk.mp4")
    shop.analyse(video)
    out = shop.folder / "copy.mp4"
    seen = []

    shop.annotate(video, out, on_frame=lambda _written: seen.append(out.exists()))

    assert not any(seen)
    assert sorted(path.name for path in shop.folder.iterdir()) == ["copy.mp4", "rows.db", "walk.mp4"]


def test_interruption_leaves_no_file(shop: Shop):
    """Ctrl-C half-way leaves neither the copy nor the file that it grew in."""
    video = write_walk(shop.folder / "walk.mp4")
    shop.analyse(video)

    def stop(written: int) -> None:
        if written == 15:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.annotate(video, shop.folder / "copy.mp4", on_frame=stop)

    assert sorted(path.name for path in shop.folder.iterdir()) == ["rows.db", "walk.mp4"]


def test_newest_complete_run_is_shown_unless_told_otherwise(shop: Shop):
    """Of several runs the newest counts; an interrupted one does not; --run names any complete one."""
    video = write_walk(shop.folder / "walk.mp4")
    first = shop.analyse(video)
    second = shop.analyse(video, Settings(face_threshold=0.9))
    third = Settings(face_threshold=0.1)
    with Store(shop.db) as store:
        store.begin(1, interrupted := store.add_run(third, find_model(None), "cpu"))
    engine = connect(shop.db)

    assert find_analysis(engine, video, shop.db).run_id == second
    assert find_analysis(engine, video, shop.db, first).run_id == first
    with pytest.raises(UsageError, match=rf"under run {interrupted}; .* 3 \(running\)"):
        find_analysis(engine, video, shop.db, interrupted)


def test_video_is_found_under_another_name(shop: Shop):
    """A copy of the file in another place is the same video."""
    video = write_walk(shop.folder / "walk.mp4")
    run_id = shop.analyse(video)
    renamed = shop.folder / "other name.mp4"
    shutil.copy(video, renamed)

    assert find_analysis(connect(shop.db), renamed, shop.db).run_id == run_id


def test_unknown_video_names_the_command_to_run(shop: Shop, fer_video: Callable):
    """A video that was never analysed is refused with the command that analyses it, quoted for a shell."""
    shop.analyse(write_walk(shop.folder / "walk.mp4"))
    other = write_walk(shop.folder / "not yet.mp4", REGULAR[:5])

    with pytest.raises(NotAnalysedError, match=r"not yet\.mp4: was never analysed into"):
        find_analysis(connect(shop.db), other, shop.db)
    refused = fer_video("annotate", other, "--db", shop.db)

    assert refused.returncode == 2
    assert re.search(r"never analysed.*Run 'fer-video analyze '.*not yet\.mp4' --db .*' first", refused.stderr)


@pytest.mark.parametrize("name", ["missing.mp4", "empty.mp4"])
def test_unreadable_video_is_named(shop: Shop, name: str):
    """A video that is missing or empty is an error of that file, which the message names."""
    shop.analyse(write_walk(shop.folder / "walk.mp4"))
    (shop.folder / "empty.mp4").touch()

    with pytest.raises(VideoError, match=name):
        find_analysis(connect(shop.db), shop.folder / name, shop.db)


@pytest.mark.parametrize(
    ("out", "force", "said"),
    [
        ("there.mp4", False, "is there already"),
        ("walk.mp4", True, "the video itself"),
        ("link.mp4", True, "the video itself"),
        ("copy.avi", False, "ends in .mp4"),
        ("nowhere/copy.mp4", False, "expected a folder"),
        ("folder.mp4", True, "this is a folder"),
        ("x" * 300 + "/copy.mp4", False, "expected a folder"),
        ("x" * 300 + ".mp4", False, "cannot be written"),
    ],
)
def test_targets_that_would_lose_something_are_refused(shop: Shop, out: str, force: bool, said: str):
    """Nothing is written over by accident, and the original never."""
    video = write_walk(shop.folder / "walk.mp4", REGULAR[:5])
    shop.analyse(video)
    (shop.folder / "there.mp4").write_bytes(b"mine")
    (shop.folder / "folder.mp4").mkdir()
    os.link(video, shop.folder / "link.mp4")
    before = video.read_bytes()

    with pytest.raises(UsageError, match=said):
        shop.annotate(video, shop.folder / out, force=force)

    assert video.read_bytes() == before
    assert (shop.folder / "there.mp4").read_bytes() == b"mine"


def test_force_replaces_the_copy(shop: Shop):
    """With force an existing file of that name gives way to the new copy."""
    video = write_walk(shop.folder / "walk.mp4", REGULAR[:5])
    shop.analyse(video)
    (shop.folder / "copy.mp4").write_bytes(b"old")

    shop.annotate(video, shop.folder / "copy.mp4", force=True)

    assert len(images(shop.folder / "copy.mp4")) == 5


def test_target_that_cannot_be_written_is_named(shop: Shop):
    """A folder where the growing file should be is an error with the target's name, not a traceback."""
    video = write_walk(shop.folder / "walk.mp4", REGULAR[:5])
    shop.analyse(video)
    (shop.folder / ".copy.mp4.part").mkdir()

    with pytest.raises(UsageError, match=r"copy\.mp4: cannot be written"):
        shop.annotate(video, shop.folder / "copy.mp4")


def test_a_full_disk_is_the_disk_s_error(shop: Shop):
    """It has its own exit code, as in every command; nothing half written stays."""
    video, out = write_walk(shop.folder / "walk.mp4", REGULAR[:5]), shop.folder / "copy.mp4"
    shop.analyse(video)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, before[1]))
    try:
        with pytest.raises(DiskError, match=r"copy\.mp4: cannot be written: .*Name another with `out`"):
            shop.annotate(video, out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not [name for name in os.listdir(shop.folder) if "copy" in name]  # noqa: PTH208


def test_picture_is_refused(shop: Shop):
    """A still picture has no frames to carry boxes between."""
    picture = shop.folder / "still.png"
    cv2.imwrite(str(picture), number_image(0, SIZE))
    shop.analyse(picture)

    with pytest.raises(VideoError, match=r"still\.png: expected a video"):
        shop.annotate(picture, shop.folder / "copy.mp4")


def test_damaged_frames_do_not_count_as_looked_at(shop: Shop):
    """A frame that could not be decoded when it was analysed says nothing of who was there."""
    video = write_walk(shop.folder / "walk.mp4")
    shop.analyse(video, EVERY_TWO_S)
    engine = connect(shop.db)
    looks = [
        replace(look, problem="could not be decoded", sightings=())
        for look in read_looks(engine, find_analysis(engine, video, shop.db))
    ]

    with Decoder() as decoder:
        copy = annotate(video, shop.folder / "copy.mp4", looks, decoder)

    assert (copy.analysed, copy.unseen) == (0, 30)


@pytest.mark.slow
def test_command_says_that_it_writes_pixels(shop: Shop, fer_video: Callable):
    """The command names its file and what it shows on stderr, and counts frames on stdout."""
    video = write_walk(shop.folder / "walk.mp4")
    shop.analyse(video)

    blurred = fer_video("annotate", video, "--db", shop.db)
    shown = fer_video("annotate", video, "--db", shop.db, "--out", "shown.mp4", "--show-faces")
    again = fer_video("annotate", video, "--db", shop.db)
    told = fer_video("annotate", "--help").stdout

    assert (blurred.returncode, shown.returncode, again.returncode) == (0, 0, 2)
    assert "writes pixels: walk.annotated.mp4, heads blurred" in blurred.stderr
    assert "FACES RECOGNISABLE" in shown.stderr
    assert "30 frames, 6 of them analysed" in blurred.stdout
    assert "--force" in again.stderr
    assert "only command that writes pixels" in " ".join(told.split())
    assert (shop.folder / default_out(video)).is_file()


@pytest.mark.slow
def test_no_face_is_found_in_the_copy_of_a_sample(samples: Path, tmp_path: Path, fer_video: Callable):
    """MTCNN, which found the faces of a sample clip, finds none in any frame of its copy."""
    from pipeline.faces import Mtcnn

    video = samples / "Buu-dien-Vinh__hall__2024-03-26T09-30.mp4"
    analysed = fer_video("analyze", video, "--quiet")
    copied = fer_video("annotate", video, "--out", "copy.mp4")
    detector = Mtcnn(min_face_px=24, threshold=0.8)

    found = [
        (frame.index, face)
        for frame in read_frames(tmp_path / "copy.mp4")
        for face in detector.detect(frame.image[None])[0]
    ]

    assert (analysed.returncode, copied.returncode) == (0, 0)
    assert found == []
    assert len(detector.detect(images(video)[60][None])[0]) == 2


@pytest.mark.slow
def test_the_command_hides_faces_that_are_not_stored(tmp_path: Path, fer_video: Callable):
    """Real faces that the analysis was told to pass over lose four fifths of their detail, and the limits are said."""
    samples = Path(__file__).resolve().parent.parent / "sample_videos"
    if not samples.is_dir():
        pytest.skip("needs the repository's sample_videos")
    shutil.copy(samples / "door.mp4", tmp_path)
    assert fer_video("analyze", "door.mp4", "--min-face", 2000, "--quiet").returncode == 0

    done = fer_video("annotate", "door.mp4")

    assert done.returncode == 0, done.stderr
    assert "A face that detection missed stays visible" in done.stderr
    pairs = list(zip(images(tmp_path / "door.mp4"), images(tmp_path / "door.annotated.mp4"), strict=True))[::25]
    found = 0
    for (before, after), faces in zip(pairs, Mtcnn().detect(np.stack([before for before, _ in pairs])), strict=True):
        for face in faces:
            inside = (slice(int(face.y), int(face.y + face.height)), slice(int(face.x), int(face.x + face.width)))
            was, now = (cv2.Laplacian(image[inside], cv2.CV_32F).var() for image in (before, after))
            found += 1
            assert now < 0.2 * was
    assert found > 3
