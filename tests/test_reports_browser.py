"""The page in a real browser: figures, colours, widths, languages, no scripts, hostile names, no request."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fixtures_reports import CHAIN, make_database
from test_reports_html import hostile_report

from reports.numbers.queries import load
from reports.numbers.report import Report, Request, make_report
from reports.numbers.selection import Selection
from reports.numbers.sides import parse_sides
from reports.page.html import render
from reports.words.words import Language, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Dialog, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
EN, VI = Words(Language.EN), Words(Language.VI)
NO_FIGURE_LEFT = """(() => {
  const left = document.querySelector('.chart:not(.drawn)');
  if (left) left.scrollIntoView({ block: 'center' });
  return !left;
})()"""
LETTERS = "getComputedStyle(document.querySelector('.plot .annotation-text')).fill"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra test")
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    clips = [*CHAIN[:2], CHAIN[9], *CHAIN[-3:]]
    engine = make_database(tmp_path_factory.mktemp("chain") / "chain.db", clips)
    return make_report(
        load([engine], Selection()), Request(sides=parse_sides("cafe:quay", {"cafe", "quay"}), min_group=1)
    )


class Opened:
    """A page with everything that it said and asked for."""

    def __init__(self, browser: Browser, folder: Path, html: str, *, width: int = 1440, **context: Any) -> None:
        path = folder / "report.html"
        path.write_text(html, "utf-8")
        self.said: list[str] = []
        self.asked: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **context)
        self.page: Page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())

    def _dismiss(self, dialog: Dialog) -> None:
        self.said.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    def read_through(self) -> None:
        """Open every fold and go from one figure to the next, as figures are drawn when they come near.

        Scrolling at a pace of its own could pass a figure before the browser, busy with others, has looked where it is.
        """
        self.page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        self.page.evaluate("document.documentElement.style.scrollBehavior = 'auto'")
        self.wait_for(NO_FIGURE_LEFT)

    def wait_for(self, condition: str, seconds: float = 60) -> None:
        """Ask again and again: the page's policy forbids a script that would wait inside it."""
        until = time.monotonic() + seconds
        while not self.page.evaluate(condition):
            assert time.monotonic() < until, f"never true: {condition}"
            self.page.wait_for_timeout(50)

    def beyond_the_file(self) -> list[str]:
        """Addresses outside the page that it asked for."""
        return [url for url in self.asked if not url.startswith(("file:", "data:", "blob:"))]


@pytest.mark.parametrize(
    ("width", "words", "scheme"),
    [(390, EN, "dark"), (390, VI, "light"), (1440, EN, "light"), (1440, VI, "dark")],
    ids=["phone-en-dark", "phone-vi-light", "desk-en-light", "desk-vi-dark"],
)
def test_every_figure_is_drawn_and_nothing_overflows(  # noqa: PLR0917 pytest hands each in by name
    browser: Browser, report: Report, tmp_path: Path, width: int, words: Words, scheme: str
) -> None:
    """On a phone and a desk, light and dark, in both languages; silent, and without a request."""
    with Opened(browser, tmp_path, render(report, words), width=width, color_scheme=scheme) as opened:
        opened.read_through()
        letters = opened.page.evaluate("getComputedStyle(document.body).color")

        drawn = opened.page.evaluate(
            "[...document.querySelectorAll('.plot')].map(one => one.querySelector('svg') !== null)"
        )
        assert len(drawn) > 8
        assert all(drawn)
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.said == []
        assert opened.beyond_the_file() == []
        assert opened.page.evaluate(LETTERS) == letters
        assert opened.page.evaluate("getComputedStyle(document.querySelector('svg.static text.name')).fill") == letters


