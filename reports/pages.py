"""Report → the parts of the page, in reading order: headline figures, then sections of figures and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .plots import kinds_chart, overall_chart, section_chart, section_dots
from .sheets import kinds_sheet, overall_sheet, section_details, section_sheet, videos_sheet

if TYPE_CHECKING:
    from .charts import Chart
    from .report import Report
    from .sheets import Sheet
    from .summary import Section
    from .words import Words


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A chart with the tables behind it; either may be missing."""

    chart: Chart | None
    sheets: tuple[Sheet, ...] = ()
    open: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page: heading, paragraphs, then figures and tables."""

    id: str
    title: str
    paragraphs: tuple[str, ...]
    exhibits: tuple[Exhibit, ...]


def make_parts(report: Report, words: Words) -> tuple[Part, ...]:
    """All sections after the first."""
    return (
        _overall(report, words),
        *(_section(report, section, words) for section in report.sections),
        Part("trust", words("trust_title"), (), (Exhibit(None, (videos_sheet(report, words),), open=True),)),
    )


def _overall(report: Report, words: Words) -> Part:
    exhibits = (
        Exhibit(overall_chart(report.overall, words), (overall_sheet(report.overall, words),)),
        Exhibit(kinds_chart(report.overall, words), (kinds_sheet(report, words),)),
    )
    return Part("overall", words("overall_heading"), (), exhibits)


def _section(report: Report, section: Section, words: Words) -> Part:
    exhibits = (
        Exhibit(section_chart(section, words), (section_sheet(section, words),)),
        Exhibit(section_dots(section, report.overall, words), (section_details(section, words),)),
    )
    return Part(f"by-{section.by}", words(f"by_{section.by}"), (), exhibits)
