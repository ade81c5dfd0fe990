"""The report as one HTML file that opens anywhere: no network, readable without JavaScript, the same bytes always."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from pipeline import __version__

from ..figures import svg
from ..figures.charts import Pairs, Stack, Timeline
from ..figures.interactive import figure
from ..words.findings import find
from ..words.text import visible
from .contents import make_parts
from .overview import headlines, is_pale, period, strip, strip_of
from .table import html_table

if TYPE_CHECKING:
    import jinja2

    from ..figures.charts import Chart
    from ..numbers.report import Report
    from ..words.words import Words

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A chart as the template needs it: legend (key and name), static drawing, and the interactive figure's JSON."""

    chart: Chart
    legend: tuple[tuple[str, str], ...]
    static: Markup
    data: Markup


def render(report: Report, words: Words) -> str:
    """The whole page."""
    plotly, script = _read("plotly-cartesian.min.js"), _read("page.js")
    return (
        _environment()
        .get_template("page.html")
        .render(
            words=words,
            version=__version__,
            title=visible(report.request.title or words("title")),
            period=period(report, words),
            places=_places(report),
            headlines=headlines(report, words),
            strip=strip(report, words),
            strip_of=strip_of(report, words),
            strip_is_pale=is_pale(report),
            findings=find(report, words),
            parts=make_parts(report, words),
            draw=lambda chart: _draw(chart, words),
            table=lambda sheet: html_table(sheet, words),
            visible=visible,
            style=Markup(_read("page.css")),  # noqa: S704 our own file
            scripts=[Markup(plotly), Markup(script)],  # noqa: S704 vendored file, and our own
            policy=content_policy(plotly, script),
        )
    )


def _places(report: Report) -> str:
    """The locations, as long as they fit a line."""
    names = sorted({visible(video.location) for video in report.videos})
    return ", ".join(names) if len(names) <= 4 else ""


def content_policy(*scripts: str) -> str:
    """A content security policy under which only these scripts run and nothing is fetched.

    Plotly sets styles of its own, so inline styles stay allowed.
    """
    hashes = " ".join(f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _draw(chart: Chart, words: Words) -> Drawn:
    interactive = figure(chart)
    interactive.update_layout(separators=words("separators"))
    # Inside a script element only `<` could end the data early; plotly escapes it, and this makes sure.
    data = interactive.to_json().replace("<", "\\u003c")
    return Drawn(chart, _legend(chart), svg.draw(chart), Markup(data))  # noqa: S704 escaped above


def _legend(chart: Chart) -> tuple[tuple[str, str], ...]:
    if isinstance(chart, Timeline):
        return (*chart.keys, *chart.face_keys)
    return chart.keys if isinstance(chart, (Stack, Pairs)) else ()


@lru_cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache
def _read(name: str) -> Any:
    return (_TEMPLATES / name).read_text("utf-8")