def test_the_scheme_may_change_while_the_page_is_open(browser: Browser, report: Report, tmp_path: Path) -> None:
    """Figures that are already drawn change with it."""
    with Opened(browser, tmp_path, render(report, EN), color_scheme="light") as opened:
        opened.read_through()
        before = opened.page.evaluate(LETTERS)
        opened.page.emulate_media(color_scheme="dark")

        opened.wait_for(f"{LETTERS} === getComputedStyle(document.body).color", seconds=20)
        assert opened.page.evaluate(LETTERS) != before


@pytest.mark.parametrize("width", [390, 1440])
def test_without_scripts_every_share_is_readable(browser: Browser, report: Report, tmp_path: Path, width: int) -> None:
    """Static drawings are shown, tables can be opened, and nothing overflows."""
    with Opened(browser, tmp_path, render(report, EN), width=width, java_script_enabled=False) as opened:
        visible = opened.page.locator("#overall svg.static").first.is_visible()
        opened.page.locator("#by-location summary").first.click()
        shown = opened.page.locator("#by-location table").first.inner_text()
        box = opened.page.locator("main").bounding_box()

    assert visible
    assert box
    assert box["width"] <= width
    for group in report.sections[0].groups:
        assert all(EN.percent(share) in shown for share in group.expressions.shares)


def test_the_static_figure_gives_way_to_the_interactive_one(browser: Browser, report: Report, tmp_path: Path) -> None:
    """One figure at a time; on paper the static one."""
    with Opened(browser, tmp_path, render(report, EN)) as opened:
        opened.read_through()
        chart = opened.page.locator("#overall .chart").first

        assert not chart.locator("svg.static").is_visible()
        assert chart.locator(".plot").is_visible()
        opened.page.emulate_media(media="print")
        assert chart.locator("svg.static").is_visible()
        assert not chart.locator(".plot").is_visible()


def test_a_pointer_shows_counts(browser: Browser, report: Report, tmp_path: Path) -> None:
    """Hover text has the count and the share."""
    with Opened(browser, tmp_path, render(report, EN)) as opened:
        opened.read_through()
        bar = opened.page.locator("#overall .plot .bars .point path").first
        bar.scroll_into_view_if_needed()
        bar.hover(force=True)
        opened.wait_for("document.querySelectorAll('#overall .plot .hovertext').length > 0", seconds=20)
        text = opened.page.locator("#overall .plot .hovertext").first.text_content() or ""

    assert re.search(r"[a-z]+: [\d.]+\s%", text)
    assert "faces" in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_violation_is_serious(browser: Browser, report: Report, tmp_path: Path, scheme: str) -> None:
    """With the page's folds open, axe finds nothing that it calls serious or critical."""
    axe_core = pytest.importorskip("axe_core_python", reason="needs the extra test")
    script = (Path(axe_core.__path__[0]) / "axe.min.js").read_text("utf-8")
    with Opened(browser, tmp_path, render(report, EN), color_scheme=scheme, bypass_csp=True) as opened:
        opened.read_through()
        # Forty timelines of the same make would be examined one like the other.
        opened.page.evaluate("document.querySelector('#time details.fold').open = false")
        opened.page.evaluate(script)
        found = opened.page.evaluate("axe.run({resultTypes: ['violations']}).then(result => result.violations)")

    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert {one["id"]: [node["html"][:160] for node in one["nodes"][:3]] for one in serious} == {}


@pytest.mark.parametrize("words", [EN, VI], ids=["en", "vi"])
def test_hostile_names_trigger_nothing(browser: Browser, tmp_path: Path, words: Words) -> None:
    """Sixty names in five fields: no dialog, no error, no request, no element of theirs, nothing too wide."""
    html = render(hostile_report(tmp_path / "x.db"), words)
    with Opened(browser, tmp_path, html, width=390) as opened:
        opened.read_through()

        theirs = "img, iframe, b, [onerror], [onload], [onfocus], .plot a"
        assert opened.said == []
        assert opened.beyond_the_file() == []
        assert opened.page.evaluate(f"document.querySelectorAll('{theirs}').length") == 0
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 390
