"""Whether fine-tuning on a few labelled faces of a camera helps there, and what the model forgets by it.

    python tests/benchmarks/fine_tuning.py FER2013 [--faces 200] [--pixels 24] [--noise 3] [--tilt 0] \
        [--seed 0 ...] [--control] [-- RETRAIN-OPTIONS]

Makes the pictures of a camera at night out of FER-2013's PublicTest, which no model of ours was trained on: a fifth of
the light, blurred, few pixels, noise in each of them, enlarged; leaning, where the camera hangs askew. One half of
PublicTest gives the camera's faces. `train/CLASS/*.png` is what `fer-video retrain --base NAME --replay FER2013
--publish` gets, which holds a fifth of them out to calibrate; `test/CLASS/*.png` it never sees. The other half stays as
it is and shows what was forgotten; the base's calibration was not fitted on it. Everything lies in a temporary folder,
which is deleted.

With `--control` the training faces are the same pictures without the camera: what is gained then comes from views and
replay alone.

Prints accuracy before and after with 95 % intervals (Wilson), and how many faces changed from wrong to right and from
right to wrong, with McNemar's exact probability that this is chance.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from scipy.stats import binomtest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pipeline.expressions import NetworkClassifier  # noqa: E402
from pipeline.models.folder import find_model, read_model  # noqa: E402
from pipeline.records import EXPRESSIONS  # noqa: E402
from retrain.data.checks import SAME_FACE, nearest  # noqa: E402
from retrain.data.damage import film  # noqa: E402
from retrain.data.faces import PUBLIC_TEST, LabelledFaces  # noqa: E402
from retrain.data.loading import load  # noqa: E402
from retrain.measure.evaluate import evaluate, predict  # noqa: E402
from retrain.publishing.figures import halves  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.models.card import Evaluation
    from pipeline.models.folder import StoredModel
    from pipeline.records import Image
    from retrain.data.faces import Labels

TEST_FACES = 800
NAME = "fine-tuned"


@dataclass(frozen=True, slots=True)
class Draw:
    """Positions in PublicTest: labelled faces for training, faces of the same camera for testing, the other half."""

    train: Labels
    test: Labels
    other: Labels


@dataclass(frozen=True, slots=True)
class Change:
    """What fine-tuning did to some faces: figures before and after, and faces that changed to right and to wrong."""

    before: Evaluation
    after: Evaluation
    mended: int
    spoilt: int

    @property
    def points(self) -> float:
        """Gain in percentage points."""
        return 100 * (self.after.accuracy - self.before.accuracy)

    @property
    def chance(self) -> float:
        """McNemar's exact probability of a change as large as this if neither model were better."""
        return float(binomtest(self.mended, max(1, self.mended + self.spoilt)).pvalue)


def main() -> None:
    options = read_arguments()
    camera = Camera(options.pixels, options.noise, options.tilt)
    cameras = (Camera(48, 0.0, 0.0, light=1, blur_px=0.0) if options.control else camera, camera)
    public, model = load(options.fer2013).split(PUBLIC_TEST), find_model(options.model)
    for seed in options.seed:
        drawn = draw(public, options.faces, seed)
        words = ("--replay", options.fer2013.absolute(), "--seed", seed, *options.retrain)
        with tempfile.TemporaryDirectory(prefix="fine-tuning-") as folder:
            changes = compare(public, drawn, model, cameras, folder=Path(folder), words=words)
        print(
            f"\n{model.card.name}, {options.faces} labelled faces{' (control)' * options.control}, seed {seed} "
            f"{' '.join(options.retrain)}"
        )
        show(changes)


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What fine-tuning on a few faces of a bad camera gains and loses.")
    parser.add_argument("fer2013", type=Path, help="FER-2013 csv, plain or gzip")
    parser.add_argument("--model", help="the base; without it the active model")
    parser.add_argument("--faces", type=int, default=200, help="labelled faces of the camera")
    parser.add_argument("--pixels", type=int, default=24, help="what the camera leaves of a face's side")
    parser.add_argument("--noise", type=float, default=3.0, help="of each of these pixels, grey levels")
    parser.add_argument("--tilt", type=float, default=0.0, help="of the camera, degrees")
    parser.add_argument("--control", action="store_true", help="train on the same pictures without the camera")
    parser.add_argument("--seed", type=int, nargs="+", default=[0], help="of the draw of the faces, and of retrain")
    words = [*sys.argv[1:], "--"]
    at = words.index("--")
    return parser.parse_args(words[:at], argparse.Namespace(retrain=words[at + 1 : -1]))


