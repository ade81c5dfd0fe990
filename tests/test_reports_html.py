"""The page: one file, the same every time, readable without scripts, and safe with any name."""

from __future__ import annotations

import hashlib
import io
import re
from base64 import b64encode
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import plotly.graph_objects as go
import pytest
from fixtures_reports import CHAIN, HOSTILE, Clip, at, make_database
from rich.console import Console

import reports
from pipeline.labels import LABELS
from reports.figures.interactive import figure
from reports.numbers.grouping import By
from reports.numbers.queries import load
from reports.numbers.report import Report, Request, make_report
from reports.numbers.selection import Gates, Selection
from reports.numbers.sides import parse_sides
from reports.page.contents import make_parts
from reports.page.html import render
from reports.sheets.tables import tables
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from reports.figures.charts import Chart

EN, VI = Words(Language.EN), Words(Language.VI)
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "script",
        "a",
        "header",
        "nav",
        "main",
        "footer",
        "section",
        "strong",
    ),
    *("h1", "h2", "h3", "p", "bdi", "ul", "li", "dl", "dt", "dd", "div", "span", "details", "summary", "figure"),
    *("figcaption", "svg", "text", "rect", "line", "circle", "path", "g"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
TEMPLATES = Path(reports.__file__).parent / "page" / "templates"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    engine = make_database(tmp_path_factory.mktemp("chain") / "chain.db", list(CHAIN))
    data = load([engine], Selection())
    return make_report(data, Request(sides=parse_sides("cafe:quay", {"cafe", "quay"}), min_group=1))


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return render(report, EN)


def hostile_report(path: Path) -> Report:
    """Sixty hostile names as file, location, camera, reason and title."""
    clips = [
        Clip(
            f"{number:02d} {name}.mp4".replace("/", "|"),
            location=name,
            camera=name,
            start=at(2024, 3, 1) + timedelta(hours=number),
            seconds=20,
            status="partial",
            reason=name,
        )
        for number, name in enumerate(HOSTILE)
    ]
    data = load([make_database(path, clips)], Selection())
    return make_report(data, Request(title=" ".join(HOSTILE), min_group=1))


class Tags(HTMLParser):
    """Collects what a browser would find."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags_of(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    return parser.tags


def charts_of(report: Report) -> list[Chart]:
    parts = make_parts(report, EN)
    return [item.chart for part in parts for item in (*part.exhibits, *part.folded) if item.chart]


def without_scripts(page: str) -> str:
    return re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_the_same_report_gives_the_same_bytes(report: Report, page: str) -> None:
    """No time, no random number, no order of a set is in the page."""
    assert render(report, EN) == page


def test_the_page_loads_nothing(page: str) -> None:
    """No address of the network stands in it outside the libraries' own source."""
    outside = without_scripts(page)

    assert not re.findall(r"https?://", outside.replace("http://www.w3.org/2000/svg", ""))
    assert not [attributes for tag, attributes in tags_of(page) if "src" in attributes or tag == "link"]


def test_only_the_two_scripts_may_run(page: str) -> None:
    """The content security policy names the hash of each script, and there is no other."""
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)

    hashes = [f"&#39;sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}&#39;" for text in scripts]

    assert policy
    assert len(scripts) == 2
    assert all(one in policy.group(1) for one in hashes)
    assert "default-src &#39;none&#39;" in policy.group(1)
    assert not [name for _, attributes in tags_of(page) for name in attributes if name.startswith("on")]


def test_every_share_is_readable_without_scripts(report: Report, page: str) -> None:
    """With scripts taken out, the tables still hold every group's shares and counts, and figures are drawn."""
    plain = without_scripts(page)

    for group in (report.overall, *report.sections[0].groups, *report.by_video.groups):
        if group.faces:
            assert all(EN.percent(share) in plain for share in group.expressions.shares)
            assert all(f"<td>{EN.number(count)}</td>" in plain for count in group.expressions.counts)
    assert plain.count('<svg class="static"') == len(charts_of(report))


