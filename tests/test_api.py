"""The examples of api.md run as they stand there, one after the other, on the sample videos."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import cv2
import pytest
from pages import ROOT, Page, read_pages

from pipeline.labels import LABELS
from pipeline.records import Frame
from pipeline.settings import Sampling, SamplingMode
from pipeline.video.reader import Reader
from reports.files.in_memory import read_arrow, read_pandas
from reports.numbers.selection import Gates, Selection

if TYPE_CHECKING:
    from pathlib import Path

PAGES = {page.name: page for page in read_pages()}

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not PAGES, reason="needs the repository's pages")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the page asks for: the sample videos, and a picture with a face in it."""
    made = tmp_path_factory.mktemp("api")
    shutil.copytree(ROOT / "sample_videos", made / "sample_videos", ignore=shutil.ignore_patterns("*.py"))
    frames = Reader(made / "sample_videos" / "door.mp4").sample(Sampling(SamplingMode.FPS, 1))
    image = next(item.image for item in frames if isinstance(item, Frame) and item.timestamp_s >= 2)
    assert image is not None
    cv2.imwrite(str(made / "picture.png"), image[:, :, ::-1])
    return made


@pytest.fixture(scope="module")
def left(folder: Path) -> dict[str, Any]:
    """What the examples leave behind: every name that they gave."""
    names: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for number, block in enumerate(PAGES[".docs/api.md"].blocks("python"), 1):
            exec(compile(block, f"api.md, example {number}", "exec"), names)
    return names


def test_the_examples_run(left: dict[str, Any], folder: Path) -> None:
    """All four clips are analysed, their rows come as pandas and as Arrow, a page is written, a face is classified."""
    assert (len(left["faces"]), left["table"].num_rows) > (0, 0)
    assert set(left["faces"]["video"]) == {path.name for path in (folder / "sample_videos").glob("*.mp4")}
    assert left["table"].column_names == list(left["faces"].columns)
    assert set(left["table"]["video"].to_pylist()) == {"door.mp4"}
    assert "Four clips" in (folder / "report.html").read_text("utf-8")
    assert left["probabilities"].sum() == pytest.approx(1, abs=1e-5)


def test_a_selection_without_faces_keeps_its_columns(left: dict[str, Any], folder: Path) -> None:
    """Where no face is left, pandas and Arrow give all columns, and Arrow their types."""
    engine = left["connect"](str(folder / "shop.db"))
    nobody = Selection(gates=Gates(min_face_px=10_000))

    assert list(read_pandas([engine], nobody).columns) == list(left["faces"].columns)
    assert read_arrow([engine], nobody).schema == left["table"].schema
    engine.dispose()


def test_the_sample_of_the_readme_is_what_the_command_prints(left: dict[str, Any]) -> None:
    """The README's counts of each expression are those of the sample videos, to a face or two on another processor."""
    said = {name: int(count) for name, count in re.findall(r"^  (\w+) +(\d+) +[\d.]+ %", _sample(), re.MULTILINE)}
    found = dict(zip(LABELS, left["report"].overall.expressions.counts, strict=True))

    assert said.keys() == found.keys()
    assert all(abs(said[name] - count) <= 2 for name, count in found.items()), found


def _sample() -> str:
    page: Page = PAGES["README.md"]
    return next(block for block in page.blocks("console") if "fer-video report" in block)
