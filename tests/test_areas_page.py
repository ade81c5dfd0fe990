"""`fer-video zones`: one private offline page, heads covered, on which areas are drawn by mouse, touch and keyboard."""

from __future__ import annotations

import json
import re
import shutil
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest
from golden_faces import sample_images

from pipeline.annotate.still import LEAST_FACE_PX, THRESHOLD, take_still
from pipeline.areas import Areas, Kind, Staff, Why
from pipeline.faces import Mtcnn
from pipeline.places.cameras import read_cameras
from pipeline.video.decoding import Decoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import CompletedProcess

    from playwright.sync_api import Browser, Page

    from pipeline.records import Image

    Command = Callable[..., CompletedProcess[str]]

pytestmark = pytest.mark.slow

CLIP = "Buu-dien-Vinh__hall__2024-03-26T09-30.mp4"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
TILL = f"""
[[camera]]
pattern = "{CLIP[:13]}*"
location = "Vinh"
staff = "blanked"
  [[camera.blank]]
  why = "staff"
  polygon = [[0.60, 0.20], [1.0, 0.20], [1.0, 1.0], [0.60, 1.0]]
  [[camera.zone]]
  name = "hàng \\"đợi\\""
  kind = "queue"
  min_s = 2.5
  polygon = [[0.10, 0.30], [0.55, 0.30], [0.55, 0.75], [0.10, 0.75]]
"""


@pytest.fixture
def video(tmp_path: Path, samples: Path) -> Path:
    """A sample video in the working directory, without a cameras.toml."""
    return Path(shutil.copy(samples / CLIP, tmp_path))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra test")
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


class Opened:
    """The page in a browser that remembers what it said and asked for."""

    def __init__(self, browser: Browser, path: Path, *, width: int = 1280, **context: Any) -> None:
        self.noise: list[str] = []
        self.asked: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **context)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self.noise.append(message.text))
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A share of the picture in pixels of the window."""
        self.page.locator("#canvas").scroll_into_view_if_needed()
        box = self.page.locator("#canvas").bounding_box()
        assert box
        scale = min(box["width"] / 1280, box["height"] / 720)
        left = box["x"] + (box["width"] - 1280 * scale) / 2
        top = box["y"] + (box["height"] - 720 * scale) / 2
        return left + x * 1280 * scale, top + y * 720 * scale

    def click(self, *points: tuple[float, float]) -> None:
        for point in points:
            self.page.mouse.click(*self.at(*point))

    def tap(self, *points: tuple[float, float]) -> None:
        for point in points:
            self.page.touchscreen.tap(*self.at(*point))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def lines(self) -> str:
        return self.page.locator("#lines").input_value()

    def areas(self, folder: Path, before: str = "") -> Areas:
        """What a cameras.toml with the page's lines says."""
        path = folder / "pasted.toml"
        path.write_text(before + self.lines(), "utf-8")
        return read_cameras(path).cameras[0].areas


def decode(jpeg: bytes) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)[..., ::-1], np.uint8)


def page_of(folder: Path, fer_video: Command, *words: object) -> Path:
    done = fer_video("zones", CLIP, *words)
    assert done.returncode == 0, done.stderr
    return folder / f"{CLIP[:-4]}.zones.html"


def test_the_page_is_private_offline_and_never_overwritten(video: Path, tmp_path: Path, fer_video: Command) -> None:
    """Only its owner can read it, nothing outside is asked for, and a file of its name is kept."""
    page = page_of(tmp_path, fer_video)
    html = page.read_text("utf-8")
    again = fer_video("zones", CLIP)

    assert page.stat().st_mode & 0o777 == 0o600
    assert "default-src &#39;none&#39;" in html
    assert not re.search(r"(?:src|href)=\"(?!#)", DATA.sub("", html))
    assert again.returncode == 2
    assert "is there already. Name another file with --out, or overwrite it with --force." in again.stderr
    assert fer_video("zones", "no.mp4").returncode == 4
    (tmp_path / "text.mp4").write_text("this is no video")
    assert fer_video("zones", "text.mp4").returncode == 3


