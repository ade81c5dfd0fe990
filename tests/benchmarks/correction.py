"""Whether correcting shares for the classifier's confusions helps, on faces that it was not fitted on.

    python tests/benchmarks/correction.py FER2013 [MODEL] [--write]

Runs a model over FER-2013's PublicTest and cuts that into two random halves many times: the rarest expression has so
few faces that a single cut says more about its luck than about the method. Each time one half gives the calibration,
the confusion matrix and the mean probabilities of each label; bags with shifted class shares (Dirichlet) are drawn from
the other. Prints the mean absolute error of a class share, in percentage points, for each way of estimating it, and its
range over the cuts; then how many of the true shares lie within the 95 % intervals of the least squares methods.
--write keeps the figures for bags of 1,000 faces in reports/numbers/correction_proof.json, where reports
find them by the hash of the model's weights.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pipeline.expressions import NetworkClassifier  # noqa: E402
from pipeline.models.folder import find_model  # noqa: E402
from pipeline.records import EXPRESSIONS  # noqa: E402
from reports.numbers.correction import Method, adjust, maximise_expectation, replicate, response_of  # noqa: E402
from reports.numbers.quantify import PROOF, REPLICATES  # noqa: E402
from retrain.data.faces import PUBLIC_TEST  # noqa: E402
from retrain.data.loading import load  # noqa: E402
from retrain.measure.calibrate import apply, fit  # noqa: E402
from retrain.measure.evaluate import evaluate, predict  # noqa: E402
from retrain.publishing.publish import halves, without_calibration  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from reports.numbers.columns import Reals
    from reports.numbers.correction import Response


CUTS = 20
BAGS = 25
"""Of each cut."""

SIZES = (200, 1000)
KEPT = 1000


def main() -> None:
    names = [argument for argument in sys.argv[1:] if argument != "--write"]
    model = find_model(names[1] if len(names) > 1 else None)
    faces = load(Path(names[0])).split(PUBLIC_TEST)
    calibration = model.card.calibration
    silent = replace(model, card=replace(model.card, calibration=without_calibration(calibration)))
    raw = predict(NetworkClassifier(silent), faces.faces)
    say(f"{model.card.name}: {len(faces)} faces, cut into halves {CUTS} times; one half corrects bags of the other")
    for size in SIZES:
        cuts = [measure(raw, faces.labels, calibration.smoothed, size, seed) for seed in range(CUTS)]
        errors = {name: [cut.errors[name] for cut in cuts] for name in cuts[0].errors}
        say(f"\nbags of {size} faces ({CUTS * BAGS} of them): mean absolute error of a share, percentage points")
        for name, found in errors.items():
            say(f"  {name:28} {100 * np.mean(found):.2f}   ({100 * min(found):.1f} to {100 * max(found):.1f})")
        for name in cuts[0].within:
            say(f"  {name + ', within':28} {np.mean([cut.within[name] for cut in cuts]):.1%}")
        if size == KEPT and "--write" in sys.argv:
            means = {name: float(np.mean(found)) for name, found in errors.items()}
            write(model.card.weights_sha256, f"FER-2013 {PUBLIC_TEST}", means)


@dataclass(frozen=True, slots=True)
class Cut:
    """Means over the bags of one cut: error of a share by method, and share of the true ones within the intervals."""

    errors: dict[str, float]
    within: dict[str, float]


def measure(raw: NDArray[np.float32], labels: NDArray[np.int64], smoothed: float, size: int, seed: int) -> Cut:
    """Draw bags with replacement from faces that calibration and matrix have not seen, and correct them."""
    generator = np.random.default_rng(seed)
    fitted, fresh = halves(len(labels), seed)
    probabilities = apply(raw, fit(raw[fitted], np.eye(7)[labels[fitted]], smoothed=smoothed))
    known = evaluate(probabilities[fitted], labels[fitted], "one half of PublicTest")
    responses = {method: response_of(known, method) for method in (Method.COUNTS, Method.PROBABILITIES)}
    priors = np.array(known.confusion, np.float64).sum(axis=1) / known.faces
    of_label = [fresh[labels[fresh] == label] for label in range(len(EXPRESSIONS))]
    errors: dict[str, list[float]] = {}
    within: dict[str, list[float]] = {}
    for wanted in generator.dirichlet(np.ones(len(EXPRESSIONS)), size=BAGS):
        drawn = generator.multinomial(size, wanted)
        bag = np.concatenate([generator.choice(one, count) for one, count in zip(of_label, drawn, strict=True)])
        true, soft = drawn / size, probabilities[bag].astype(np.float64)
        answers = {Method.COUNTS: np.eye(len(EXPRESSIONS))[soft.argmax(axis=1)], Method.PROBABILITIES: soft}
        estimates = {"raw": answers[Method.COUNTS].mean(axis=0), "raw mean probabilities": soft.mean(axis=0)}
        for method, response in responses.items():
            estimates[method.value] = adjust(answers[method].mean(axis=0), response.rows)
            low, high = interval(answers[method], response, generator)
            within.setdefault(method.value, []).append(float(((low <= true) & (true <= high)).mean()))
        estimates[Method.EM.value] = maximise_expectation(probabilities[bag], priors)
        for name, estimate in estimates.items():
            errors.setdefault(name, []).append(float(np.abs(estimate - true).mean()))
    return Cut(
        {name: float(np.mean(values)) for name, values in errors.items()},
        {name: float(np.mean(values)) for name, values in within.items()},
    )


def interval(answers: Reals, response: Response, generator: np.random.Generator) -> Reals:
    """Bounds (2, 7) as on a page, for faces that were drawn one by one: these and the matrix are drawn again."""
    faces = len(answers)
    again = generator.multinomial(faces, np.full(faces, 1 / faces), size=REPLICATES) @ answers / faces
    return np.quantile(replicate(again, response, generator), (0.025, 0.975), axis=0)


def write(weights_sha256: str, data: str, errors: dict[str, float]) -> None:
    """Keep the figures where reports look for them."""
    known = json.loads(PROOF.read_text("utf-8"))
    methods = {method.value: round(errors[method.value], 5) for method in Method}
    known[weights_sha256] = {
        "data": data,
        "bags": CUTS * BAGS,
        "faces": KEPT,
        "raw": round(errors["raw"], 5),
        "errors": methods,
    }
    PROOF.write_text(json.dumps(known, indent=2) + "\n", "utf-8")
    say(f"\nwrote {PROOF.relative_to(ROOT)}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