def test_every_figure_is_a_valid_plotly_figure_with_titles(report: Report) -> None:
    """Each has a title that says what it shows, named axes and text under the pointer."""
    for chart in charts_of(report):
        built = figure(chart)

        assert isinstance(built, go.Figure)
        assert chart.title
        assert built.layout.xaxis.title.text
        assert any(trace.hovertext is not None for trace in built.data)


def test_ids_are_unique_and_links_lead_somewhere(page: str) -> None:
    """Sections link to each other and no id occurs twice."""
    found = tags_of(page)
    ids = [attributes["id"] for _, attributes in found if "id" in attributes]
    links = [attributes["href"] for tag, attributes in found if tag == "a"]

    assert len(ids) == len(set(ids))
    assert all(link and link.startswith("#") and link[1:] in ids for link in links)


@pytest.mark.parametrize("words", [EN, VI], ids=["en", "vi"])
@pytest.mark.slow
def test_hostile_names_stay_text(tmp_path: Path, words: Words) -> None:
    """Sixty names in five fields add not a single tag to the page."""
    assert len(HOSTILE) >= 60
    report = hostile_report(tmp_path / "x.db")

    page = render(report, words)

    assert {tag for tag, _ in tags_of(page)} <= TAGS
    assert "49" not in re.findall(r"<h1>.*?</h1>", page)[0]
    assert "\u202e" not in page
    assert not [name for _, attributes in tags_of(page) for name in attributes if name.startswith("on")]


def test_names_in_figures_are_escaped_for_plotly(tmp_path: Path) -> None:
    """Plotly reads tags in any text: none of an outside name reaches it."""
    report = hostile_report(tmp_path / "x.db")

    data = "".join(figure(chart).to_json() for chart in charts_of(report))

    assert not re.findall(r"<(?!br>|\\)", data.replace("\\u003c", "<").replace("\\u003e", ">"))


@pytest.mark.slow
def test_a_hundred_videos_stay_under_six_megabytes(tmp_path: Path) -> None:
    """The page of a hundred videos of an hour can still be mailed."""
    clips = [Clip(f"video {at}.mp4", f"shop {at % 8}", seconds=3600, fps=0.05) for at in range(100)]
    data = load([make_database(tmp_path / "x.db", clips)], Selection())

    page = render(make_report(data, Request(min_group=1)), EN)

    assert len(page.encode()) < 6_000_000


@pytest.mark.campaign
def test_five_hundred_locations_stay_under_six_megabytes(tmp_path: Path) -> None:
    """The largest are drawn, all are in a table, and the page says where the rest is; a terminal's screen holds it."""
    clips = [Clip(f"video {at}.mp4", f"shop {at:03d}", seconds=100 + at, fps=0.2) for at in range(500)]
    report = make_report(load([make_database(tmp_path / "x.db", clips)], Selection()), Request(min_group=1))

    page = render(report, EN)
    console = Console(width=160, file=io.StringIO())
    for table in tables(report, EN, 160, everything=False):
        console.print(table)
    shown = console.file.getvalue()  # type: ignore[attr-defined]

    assert len(page.encode()) < 6_000_000
    assert all(f"shop {at:03d}" in page for at in range(500))
    assert EN("about_most", shown="40", all="500") in page
    assert "and 488 more" in shown
    assert "shop 499" in shown
    assert shown.count("\n") < 60


@pytest.mark.parametrize("by", list(By))
def test_every_grouping_makes_a_page(report: Report, tmp_path: Path, by: By) -> None:
    """By location, camera, video, hour and day."""
    data = load([make_database(tmp_path / "x.db", list(CHAIN[:4]))], Selection())

    page = render(make_report(data, Request(by=by, min_group=1)), VI)

    assert f'id="by-{by}"' in page


def test_the_page_says_what_is_in_no_share(report: Report, page: str) -> None:
    """How many faces are unclear, with share and interval, and what was dropped as no face, by which thresholds."""
    unclear = report.overall.unclear
    interval = EN.interval(unclear.low, unclear.high)

    said = re.sub(r"<[^>]+>", " ", page[page.index('<section id="trust"') :])

    about = f"{EN.number(unclear.count)} ({EN.percent(unclear.share)}; 95 % interval {interval}) are unclear"
    assert (
        f"Of {EN.number(report.overall.faces)} faces, {about}: their probability of being readable is below 0.50."
        in said
    )
    assert f"(probability of a face below 0.50): {EN.number(report.no_face)}." in said
    assert "does not say what is readable" not in said