def test_no_head_is_left_on_the_picture(video: Path, tmp_path: Path, fer_video: Command) -> None:
    """What an analysis would find in the frame is covered; blanked areas are black."""
    (tmp_path / "cameras.toml").write_text(TILL, "utf-8")
    page_of(tmp_path, fer_video)
    found = DATA.search((tmp_path / f"{CLIP[:-4]}.zones.html").read_text("utf-8"))
    assert found
    data = json.loads(found[1])
    shown = decode(b64decode(data["picture"].partition(",")[2]))

    assert shown.shape == (720, 1280, 3)
    assert Mtcnn(min_face_px=24).detect(shown[None]) == [()]
    assert shown[160:, 780:].max() < 12
    assert (data["known"], data["pattern"], len(data["areas"])) == (True, "Buu-dien-Vinh*", 2)


def test_heads_are_covered_where_the_detector_finds_them(samples: Path) -> None:
    """On each sample the detector that made the picture finds nobody any more of whom an analysis would be sure."""
    detector, sure = Mtcnn(min_face_px=LEAST_FACE_PX, threshold=THRESHOLD), Mtcnn(min_face_px=24)
    assert any(sure.detect(image[None])[0] for image in sample_images().values())
    with Decoder() as decoder:
        for clip in sorted(samples.glob("*.mp4")):
            still = take_still(clip, decoder, detector)
            assert sure.detect(decode(still.jpeg)[None]) == [()], clip.name


@pytest.mark.browser
def test_areas_are_drawn_with_the_mouse(video: Path, tmp_path: Path, browser: Browser, fer_video: Command) -> None:
    """A blanked area and a zone: drawn, named, a corner dragged, undone; the lines are a cameras.toml."""
    page = page_of(tmp_path, fer_video)
    with Opened(browser, page) as opened:
        assert opened.areas(tmp_path) == Areas()
        opened.page.click("#new-blank")
        opened.click((0.6, 0.2), (0.95, 0.2), (0.95, 0.95), (0.6, 0.95))
        assert opened.lines() == ""
        opened.click((0.6, 0.2))
        opened.page.click("#new-zone")
        opened.click((0.1, 0.3), (0.5, 0.3), (0.5, 0.7))
        opened.page.click("#finish")
        assert opened.page.locator("#copy").is_disabled()
        opened.page.keyboard.type('hàng "đợi"')
        drawn = opened.areas(tmp_path)
        opened.page.mouse.move(*opened.at(0.1, 0.3))
        opened.page.mouse.down()
        opened.page.mouse.move(*opened.at(0.2, 0.4), steps=3)
        opened.page.mouse.up()
        dragged = opened.areas(tmp_path)
        opened.page.click("#undo")
        undone = opened.areas(tmp_path)
        noise, asked = opened.noise, opened.asked

    assert (drawn.staff, [blank.why for blank in drawn.blanks]) == (Staff.BLANKED, [Why.STAFF])
    assert drawn.blanks[0].polygon == pytest.approx(
        np.array([(0.6, 0.2), (0.95, 0.2), (0.95, 0.95), (0.6, 0.95)]), abs=0.004
    )
    assert [(zone.name, zone.kind, zone.min_s) for zone in drawn.zones] == [('hàng "đợi"', Kind.QUEUE, 2.0)]
    assert dragged.zones[0].polygon[0] == pytest.approx((0.2, 0.4), abs=0.004)
    assert undone == drawn
    assert read_cameras(tmp_path / "pasted.toml").find(video) is not None
    assert (noise, [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]) == ([], [])


@pytest.mark.browser
def test_areas_are_drawn_with_the_keyboard_alone(
    video: Path, tmp_path: Path, browser: Browser, fer_video: Command
) -> None:
    """The cross is moved with arrows, corners are put, taken back and moved, and Ctrl+Z undoes."""
    with Opened(browser, page_of(tmp_path, fer_video)) as opened:
        opened.page.focus("#new-zone")
        opened.press("Enter", "Enter", *["ArrowRight"] * 10, "Enter", *["ArrowDown"] * 10, "Enter", "ArrowUp", "Enter")
        opened.press("Backspace", "Shift+ArrowLeft", "f")
        opened.page.keyboard.type("till")
        assert opened.areas(tmp_path).zones[0].polygon == ((0.5, 0.5), (0.6, 0.5), (0.6, 0.6))
        opened.page.focus("[data-corner='2']")
        opened.press("ArrowDown", "Shift+ArrowRight", "Delete")
        assert opened.areas(tmp_path).zones[0].polygon == ((0.5, 0.5), (0.6, 0.5), (0.601, 0.61))
        opened.press("Control+z", "Control+z")
        assert opened.areas(tmp_path).zones[0].polygon == ((0.5, 0.5), (0.6, 0.5), (0.6, 0.6))
        opened.page.focus("#new-blank")
        opened.press("Enter", "Enter", "Escape")
        assert len(opened.areas(tmp_path).blanks) == 0
        assert opened.noise == []


