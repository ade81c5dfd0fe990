"""Tracklets and visits in the database: what is written when a video ends, and what `fer-video visits` does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fakes import fake_stages, write_video
from fixtures_reports import Clip, make_database
from sqlalchemy import Engine, func, select, text
from test_pipeline_migrations import VERSION_4, make
from tracks import STEP_S, Walk, set_sampling, write_walks

from pipeline.batch import Request, analyze_all
from pipeline.events import Outcome
from pipeline.places.inputs import Input
from pipeline.settings import Sampling, SamplingMode, Settings
from pipeline.store.database import connect, upgrade
from pipeline.store.schema import AnalysisRow, FaceRow
from pipeline.store.track_tables import TrackletRow, VisitRow
from pipeline.store.writer import Store
from pipeline.tracks.gates import LINKER_VERSION, read_linked
from pipeline.tracks.linking import Found, link_analysis

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TABLES = ("SELECT * FROM tracklets", "SELECT * FROM visits", "SELECT frame_index, face_index, tracklet FROM faces")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """A database with one analysed video of 60 frames at two a second."""
    return make_database(tmp_path / "shop.db", [Clip("door.mp4", seconds=30)])


def link_walks(engine: Engine, walks: list[Walk], frames: int = 60) -> Found:
    found = write_walks(engine, 1, walks, frames)
    assert found is not None
    return found


def rows(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return [[tuple(row) for row in connection.execute(text(query))] for query in TABLES]


def analyse(db: Path, video: Path, mode: SamplingMode = SamplingMode.FPS, value: float = 2.0) -> Outcome:
    request = Request(str(db), Settings(Sampling(mode, value), model="vgg-face-fer2013"), device="cpu")
    (outcome,) = (event for event in analyze_all([Input(video)], request, fake_stages) if isinstance(event, Outcome))
    return outcome


def test_a_visit_is_the_mean_over_its_readable_sightings(engine: Engine):
    """Its time runs from the first to the last sighting and a step more, and its probabilities are means."""
    (visit,) = link_walks(engine, [Walk(10, 8, step=(40, 0))]).visits

    assert (visit.first_s, visit.last_s, visit.in_view_s) == (10 * STEP_S, 17 * STEP_S, 8 * STEP_S)
    assert (visit.faces, visit.readable, visit.cut) == (8, 8, None)
    assert visit.probabilities == pytest.approx((0.04, 0.04, 0.04, 0.76, 0.04, 0.04, 0.04))


@pytest.mark.parametrize(
    ("start", "frames", "cut"), [(0, 10, "start"), (50, 10, "end"), (0, 60, "both"), (1, 58, None)]
)
def test_a_visit_says_where_the_recording_cuts_it(engine: Engine, start: int, frames: int, cut: str | None):
    """Who is there in the first or the last frame was there longer than what was seen."""
    (visit,) = link_walks(engine, [Walk(start, frames, step=(10, 0))]).visits

    assert visit.cut == cut


def test_what_is_no_face_is_no_visit(engine: Engine):
    """A detection that is no face by the default thresholds is followed, but counts as no visit."""
    assert link_walks(engine, [Walk(10, 8, step=(40, 0), is_face=0.1)]).visits == ()
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(TrackletRow)) == 1


def test_one_unsure_sighting_is_no_visit(engine: Engine):
    """Who was seen once was there only if the detector was sure."""
    assert link_walks(engine, [Walk(10, 1, confidence=0.94)]).visits == ()
    assert len(link_walks(engine, [Walk(10, 1, confidence=0.96)]).visits) == 1


def test_a_poster_is_left_out_and_listed(engine: Engine):
    """What keeps still for five minutes is no visit, though the detector loses it at times; people beside it are."""
    lost = frozenset(n for n in range(700) if n % 90 > 60)
    found = link_walks(engine, [Walk(0, 700, lost=lost), Walk(100, 12, at=(400, 100), step=(60, 0))], 700)

    assert [one.faces for one in found.visits] == [12]
    assert len(found.still) > 1
    assert {(round(one.x), round(one.y)) for one in found.still} == {(100, 100)}


def test_who_waits_for_minutes_is_no_poster(engine: Engine):
    """A person who stands in one place moves more than a picture does."""
    sway = [Walk(n * 20, 20, at=(100 + 30 * (n % 2), 100), step=(0.5, 0)) for n in range(35)]

    assert link_walks(engine, sway, 700).still == ()


@pytest.mark.parametrize(
    ("settings", "step", "why"),
    [
        ('{"sampling": {"mode": "keyframes", "value": 0}}', 1, "key frames"),
        ("{}", 3, "frames 1.5 s apart"),
    ],
)
def test_sparse_frames_have_no_visits_in_words(engine: Engine, settings: str, step: int, why: str):
    """Frames that are too far apart to tell who is who give no number, but a reason."""
    write_walks(engine, 1, [Walk(0, 60)], 60, linked=False)
    set_sampling(engine, settings)
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE frames SET timestamp_s = timestamp_s * {step}"))
        found = link_analysis(connection, (1, 1))
        stored = read_linked(connection.scalar(select(AnalysisRow.linker)))

    assert found.why_none is not None
    assert why in found.why_none
    assert stored is not None
    assert (stored.visit_gap_s, stored.why_none) == (None, found.why_none)
    assert rows(engine)[:2] == [[], []]


def test_linking_again_gives_the_same_rows(engine: Engine):
    """Another gap and back: rows are as they were, to the last digit."""
    walks = [Walk(0, 40, lost=frozenset(range(10, 24))), Walk(5, 30, at=(300, 200), step=(30, 2))]
    link_walks(engine, walks)
    before = rows(engine)
    counts = []
    for gap_s in (10.0, 5.0):
        with engine.begin() as connection:
            counts.append(len(link_analysis(connection, (1, 1), gap_s).visits))

    assert counts == [2, 3]
    assert rows(engine) == before


def test_analyze_links_when_a_video_ends(tmp_path: Path):
    """Visits are there with the last row, and say by which version; analysing anew with force gives the same."""
    video, db = write_video(tmp_path / "a.mp4", frames=80), tmp_path / "a.db"
    assert analyse(db, video).status == "done"
    engine = connect(str(db))
    before = rows(engine)
    with engine.connect() as connection:
        stored = read_linked(connection.scalar(select(AnalysisRow.linker)))

    with Store(str(db)) as store:
        store.begin(1, 1)
    assert rows(engine)[:2] == [[], []]
    analyse(db, video)

    assert stored is not None
    assert (stored.version, stored.visit_gap_s, stored.why_none) == (LINKER_VERSION, 5.0, None)
    assert before[1]
    assert rows(engine) == before


def test_a_link_that_fails_leaves_the_video_unfinished(tmp_path: Path):
    """Visits and the end of a video are one transaction: both or neither."""
    video, db = write_video(tmp_path / "a.mp4", frames=40), tmp_path / "a.db"
    analyse(db, video)

    def fail(*_: object) -> None:
        raise RuntimeError("killed")

    with Store(str(db)) as store:
        store.begin(1, 1)
        with pytest.raises(RuntimeError, match="killed"):
            store.finish(1, 1, "done", link=fail)

    with connect(str(db)).connect() as connection:
        assert connection.scalar(select(AnalysisRow.status)) == "running"


def test_visits_links_an_older_database(tmp_path: Path, fer_video: Callable[..., Any]):
    """After an upgrade nothing is linked; the command links it once, and a reader changes nothing."""
    db = tmp_path / "old.db"
    make(db, VERSION_4)
    refused = fer_video("visits", "--db", db)
    upgrade(str(db))
    before = db.read_bytes()
    assert fer_video("report", "--db", db).returncode == 0
    assert db.read_bytes() == before

    first, second = fer_video("visits", "--db", db), fer_video("visits", "--db", db)

    assert refused.returncode == 5
    assert "upgrade" in refused.stderr
    assert (first.returncode, second.returncode, second.stdout) == (0, 0, "")
    assert first.stdout.startswith("door.mp4: ")
    assert "nothing to link" in second.stderr
    with connect(str(db)).connect() as connection:
        found = connection.scalar(select(func.count()).select_from(VisitRow))
        assert f"{found} visit" in first.stdout
        assert connection.scalar(select(func.count()).where(FaceRow.tracklet.is_not(None)))


def test_another_gap_links_again(engine: Engine, tmp_path: Path, fer_video: Callable[..., Any]):
    """`--visit-gap` counts anew without decoding, for the selected videos."""
    write_walks(engine, 1, [Walk(1, 40, lost=frozenset(range(10, 26)))], 60)
    db = tmp_path / "shop.db"

    answer = fer_video("visits", "--db", db, "--visit-gap", 10, "--json")
    other = fer_video("visits", "--db", db, "--visit-gap", 5, "--camera", "nowhere")

    (line,) = json.loads(answer.stdout)
    assert (line["visits"], line["why_none"], line["still"]) == (1, None, [])
    assert other.returncode == 2
    assert "nowhere" in other.stderr


@pytest.mark.parametrize("gap", [0, 0.4, 31, -5, "nan"])
def test_a_gap_that_means_nothing_is_refused(
    engine: Engine, tmp_path: Path, fer_video: Callable[..., Any], gap: object
):
    """The message says what was expected and found, by the option's name."""
    answer = fer_video("visits", "--db", tmp_path / "shop.db", f"--visit-gap={gap}")

    assert answer.returncode == 2
    assert "--visit-gap: expected 0.5 to 30 seconds; found" in answer.stderr


def test_annotate_draws_the_numbers_of_visits(tmp_path: Path, fer_video: Callable[..., Any]):
    """`--tracks` needs visits, and says how to find them."""
    video, db = write_video(tmp_path / "a.mp4", frames=40), tmp_path / "a.db"
    analyse(db, video)
    out = tmp_path / "copy.mp4"
    assert fer_video("annotate", video, "--db", db, "--out", out, "--tracks", "-q").returncode == 0

    with Store(str(db)) as store:
        store.begin(1, 1)
        store.finish(1, 1, "done")
    refused = fer_video("annotate", video, "--db", db, "--out", out, "--force", "--tracks")

    assert refused.returncode == 2
    assert "has no visits" in refused.stderr
    assert f"Run 'fer-video visits --db {db}'" in refused.stderr
