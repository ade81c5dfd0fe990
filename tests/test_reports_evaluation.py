"""The page of `evaluate`: intervals as in textbooks, words of the page's language, and how it fits a phone."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from pipeline.models.card import ReliabilityBin
from pipeline.models.folder import find_model
from reports.evaluation.figures import means_of, rows_of
from reports.evaluation.page import Section, explain_labels, name_faces, render
from reports.words.words import Language, Words
from retrain.measure.evaluate import evaluate_confusion, macro_f1, mean_recall, wilson_interval

if TYPE_CHECKING:
    from pathlib import Path

RNG = np.random.default_rng(3)
COUNTS = RNG.integers(0, 30, (7, 7)) + 200 * np.eye(7, dtype=np.int64)
MEASURED_AT = datetime(2026, 11, 30, tzinfo=UTC)
BINS = tuple(ReliabilityBin(0.1 * at + 0.05, 0.1 * at, 10 * at) for at in range(1, 10))


def _page(language: Language, known: int | None = None, data: str = "faces, PublicTest, FER-2013's labels") -> str:
    section = Section(evaluate_confusion(COUNTS, data), 0.03, BINS, 0.3, "ab" * 32, known)
    return render(find_model("vgg-face-fer2013").card, [section], MEASURED_AT, Words(language))


def test_intervals_of_shares_are_wilsons_and_means_lie_in_theirs() -> None:
    """Recall has the score interval; macro F1 and mean recall are those of the terminal, within a narrow interval."""
    result = evaluate_confusion(COUNTS, "faces")

    row = rows_of(result)[2]
    f1, recall = means_of(result)

    low, high = wilson_interval(int(COUNTS[2, 2]), int(COUNTS[2].sum()))
    assert (row.recall.low, row.recall.high) == pytest.approx((low, high), abs=1e-6)
    assert f1.value == pytest.approx(macro_f1(result))
    assert recall.value == pytest.approx(mean_recall(result))
    for one in (f1, recall):
        assert one.value is not None
        assert one.low is not None
        assert one.high is not None
        assert one.low < one.value < one.high < one.low + 0.1


def test_an_expression_without_faces_has_no_figures() -> None:
    """What no face shows counts in no mean and has a dash, not a zero."""
    counts = COUNTS.copy()
    counts[1] = 0
    result = evaluate_confusion(counts, "faces")

    assert rows_of(result)[1].recall.value is None
    assert means_of(result)[0].value == pytest.approx(macro_f1(result))


def test_page_says_what_faces_and_labels_it_is_of_in_its_language() -> None:
    """The label set is explained in the page's words; a source's own labels need none."""
    english, vietnamese = Words(Language.EN), Words(Language.VI)

    assert name_faces("a.csv, PublicTest, FER-2013's labels") == "a.csv, PublicTest"
    assert "tìm kiếm" in explain_labels("a.csv, PublicTest, FER-2013's labels", vietnamese)
    assert "annotators" in explain_labels("a.csv, FER+ majority (more than half)", english)
    assert explain_labels("faces", english) == ""


def test_page_warns_of_faces_that_the_model_was_trained_on() -> None:
    """Figures on faces that a model knows are marked; where it knows none, nothing is said."""
    assert "trained on 12 of these faces" in _page(Language.EN, 12)
    assert 'role="note"' not in _page(Language.EN, 0)
    assert 'role="note"' not in _page(Language.EN)


def test_page_is_the_same_for_the_same_figures() -> None:
    """The intervals are drawn from a fixed seed."""
    assert _page(Language.VI) == _page(Language.VI)


@pytest.mark.browser
def test_page_fits_a_phone_and_turns_dark(tmp_path: Path) -> None:
    """On 390 pixels nothing but a table's own frame scrolls sideways, and the ground is dark where asked for."""
    from playwright.sync_api import sync_playwright

    file = tmp_path / "page.html"
    file.write_text(_page(Language.VI, 3), "utf-8")
    executable = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        shown.goto(file.as_uri())
        width = shown.evaluate("document.documentElement.scrollWidth")
        ground = shown.evaluate("getComputedStyle(document.body).backgroundColor")
        browser.close()

    assert width == 390
    assert ground == "rgb(16, 21, 27)"


def test_one_result_alone_is_no_error() -> None:
    """A single face, right or wrong, has figures."""
    result = evaluate_confusion(np.eye(7, dtype=np.int64) * np.array([1, 0, 0, 0, 0, 0, 0]), "faces")

    assert means_of(result)[0].value == 1.0
