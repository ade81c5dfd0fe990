"""Of several streams in a file the main one is read, and each further camera is a video of its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest
from av.stream import Disposition
from fakes import read_number, write_video
from fixtures_streams import Film, draw, write_films
from fixtures_video import split_end

from pipeline.errors import VideoError
from pipeline.places.inputs import Input, find_inputs
from pipeline.places.locate import PlaceOptions
from pipeline.places.streams import hints_of, locate_stream
from pipeline.records import Frame, Hints
from pipeline.video.identity import has_grown_from, identify
from pipeline.video.reader import Reader, probe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from subprocess import CompletedProcess

MAIN, OTHER = Film(scene=1), Film(scene=2)


def _scene(path: Path, films: dict[str, Film], stream: int | None = None) -> str:
    """Which of the films a camera of a file shows, by its first frame."""
    frames, _ = split_end(Reader(path, hints=Hints(stream=stream)).sample(None))
    image = frames[0].image
    assert image is not None
    return min(
        (name for name, film in films.items() if draw(film, 0).shape == image.shape),
        key=lambda name: float(np.abs(draw(films[name], 0).astype(int) - image).mean()),
    )


@pytest.mark.parametrize(
    "thumbnail",
    [
        Film(scene=3, size=(90, 160), seconds=1, fps=1, codec="mjpeg"),
        Film(scene=1, size=(480, 640), seconds=0.3, codec="mjpeg"),
        Film(scene=3, size=(240, 320), seconds=0.2),
    ],
    ids=("mjpeg", "large", "few"),
)
@pytest.mark.parametrize("suffix", ["mov", "mkv", "avi"])
def test_a_thumbnail_is_not_the_film(tmp_path: Path, thumbnail: Film, suffix: str):
    """A track of hardly any pictures in front of the film is passed over, without a word, and is no second camera."""
    path = write_films(tmp_path / f"a.{suffix}", thumbnail, Film(scene=1, seconds=4, fps=15))

    info = probe(path)
    frames, damage = split_end(Reader(path).sample(None))

    assert (info.width, info.height, info.stream, info.streams, info.notes) == (192, 160, 1, 1, ())
    assert (len(frames), damage) == (60, None)


@pytest.mark.parametrize(("suffix", "fps"), [("mp4", 10), ("mkv", 2), ("ts", 2), ("avi", 10)])
def test_a_smaller_copy_is_not_a_camera(tmp_path: Path, suffix: str, fps: int):
    """Of the same picture in two sizes the larger is read, wherever it stands; what is left out is noted."""
    path = write_films(tmp_path / f"a.{suffix}", Film(scene=1, size=(80, 96), fps=fps), MAIN)

    info = probe(path)

    assert (info.width, info.height, info.streams) == (192, 160, 1)
    assert info.notes == (
        "Beside the picture of 192 by 160 pixels the file holds the same one at 96 by 80, which is not read.",
    )


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi", "mov"])
def test_a_second_camera_is_read_when_asked_for(tmp_path: Path, suffix: str):
    """Two pictures that differ are two cameras, even where one is smaller; each is read under its number."""
    films = {"main": MAIN, "other": Film(scene=2, size=(128, 160))}
    path = write_films(tmp_path / f"a.{suffix}", *films.values())

    infos = [probe(path, Hints(stream=number)) for number in (1, 2)]

    assert [(info.stream, info.streams, info.width) for info in infos] == [(1, 2, 192), (2, 2, 160)]
    assert [_scene(path, films, number) for number in (None, 1, 2)] == ["main", "main", "other"]


def test_a_camera_that_begins_late_is_a_camera(tmp_path: Path):
    """A camera that was switched on in the middle is no thumbnail."""
    path = write_films(tmp_path / "a.mkv", Film(scene=1, seconds=6), Film(scene=2, seconds=2, begins_s=4))

    assert probe(path).streams == 2


def test_the_cameras_of_a_dark_room(tmp_path: Path):
    """Where there is nothing to compare, pictures of one size are two cameras, and a far smaller one is a copy."""
    same = _write_flat(tmp_path / "same.mp4", (160, 192), (160, 192))
    less = _write_flat(tmp_path / "less.mp4", (160, 192), (80, 96))

    assert [probe(path).streams for path in (same, less)] == [2, 1]


def _write_flat(path: Path, *sizes: tuple[int, int]) -> Path:
    with av.open(str(path), "w") as container:
        for size in sizes:
            stream = container.add_stream("libx264", rate=10)
            stream.width, stream.height, stream.pix_fmt = size[1], size[0], "yuv420p"
        for stream, size in zip(list(container.streams.video), sizes, strict=True):
            for _ in range(20):
                frame = av.VideoFrame.from_ndarray(np.full((*size, 3), 9, np.uint8), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
    return path


def test_the_default_camera_is_the_main_one(tmp_path: Path):
    """Among cameras of one size the one that players would show comes first."""
    second = Film(scene=2, disposition=Disposition.default.value)
    path = write_films(tmp_path / "a.mkv", MAIN, second, options={"default_mode": "passthrough"})

    assert _scene(path, {"main": MAIN, "other": OTHER}) == "other"


def test_a_camera_that_is_not_there(tmp_path: Path):
    """Asking for the second camera of a file that holds one is told in a sentence."""
    path = write_video(tmp_path / "a.mp4", 5)

    with pytest.raises(VideoError, match="expected a camera number 2, as `stream` asks for; the file holds one"):
        probe(path, Hints(stream=2))


def test_each_camera_has_an_identity(tmp_path: Path):
    """The first camera is known by its file's content, the others by that and their number, also while it grows."""
    path = tmp_path / "a.mp4"
    path.write_bytes(b"first")
    first, second = identify(path), identify(path, 2)
    path.write_bytes(b"first and more")

    assert first.sha256 != second.sha256 != identify(path, 3).sha256
    assert has_grown_from(path, first)
    assert has_grown_from(path, second, 2)
    assert not has_grown_from(path, second)