@pytest.mark.parametrize("words", [EN, VI], ids=["en", "vi"])
def test_a_page_of_rows_that_nobody_judged_claims_nothing_of_unclear_faces(tmp_path: Path, words: Words) -> None:
    """It says that it is not known, in place of a share of 0."""
    data = load([make_database(tmp_path / "x.db", [Clip("old.mp4", judged=False)])], Selection())
    report = make_report(data, Request(min_group=1))

    page = render(report, words)

    assert words("trust_not_judged", n=words.number(report.overall.faces)) in page
    assert f"{words.number(report.overall.readable)} · {words('not_judged')}" in page
    assert words("n_unclear", n=words.number(report.overall.readable), unclear=words.percent(0, 0)) not in page


def test_a_page_without_faces_says_so(tmp_path: Path) -> None:
    """Nobody was seen: the page has its tables of videos and no figures."""
    data = load([make_database(tmp_path / "x.db", [Clip("empty.mp4", faces_per_frame=0.0)])], Selection())

    page = render(make_report(data, Request(min_group=1)), EN)

    assert "No face was found" in page
    assert "empty.mp4" in page


def test_the_bundle_carries_its_licence() -> None:
    """plotly.js is MIT: its copyright stands in the bundle and its licence beside it."""
    assert "Licensed under the MIT license" in (TEMPLATES / "plotly-cartesian.min.js").read_text("utf-8")[:400]
    assert "MIT License" in (TEMPLATES / "plotly-cartesian.LICENSE.txt").read_text("utf-8")
    assert len(LABELS) == 8


@pytest.mark.parametrize(
    ("clips", "request_", "said"),
    [
        ([Clip("bad.mp4", status="failed", reason="no video stream")], Request(min_group=1), "no video stream"),
        (
            [Clip("a.mp4", seconds=60)],
            Request(Selection(gates=Gates(min_face_px=9999)), min_group=1),
            "leave out faces: ",
        ),
        ([Clip("a.mp4", seconds=60)], Request(sides=parse_sides("2024-03:2031-01", set()), min_group=1), "2031-01"),
        ([Clip("now.mp4", status="running")], Request(min_group=1), "not finished"),
    ],
    ids=["failed", "gated", "empty side", "running"],
)
@pytest.mark.parametrize("words", [EN, VI], ids=["en", "vi"])
def test_thin_reports_are_pages_too(
    tmp_path: Path, clips: list[Clip], request_: Request, said: str, words: Words
) -> None:
    """Only failed videos, all faces below the gates, a side without frames: each says so."""
    data = load([make_database(tmp_path / "x.db", clips)], request_.selection)

    page = render(make_report(data, request_), words)

    assert said in page or words is VI


def test_page_says_where_the_misreading_in_its_intervals_comes_from(tmp_path: Path) -> None:
    """With the model that comes along: on which labelled faces its confusions were counted, and how many."""
    from pipeline.models.folder import DEFAULT_MODEL, find_model

    model = find_model(DEFAULT_MODEL)
    run = {"model_card": (model.folder / "card.json").read_text("utf-8")}
    engine = make_database(tmp_path / "x.db", list(CHAIN), run=run)

    page = render(make_report(load([engine], Selection()), Request(min_group=1)), EN)

    evaluation = model.card.evaluation
    assert f"was counted on {EN.number(evaluation.faces)} labelled faces ({evaluation.data})" in page


@pytest.mark.parametrize(("seconds", "pale"), [(30, True), (1200, False)])
def test_the_line_of_the_first_minute_is_pale_where_too_little_was_filmed(
    tmp_path: Path, seconds: int, pale: bool
) -> None:
    """In few stretches of time, and that is said; else it is as solid as what it shows."""
    engine = make_database(tmp_path / "x.db", [Clip("a.mp4", seconds=seconds)])
    page = render(make_report(load([engine], Selection()), Request(min_group=1)), EN)

    assert ('class="strip pale"' in page) is pale
    assert ("as read; too little was filmed to know it" in page) is pale
