"""The page of `evaluate`: one file in the report's style, without scripts, that fetches nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from pipeline import __version__

from .. import page as report_page
from ..page.html import content_policy
from ..words.text import visible
from .diagram import reliability
from .figures import means_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.models.card import Evaluation, ModelCard, ReliabilityBin

    from ..words.words import Words
    from .figures import Estimate

_TEMPLATES = Path(__file__).parent / "templates"
_REPORT_STYLE = Path(report_page.__file__).parent / "templates" / "page.css"

LABEL_SETS = {"FER+ majority": "evaluation_ferplus", "FER-2013's labels": "evaluation_searched"}
"""Beginnings of the names of label sets, as an evaluation's data ends in them, and their words."""


@dataclass(frozen=True, slots=True)
class Section:
    """A model on one set of labelled faces.

    Attributes:
        evaluation: its figures.
        calibration_error: expected calibration error, 0 to 1.
        bins: of the reliability diagram.
        divergence: mean divergence from annotators' votes in nats; None where there are none.
        sha256: hash of the faces' pixels, labels and splits.
        known: how many of the faces the model was trained on; None where that is not known.
    """

    evaluation: Evaluation
    calibration_error: float
    bins: tuple[ReliabilityBin, ...]
    divergence: float | None
    sha256: str
    known: int | None = None


def render(card: ModelCard, sections: Sequence[Section], measured_at: datetime, words: Words) -> str:
    """The whole page.

    Args:
        card: of the model.
        sections: one for each set of faces and labels.
        measured_at: stands at the top, as a day.
        words: of the page's language.
    """
    return (
        _environment()
        .get_template("evaluation.html")
        .render(
            words=words,
            version=__version__,
            card=card,
            sections=sections,
            day=words.date(measured_at),
            published=words.date(datetime.fromisoformat(card.created_at)),
            style=Markup(_style()),  # noqa: S704 our own files
            policy=content_policy(),
            visible=visible,
            named=lambda section: name_faces(section.evaluation.data),
            labelled=lambda section: explain_labels(section.evaluation.data, words),
            means=lambda section: means_of(section.evaluation),
            rows=lambda section: rows_of(section.evaluation),
            diagram=lambda section: reliability(section.bins, words),
            between=lambda estimate: _between(estimate, words),
            share=lambda value: words.percent(value) if value is not None else "\N{EN DASH}",
            number=lambda value, digits=3: words.number(value, digits) if value is not None else "\N{EN DASH}",
        )
    )


def name_faces(data: str) -> str:
    """Which faces an evaluation is of, without the label set."""
    return visible(data[: _label_set(data)[0]])


def explain_labels(data: str, words: Words) -> str:
    """By which labels an evaluation is, in the page's language; empty where the faces have those of their source."""
    key = _label_set(data)[1]
    return words(key) if key else ""


def _label_set(data: str) -> tuple[int, str]:
    """Where the name of the label set begins in an evaluation's data, and its words; the end and none without one."""
    found = [(data.find(f", {beginning}"), key) for beginning, key in LABEL_SETS.items()]
    return next(((place, key) for place, key in found if place >= 0), (len(data), ""))


def _between(estimate: Estimate, words: Words) -> str:
    return words.interval(estimate.low, estimate.high)


@lru_cache
def _style() -> str:
    return _REPORT_STYLE.read_text("utf-8") + (_TEMPLATES / "evaluation.css").read_text("utf-8")


@lru_cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