def test_a_camera_is_named_by_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`door.mp4#2` is the second camera where no file has that name; a file of that name is that file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "door.mp4").write_bytes(b"x")
    asked = find_inputs(["door.mp4#2", "door.mp4"])
    (tmp_path / "door.mp4#2").write_bytes(b"x")
    (tmp_path / "door#2.mp4").write_bytes(b"x")

    assert [(str(item.path), item.stream) for item in asked] == [("door.mp4", 2), ("door.mp4", None)]
    assert [(str(item.path), item.stream) for item in find_inputs(["door#2.mp4"])] == [("door#2.mp4", None)]


def test_cameras_toml_knows_the_second_camera(tmp_path: Path):
    """A pattern that ends in #2 means that camera alone; without one it has the file's place and a number."""
    path = write_films(tmp_path / "a.mp4", MAIN, OTHER)
    options = PlaceOptions()
    plain = locate_stream(path, probe(path, Hints(stream=2)), options, 2)
    (tmp_path / "cameras.toml").write_text(
        '[[camera]]\npattern = "a.mp4#2"\nlocation = "Yard"\ncamera = "gate"\n'
        '[[camera]]\npattern = "*"\ncamera = "desk"\n'
    )

    places = [locate_stream(path, probe(path, Hints(stream=number)), options, number) for number in (1, 2)]

    assert plain.camera == "a#2"
    assert [(place.location, place.camera) for place in places] == [(tmp_path.name, "desk"), ("Yard", "gate")]
    assert hints_of(Input(path, stream=2), options).stream == 2


def test_a_file_of_two_cameras_is_two_videos(tmp_path: Path, fer_video: Callable[..., CompletedProcess[str]]):
    """Both cameras are analysed, listed and found done again, each under its name; `--stream` asks for one."""
    write_films(tmp_path / "two.mp4", MAIN, OTHER)

    planned = fer_video("analyze", "two.mp4", "--dry-run", "--json")
    first = fer_video("analyze", "two.mp4", "--json", "--frames", "2")
    again = fer_video("analyze", "two.mp4#2", "--json", "--frames", "2")
    alone = fer_video("analyze", "two.mp4", "--stream", "2", "--json", "--frames", "2", "--db", "alone.db")
    missing = fer_video("analyze", "two.mp4", "--stream", "3", "--db", "alone.db")
    status = fer_video("status", "--json")

    names = ["two.mp4", "two.mp4#2"]
    assert [item["path"] for item in json.loads(planned.stdout)["inputs"]] == names
    assert [(item["path"], item["camera"], item["status"]) for item in json.loads(first.stdout)["videos"]] == [
        ("two.mp4", "two", "done"), ("two.mp4#2", "two#2", "done"),
    ]  # fmt: skip
    assert [(item["path"], item["reused"]) for item in json.loads(again.stdout)["videos"]] == [("two.mp4#2", True)]
    assert [item["path"] for item in json.loads(alone.stdout)["videos"]] == ["two.mp4#2"]
    assert "expected a camera number 3, as --stream asks for; the file holds 2" in missing.stderr
    assert [item["path"] for item in json.loads(status.stdout)["videos"]] == names


def test_a_copy_shows_the_camera_that_was_asked_for(tmp_path: Path, fer_video: Callable[..., CompletedProcess[str]]):
    """`annotate --stream 2` writes the second camera's pictures."""
    films = {"main": MAIN, "other": OTHER}
    write_films(tmp_path / "two.mp4", *films.values())
    fer_video("analyze", "two.mp4", "--frames", "30")

    done = fer_video("annotate", "two.mp4", "--stream", "2", "--show-faces")

    assert done.returncode == 0, done.stderr
    assert _scene(tmp_path / "two#2.annotated.mp4", films) == "other"


def test_numbers_stay_with_their_camera(tmp_path: Path):
    """Every frame of either camera says its own number."""
    path = write_films(tmp_path / "a.ts", MAIN, OTHER)

    for number in (1, 2):
        frames = [frame for frame in Reader(path, hints=Hints(stream=number)).sample(None) if isinstance(frame, Frame)]
        assert [read_number(frame.image) for frame in frames if frame.image is not None] == list(range(30))
