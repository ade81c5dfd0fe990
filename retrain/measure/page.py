"""What `evaluate` found as one page: figures and their pictures; no scripts, nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from . import pictures
from .evaluate import CLASS_COLUMNS, class_rows, mean_recall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .evaluate import Measured

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #24292f; }
table { border-collapse: collapse; }
th, td { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid #d0d7de; }
th:first-child, td:first-child { text-align: left; } svg { max-width: 100%; height: auto; }
"""


def page(model: str, results: Sequence[Measured]) -> str:
    """A self-contained HTML page; names are escaped."""
    title = escape(f"Evaluation of {model}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{title}</title><style>{STYLE}</style></head>"
        f"<body><h1>{title}</h1>{''.join(_section(one) for one in results)}</body></html>\n"
    )


def _section(one: Measured) -> str:
    result = one.evaluation
    low, high = result.interval
    votes = "" if one.divergence is None else f" by votes, mean divergence from them {one.divergence:.3f}"
    head = "".join(f"<th>{name}</th>" for name in CLASS_COLUMNS)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in class_rows(result))
    return (
        f"<h2>{escape(result.data)}</h2><p>{result.faces:,} faces. Accuracy {result.accuracy:.1%} (95 % interval "
        f"{low:.1%} to {high:.1%}), mean recall {mean_recall(result):.1%}. Expected calibration error "
        f"{one.calibration_error:.3f}{votes}.</p>"
        f"<table><tr>{head}</tr>{rows}</table><h3>Confusion matrix</h3>{pictures.confusion_matrix(result)}"
        f"<h3>Reliability</h3>{pictures.reliability_diagram(one.bins)}"
    )