def compare(
    public: LabelledFaces,
    drawn: Draw,
    model: StoredModel,
    cameras: tuple[Camera, Camera],
    *,
    folder: Path,
    words: Sequence[object],
) -> dict[str, Change]:
    """Fine-tune in an empty folder on faces of the first camera, and give what changed on faces of the second one and
    on the untouched half.
    """
    trained, camera = cameras
    write(public, drawn.train, folder / "camera" / "train", trained)
    write(public, drawn.test, folder / "camera" / "test", camera)
    tuned = fine_tune(model, folder, words)
    return {
        str(camera): change(model, tuned, load(folder / "camera").split(PUBLIC_TEST)),
        "other half of PublicTest": change(model, tuned, public.take(drawn.other)),
    }


def draw(public: LabelledFaces, faces: int, seed: int) -> Draw:
    """Draw from one half of PublicTest; what shows a picture of the training faces is not measured on."""
    first, other = halves(len(public))
    order = np.random.default_rng(seed).permutation(first)
    train, test = order[:faces], order[faces : faces + TEST_FACES]
    return Draw(train, fresh(public, test, train), fresh(public, other, train))


def fresh(public: LabelledFaces, rows: Labels, train: Labels) -> Labels:
    _, correlation = nearest(public.faces[rows], public.faces[train])
    return rows[correlation < SAME_FACE]


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera at night.

    Attributes:
        pixels: of a face's side.
        noise: standard deviation of each pixel's noise, grey levels.
        tilt_deg: how far faces lean in its pictures.
        light: what grey levels are divided by, in whole ones.
        blur_px: standard deviation of the lens's blur, pixels of the picture.
    """

    pixels: int
    noise: float
    tilt_deg: float
    light: int = 5
    blur_px: float = 1.0

    def __str__(self) -> str:
        askew = f", tilted by {self.tilt_deg:g}" * bool(self.tilt_deg)
        return f"dark, blurred, {self.pixels} px, noise {self.noise:g}{askew}"

    def film(self, face: Image, random: np.random.Generator) -> Image:
        """Turned; less light, blur, fewer pixels with noise in each of them, enlarged."""
        middle, size = (face.shape[0] - 1) / 2, face.shape
        turn = cv2.getRotationMatrix2D((middle, middle), self.tilt_deg, 1.0)
        leaning = cv2.warpAffine(face, turn, size, borderMode=cv2.BORDER_REPLICATE) if self.tilt_deg else face
        dark = (leaning // self.light).astype(np.uint8)
        return film(dark, random, blur_px=self.blur_px, size_px=self.pixels, noise=self.noise)


def write(public: LabelledFaces, rows: Labels, root: Path, camera: Camera) -> None:
    random = np.random.default_rng(rows)
    for row in rows:
        folder = root / EXPRESSIONS[public.labels[row]]
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{row}.png"), camera.film(public.faces[row], random))


def fine_tune(base: StoredModel, folder: Path, words: Sequence[object]) -> StoredModel:
    """`fer-video retrain` as a user types it, with a store of its own that holds the base."""
    store = folder / "models"
    shutil.copytree(base.folder, store / base.card.name)
    command = [
        "retrain", folder / "camera" / "train", "--base", base.card.name,
        "--run", folder / "run", "--publish", NAME, *words,
    ]  # fmt: skip
    subprocess.run(
        [sys.executable, "-c", "from pipeline.cli import main; main()", *map(str, command)],
        cwd=ROOT,
        env=os.environ | {"FER_VIDEO_MODELS": str(store)},
        check=True,
    )
    return read_model(store / NAME)


def change(before: StoredModel, after: StoredModel, faces: LabelledFaces) -> Change:
    """Both models on the same faces, through the code of `evaluate` and `analyze`."""
    said = [predict(NetworkClassifier(model), faces.faces) for model in (before, after)]
    was, is_now = (answer.argmax(axis=1) == faces.labels for answer in said)
    first, second = (evaluate(answer, faces.labels, faces.source) for answer in said)
    return Change(first, second, int((~was & is_now).sum()), int((was & ~is_now).sum()))


def show(changes: dict[str, Change]) -> None:
    print(f"{'':48}{'faces':>6}  {'before':22}{'after':22}{'points':>6}  mended  spoilt  chance")
    for name, found in changes.items():
        print(
            f"{name:48}{found.before.faces:>6}  {percent(found.before):22}{percent(found.after):22}"
            f"{found.points:>+6.1f}  {found.mended:>6}  {found.spoilt:>6}  {found.chance:.2g}",
            flush=True,
        )


def percent(found: Evaluation) -> str:
    low, high = found.interval
    return f"{found.accuracy:.1%} ({low:.1%}-{high:.1%})"


if __name__ == "__main__":
    main()
