"""`fer-video audit` from real videos to the sentence: drawn, shown, answered, read, kept, erased."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from command import call

from pipeline.errors import NoInputError
from pipeline.labels import FACE_LABELS, Thresholds
from pipeline.store.database import connect
from reports.audit.ask import Question, ask
from reports.audit.sample import Strata, draw, share_out, spread_out
from reports.numbers.audited import SAID, count_confusion, read_audited
from reports.numbers.selection import Gates, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from subprocess import CompletedProcess

    from playwright.sync_api import Browser
    from sqlalchemy import Engine

    Command = Callable[..., CompletedProcess[str]]

pytestmark = pytest.mark.slow

CLIPS = ("door.mp4", "Buu-dien-Vinh__hall__2024-03-26T09-30.mp4")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
EVERYTHING = ("--min-confidence", 0, "--min-readable", 0, "--min-is-face", 0)
DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two sample videos and the database of their analysis."""
    folder = tmp_path_factory.mktemp("analysed")
    samples = Path(__file__).resolve().parent.parent / "sample_videos"
    if not samples.is_dir():
        pytest.skip("needs the repository's sample_videos")
    for name in (*CLIPS, "cameras.toml"):
        shutil.copy(samples / name, folder)
    done = call("analyze", *(folder / name for name in CLIPS), "--quiet", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def db(analysed: Path, tmp_path: Path) -> Path:
    """A copy of the database in the working directory; its videos stay where they were analysed."""
    return Path(shutil.copy(analysed / "fer-video.db", tmp_path))


@pytest.fixture
def engine(db: Path) -> Iterator[Engine]:
    engine = connect(str(db), writes=True)
    yield engine
    engine.dispose()


def rows(db: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(query).fetchall()


def page_data(page: Path) -> dict[str, Any]:
    found = DATA.search(page.read_text("utf-8"))
    assert found
    return json.loads(found[1])


def answer(page: Path, rater: str, vote: Callable[[dict[str, Any]], str], keep: slice = slice(None)) -> Path:
    """What the page saves after these answers."""
    data = page_data(page)
    faces = [face["known"] | {"votes": [vote(face["known"])]} for face in data["faces"][keep]]
    path = page.parent / f"{rater}.json"
    path.write_text(json.dumps({"sample": data["sample"], "rater": rater, "faces": faces}), "utf-8")
    return path


def stored_label(db: Path) -> Callable[[dict[str, Any]], str]:
    """What is recognised in a face, from the view that people query by hand."""
    found = {
        (sha256, frame, round(x, 2)): expression
        for sha256, frame, x, expression in rows(
            db, "SELECT sha256, frame_index, x, expression FROM readings JOIN videos ON videos.id = video_id"
        )
    }
    return lambda face: found[face["sha256"], face["frame"], round(face["box"][0], 2)]


def test_small_parts_give_all_they_have_and_the_others_share_the_rest() -> None:
    """As many from each; never more than there are, never fewer than can be had."""
    assert share_out(200, [10, 500, 80]) == [10, 110, 80]
    assert share_out(10, [3]) == [3]
    assert share_out(7, [5, 5, 5]) == [2, 2, 3]
    assert share_out(1, [5, 5]) == [0, 1]


def test_every_stored_face_has_the_same_chance() -> None:
    """Over many draws each of ten positions comes as often as the others, and never twice in one draw."""
    generator = np.random.default_rng(5)
    draws = [spread_out(10, 3, generator).tolist() for _ in range(3000)]

    assert all(len(set(one)) == 3 for one in draws)
    assert all(abs(count - 900) < 120 for count in Counter(at for one in draws for at in one).values())
    assert spread_out(5, 5, generator).tolist() == [0, 1, 2, 3, 4]


def test_weights_stand_for_all_that_is_stored(engine: Engine, db: Path) -> None:
    """Over each location, and over what is left if some faces cannot be shown, weights sum to the stored faces."""
    drawn = draw(engine, Selection(), 12, Strata.LOCATION, seed=4)
    stored = dict(
        rows(db, "SELECT location, count(*) FROM faces JOIN videos ON videos.id = video_id GROUP BY location")
    )

    assert dict(zip(drawn.strata, drawn.stored, strict=True)) == stored
    assert Counter(face.video.location for face in drawn.faces) == dict.fromkeys(stored, 6)
    for kept in (range(12), range(3, 12)):
        weights = drawn.weights(kept)
        for name, faces in stored.items():
            assert sum(weights[at] for at in kept if drawn.faces[at].video.location == name) == pytest.approx(faces)


def test_a_draw_can_be_repeated(engine: Engine) -> None:
    """The same seed gives the same faces in the same order, another seed others; all of them where few are stored."""
    first, again, other = (draw(engine, Selection(), 15, seed=seed) for seed in (1, 1, 2))
    everything = draw(engine, Selection(), 10_000)

    assert first == again
    assert first.key != other.key
    assert len(everything.faces) == sum(everything.stored)
    assert len({(face.video_id, face.frame, face.box) for face in everything.faces}) == len(everything.faces)


def test_the_selection_is_that_of_a_report(engine: Engine) -> None:
    """Locations and times are chosen as there; a selection without faces is said."""
    drawn = draw(engine, Selection(locations=("Buu*",)), 10_000)

    assert {face.video.location for face in drawn.faces} == {"Buu-dien-Vinh"}
    from reports.numbers.selection import time_span

    start, end = time_span("2024-03-26T09:30", "2024-03-26T09:30")
    assert {face.video.location for face in draw(engine, Selection(since=start, until=end), 50).faces} == {
        "Buu-dien-Vinh"
    }
    with pytest.raises(NoInputError, match="expected stored faces to draw from"):
        draw(engine, Selection(since=time_span("1999", None)[0], until=time_span(None, "1999")[1]), 5)


def test_the_page_is_private_blind_and_offline(db: Path, tmp_path: Path, fer_video: Command) -> None:
    """Only its owner can read it, nothing recognised is in it, nothing outside is asked for, and it says what it is."""
    done = fer_video("audit", "sample", "--faces", 20, "--by", "location", "--lang", "vi")
    page = tmp_path / "audit.html"
    html, data = page.read_text("utf-8"), page_data(page)

    assert done.returncode == 0, done.stderr
    assert re.match(r"audit\.html: 20 faces of \d+ stored, cut from 2 videos\n", done.stdout)
    assert "holds pictures of people" in done.stderr
    assert page.stat().st_mode & 0o777 == 0o600
    assert len(data["faces"]) == 20
    known = {"video", "sha256", "frame", "time_s", "box", "location", "weight", "random"}
    assert {frozenset(face) for face in data["faces"]} == {frozenset({"picture", "marks", "known"})}
    assert {frozenset(face["known"]) for face in data["faces"]} == {frozenset(known)}
    numbers = [f"{value:.4f}"[:6] for (value,) in rows(db, "SELECT confidence FROM faces WHERE confidence < 0.999")]
    text = DATA.sub("", html) + json.dumps([face["known"] for face in data["faces"]])
    assert not any(number in text for number in numbers)
    assert "default-src &#39;none&#39;" in html
    assert not re.search(r"(?:src|href)=\"(?!#)", DATA.sub("", html).replace('src=""', ""))
    assert rows(db, "SELECT page, raters FROM audits") == [(str(page), 0)]


def test_a_page_is_never_overwritten_unasked(db: Path, tmp_path: Path, fer_video: Command) -> None:
    """The command says what to do, before it reads anything; told so, it overwrites."""
    (tmp_path / "audit.html").write_text("mine")
    refused = fer_video("audit", "sample", "--faces", 3)

    assert refused.returncode == 2
    assert "audit.html: is there already. Name another file with --out, or overwrite it with --force." in refused.stderr
    assert (tmp_path / "audit.html").read_text() == "mine"
    assert fer_video("audit", "sample", "--faces", 3, "--force").returncode == 0
    assert (tmp_path / "audit.html").stat().st_mode & 0o777 == 0o600


def test_a_video_that_moved_is_one_line_and_the_others_go_on(
    analysed: Path, tmp_path: Path, fer_video: Command
) -> None:
    """It says how many faces could not be cut; weights of the same location's other faces, or none, stand for them."""
    for name in (*CLIPS, "cameras.toml"):
        shutil.copy(analysed / name, tmp_path)
    assert fer_video("analyze", *CLIPS, "--quiet").returncode == 0
    (tmp_path / CLIPS[0]).rename(tmp_path / "moved.mp4")
    done = fer_video("audit", "sample", "--faces", 20, "--out", "a.html")
    gone = fer_video("audit", "sample", "--faces", 20, "--location", "C*", "--out", "b.html")
    found = fer_video("analyze", "moved.mp4", "--quiet")
    whole = fer_video("audit", "sample", "--faces", 20, "--out", "c.html")

    assert done.returncode == 0
    assert re.search(r"door\.mp4: \d+ faces could not be cut: cannot be read: No such file", done.stderr)
    assert "run 'fer-video analyze' on it where it lies now" in done.stderr
    total = sum(face["known"]["weight"] for face in page_data(tmp_path / "a.html")["faces"])
    assert total == pytest.approx(rows(tmp_path / "fer-video.db", "SELECT count(*) FROM faces")[0][0], abs=0.01)
    assert gone.returncode == 4
    assert not (tmp_path / "b.html").exists()
    assert (found.returncode, whole.returncode) == (0, 0)
    assert "could not be cut" not in whole.stderr


def test_answers_are_read_kept_once_and_compared(db: Path, tmp_path: Path, fer_video: Command) -> None:
    """People who see what is recognised make it all right; the same files read twice are one audit."""
    assert fer_video("audit", "sample", "--faces", 30).returncode == 0
    label = stored_label(db)
    an, binh = (answer(tmp_path / "audit.html", name, label) for name in ("An", "Bình"))

    alone = fer_video("audit", "read", an, *EVERYTHING)
    both = [fer_video("audit", "read", an, binh, *EVERYTHING) for _ in range(2)]

    assert alone.returncode == 0, alone.stderr
    assert re.match(r"On your cameras 100\s% \(\d+ to 100\) of readable faces are right\.\n", alone.stdout)
    assert "let a second person answer" in alone.stdout
    assert both[0].stdout == both[1].stdout
    assert "Two people say the same of 100\N{NO-BREAK SPACE}% of the faces" in both[0].stdout
    assert rows(db, "SELECT raters, page IS NULL FROM audits") == [(2, 0)]
    assert rows(db, "SELECT count(*) FROM audit_faces") == [(30,)]
    (votes,) = {len(json.loads(votes)) for (votes,) in rows(db, "SELECT votes FROM audit_faces")}
    assert votes == 2
    assert "An" not in str(rows(db, "SELECT * FROM audits")) + str(rows(db, "SELECT * FROM audit_faces"))


def test_figures_are_said_in_vietnamese_and_as_json(db: Path, tmp_path: Path, fer_video: Command) -> None:
    """The same figures in each form."""
    assert fer_video("audit", "sample", "--faces", 20).returncode == 0
    an = answer(tmp_path / "audit.html", "An", lambda _face: "surprise")

    said = fer_video("audit", "read", an, "--lang", "vi").stdout
    figures = json.loads(fer_video("audit", "read", an, "--json").stdout)

    assert said.startswith("Trên camera của bạn, 0\N{NO-BREAK SPACE}% (0 đến ")
    assert figures["right"] == figures["found"]["surprise"]
    assert figures["right"]["share"] == 0
    assert figures["said"]["surprise"] == 1
    assert sum(figures["confusion"]["surprise"].values()) == pytest.approx(20)
    assert figures["distance"] == pytest.approx(1)


def test_erasing_removes_the_page_and_nothing_else(db: Path, tmp_path: Path, fer_video: Command) -> None:
    """The page goes, the answers stay; a second time says that there is none; another file in its place is kept."""
    for name in ("a.html", "b.html"):
        assert fer_video("audit", "sample", "--faces", 5, "--seed", ord(name[0]), "--out", name).returncode == 0
    first, second = (answer(tmp_path / page, rater, lambda _face: "unclear") for page, rater in
                     (("a.html", "An"), ("b.html", "Bình")))  # fmt: skip
    (tmp_path / "b.html").write_text("something else")

    done = fer_video("audit", "read", first, "--erase")
    again = fer_video("audit", "read", first, "--erase")
    other = fer_video("audit", "read", second, "--erase")

    assert f"Erased {tmp_path / 'a.html'}" in done.stderr
    assert not (tmp_path / "a.html").exists()
    assert (again.returncode, "No page of these answers is known here" in again.stderr) == (0, True)
    assert other.returncode == 2
    assert "found another file. It was left as it is" in other.stderr
    assert (tmp_path / "b.html").read_text() == "something else"
    assert rows(db, "SELECT page FROM audits ORDER BY id") == [(None,), (str(tmp_path / "b.html"),)]
    assert rows(db, "SELECT count(*) FROM audit_faces") == [(10,)]


def test_thresholds_runs_and_selections_need_no_new_answers(engine: Engine, db: Path, tmp_path: Path) -> None:
    """What is read follows from stored numbers: thresholds, gates and places give other figures of the same faces."""
    ask(engine, Question(Selection(), faces=30), tmp_path / "audit.html")
    path = answer(tmp_path / "audit.html", "An", stored_label(db))
    from reports.audit.read import read

    audit = read(engine, [path], Thresholds(0, 0, 0))
    strict = read_audited([engine], Selection(thresholds=Thresholds(0.99, 0, 0)))
    hall = read_audited([engine], Selection(locations=("Buu*",), thresholds=Thresholds(0, 0, 0)))
    large = read_audited([engine], Selection(gates=Gates(min_face_px=60), thresholds=Thresholds(0, 0, 0)))

    assert audit.accuracy.right.share == 1
    assert strict
    assert hall
    assert large
    assert set(strict.read.tolist()) - {SAID.index("happy"), SAID.index("neutral")} == {FACE_LABELS.index("undecided")}
    assert len(strict) == 30
    assert 0 < len(hall) < 30
    assert large.size_px.min() >= 60
    assert count_confusion(hall).sum() == pytest.approx(hall.weight.sum())
    assert np.trace(count_confusion(hall)) == pytest.approx(hall.weight.sum())


def test_answers_to_other_videos_are_refused(db: Path, tmp_path: Path, fer_video: Command) -> None:
    """The message names some of them; faces of videos that are known are read, and the others are said."""
    strange = {"video": "elsewhere.mp4", "frame": 0, "box": [1, 2, 30, 40], "votes": ["happy"]}
    (tmp_path / "other.json").write_text(json.dumps({"faces": [strange]}))
    known = {"video": CLIPS[0], "frame": 0, "box": [1, 2, 30, 40], "votes": ["happy", "happy", "sad"]}
    (tmp_path / "some.json").write_text(json.dumps({"faces": [strange, known]}))

    refused = fer_video("audit", "read", "other.json")
    some = fer_video("audit", "read", "some.json")

    assert refused.returncode == 2
    assert "expected faces of videos that this database knows; found elsewhere.mp4." in refused.stderr
    assert some.returncode == 0
    assert "1 face left out: the database has no such video, or two of that name: elsewhere.mp4" in some.stderr
    assert "1 face is left out, as the rows that are read have no face there." in some.stdout


@pytest.mark.shared
def test_a_set_that_was_rated_elsewhere_is_read_as_it_is(tmp_path: Path, shared: Path, fer_video: Command) -> None:
    """Three votes a face, videos by name: each face of an analysed clip is found where it was rated."""
    faces = shared / "data" / "shop_faces"
    clip = "shop_d_shoplifting.mp4"
    rated = sum(face["video"] == clip for face in json.loads((faces / "labels.json").read_text())["faces"])
    assert fer_video("analyze", faces / "videos" / clip, "--quiet").returncode == 0

    done = fer_video("audit", "read", faces / "labels.json", "--json")
    figures = json.loads(done.stdout)

    assert f"{592 - rated} faces left out" in done.stderr
    assert (figures["faces"], figures["missing"], figures["agreement"]["raters"]) == (rated, 0, 3)


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

    def __init__(self, browser: Browser, page: Path, *, width: int = 1280, **context: Any) -> None:
        self.noise: list[str] = []
        self.asked: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 800}, accept_downloads=True, **context)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.noise.append(message.text))
        self.page.on("pageerror", lambda error: self.noise.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(page.as_uri())

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def press(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def begin(self, name: str) -> None:
        self.page.keyboard.type(name)
        self.page.keyboard.press("Enter")

    def text(self, selector: str) -> str:
        return self.page.locator(selector).inner_text()

    def save(self, folder: Path, *, by_key: bool) -> Path:
        with self.page.expect_download() as download:
            if by_key:
                self.page.keyboard.press("Enter")
            else:
                self.page.click("#save")
        path = folder / download.value.suggested_filename
        download.value.save_as(path)
        return path


@pytest.mark.browser
def test_an_audit_is_played_through_by_keyboard(db: Path, tmp_path: Path, browser: Browser, fer_video: Command) -> None:
    """Two people answer on the page, one takes an answer back, their files are read, kept, and the page is erased."""
    assert fer_video("audit", "sample", "--faces", 12).returncode == 0
    page = tmp_path / "audit.html"
    faces = [face["known"] for face in page_data(page)["faces"]]

    with Opened(browser, page) as opened:
        opened.begin("Nguyễn Văn An")
        assert opened.text("#progress") == "0 of 12"
        opened.press("12u")
        assert (opened.text("#progress"), opened.text("#last")) == ("3 of 12", "Last answer: unclear")
        opened.press(["Backspace", "9", *"1234567", "8", "n"])
        assert opened.text("#done") == "All faces done: 12"
        an = opened.save(tmp_path, by_key=True)
        said, asked = opened.noise, opened.asked
    with Opened(browser, page) as opened:
        opened.begin("Bình")
        opened.press("1" * 12)
        binh = opened.save(tmp_path, by_key=True)

    assert (said, [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]) == ([], [])
    assert (an.name, binh.name) == ("Nguyễn-Văn-An.json", "Bình.json")
    content = json.loads(an.read_text("utf-8"))
    expected = [
        "neutral",
        "happy",
        "noface",
        "neutral",
        "happy",
        "sad",
        "surprise",
        "angry",
        "fear",
        "disgust",
        "unclear",
        "noface",
    ]
    assert content["rater"] == "Nguyễn Văn An"
    assert content["faces"] == [face | {"votes": [vote]} for face, vote in zip(faces, expected, strict=True)]
    done = fer_video("audit", "read", an, binh, "--erase")
    assert done.returncode == 0, done.stderr
    assert "12 faces were looked at, each by up to 2 people" in done.stdout
    assert not page.exists()
    assert [json.loads(votes) for (votes,) in rows(db, "SELECT votes FROM audit_faces ORDER BY number")] == [
        [vote, "neutral"] for vote in expected
    ]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_works_on_a_phone_and_goes_on_after_a_pause(
    db: Path, tmp_path: Path, browser: Browser, fer_video: Command, scheme: str
) -> None:
    """Buttons are large and fit the width, the language switches, and answers are there when it is opened again."""
    assert fer_video("audit", "sample", "--faces", 5).returncode == 0

    with Opened(browser, tmp_path / "audit.html", width=360, has_touch=True, color_scheme=scheme) as opened:
        opened.begin("An")
        opened.page.tap("button[data-vote=happy]")
        opened.page.tap("[data-lang=vi]")
        opened.page.tap("button[data-vote=noface]")
        assert (opened.text("#progress"), opened.text("#last")) == (
            "2 trên 5",
            "Câu trả lời vừa rồi: không phải mặt",
        )
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 360
        heights = "[...document.querySelectorAll('#answers button')].map(one => one.getBoundingClientRect().height)"
        assert min(opened.page.evaluate(heights)) >= 44
        opened.page.reload()
        opened.page.fill("#name", "An")
        assert "Answers of that name are kept" in opened.text("#known")
        opened.page.tap("button.main")
        assert opened.text("#progress") == "2 of 5"
        opened.page.tap("#back")
        path = opened.save(tmp_path, by_key=False)

    assert [face["votes"] for face in json.loads(path.read_text("utf-8"))["faces"]] == [["happy"]]
    assert opened.noise == []


@pytest.mark.browser
def test_nothing_on_the_page_bars_anybody(db: Path, tmp_path: Path, browser: Browser, fer_video: Command) -> None:
    """Axe finds nothing that it calls serious or critical, at the beginning, while answering, and at the end."""
    axe_core = pytest.importorskip("axe_core_python", reason="needs the extra test")
    script = (Path(axe_core.__path__[0]) / "axe.min.js").read_text("utf-8")
    assert fer_video("audit", "sample", "--faces", 2).returncode == 0

    with Opened(browser, tmp_path / "audit.html", bypass_csp=True) as opened:
        opened.page.evaluate(script)
        found = []
        for step in (lambda: None, lambda: opened.begin("An"), lambda: opened.press("12")):
            step()
            run = "axe.run({resultTypes: ['violations']}).then(result => result.violations)"
            found += opened.page.evaluate(run)

    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert {one["id"]: [node["html"][:160] for node in one["nodes"][:3]] for one in serious} == {}