@pytest.mark.browser
def test_what_cannot_be_is_marked_and_gives_no_lines(
    video: Path, tmp_path: Path, browser: Browser, fer_video: Command
) -> None:
    """Sides that cross, a zone without a name, and staff without an area are said where they are."""
    with Opened(browser, page_of(tmp_path, fer_video)) as opened:
        for points in (((0.1, 0.1), (0.3, 0.3), (0.3, 0.1), (0.1, 0.3)), ((0.5, 0.5), (0.7, 0.5), (0.7, 0.7))):
            opened.page.click("#new-zone")
            opened.click(*points)
            opened.page.click("#finish")
        said = opened.page.locator(".area .wrong")
        assert said.all_inner_texts() == ["Its sides cross: drag a corner until they do not.", "Give it a name."]
        assert opened.lines() == ""
        opened.page.locator("section[data-listed='0'] button").nth(1).click()
        opened.page.fill("#name-0", "till")
        opened.page.select_option("#staff", "blanked")
        assert opened.lines() == ""
        assert "Draw the area in which staff are" in opened.page.inner_text("#staff-wrong")
        opened.page.select_option("#staff", "none")
        assert [zone.name for zone in opened.areas(tmp_path).zones] == ["till"]
        assert opened.areas(tmp_path).staff is Staff.NONE


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_areas_are_drawn_on_a_phone(
    video: Path, tmp_path: Path, browser: Browser, fer_video: Command, scheme: Any
) -> None:
    """By touch at 390 px, in Vietnamese, with the areas that the camera has; nothing is wider than the screen."""
    (tmp_path / "cameras.toml").write_text(TILL, "utf-8")
    page = page_of(tmp_path, fer_video, "--lang", "vi")
    known = read_cameras(tmp_path / "cameras.toml").cameras[0].areas
    with Opened(browser, page, width=390, has_touch=True, is_mobile=True, color_scheme=scheme) as opened:
        before = f'[[camera]]\npattern = "{CLIP[:13]}*"\n'
        assert opened.areas(tmp_path, before) == known
        opened.page.tap("#new-zone")
        opened.tap((0.1, 0.8), (0.5, 0.8), (0.5, 0.95), (0.1, 0.8))
        opened.page.fill("#name-2", "cửa")
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
        heights = (
            "[...document.querySelectorAll('button')].filter(one => one.offsetParent).map(one => one.offsetHeight)"
        )
        assert min(opened.page.evaluate(heights)) >= 44
        assert "Vùng trong hình của" in opened.page.inner_text("h1")
        assert [zone.name for zone in opened.areas(tmp_path, before).zones] == ['hàng "đợi"', "cửa"]
        assert opened.noise == []


@pytest.mark.browser
def test_nothing_on_the_page_bars_anybody(video: Path, tmp_path: Path, browser: Browser, fer_video: Command) -> None:
    """Axe finds nothing that it calls serious or critical, at the beginning, while drawing, and with areas."""
    axe_core = pytest.importorskip("axe_core_python", reason="needs the extra test")
    script = (Path(axe_core.__path__[0]) / "axe.min.js").read_text("utf-8")
    (tmp_path / "cameras.toml").write_text(TILL, "utf-8")
    found = []
    for scheme in ("light", "dark"):
        with Opened(browser, page_of(tmp_path, fer_video, "--force"), bypass_csp=True, color_scheme=scheme) as opened:
            opened.page.evaluate(script)
            steps = (lambda: None, lambda: opened.page.click("#new-zone"), lambda: opened.press("Escape"))
            for step in (*steps, lambda: opened.click((0.2, 0.5))):
                step()
                found += opened.page.evaluate(
                    "axe.run({resultTypes: ['violations']}).then(result => result.violations)"
                )

    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert {one["id"]: [node["html"][:160] for node in one["nodes"][:3]] for one in serious} == {}
