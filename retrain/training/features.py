"""The frozen features that a finished network's heads stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline import networks
from pipeline.errors import SettingError
from pipeline.inference import runtime
from pipeline.networks.weights import fold, load_arrays
from pipeline.preprocessing import centre_view, scale_pixels

if TYPE_CHECKING:
    from pipeline.records import Floats, Image

    from .runs import FinishedRun

BATCH = 64
"""Faces that go through the network at once."""


class Features:
    """A run's network without its heads."""

    def __init__(self, run: FinishedRun, wanted: str) -> None:
        """Compile it.

        Args:
            run: a finished run.
            wanted: the setting that asks for it.

        Raises:
            SettingError: the architecture has no layer that heads could stand on.
        """
        if run.settings.arch != "vgg-face":
            raise SettingError(wanted, "`arch` vgg-face, whose heads stand on common features", run.settings.arch)
        import keras

        runtime.silence()
        self._settings = run.settings
        network = networks.build(run.settings.arch, run.settings.layout)
        load_arrays(network, run.weights)
        headless = keras.Model(network.input, network.get_layer("pooled").output)
        self._run = runtime.compile_network(fold(headless), runtime.choose_device("auto"))

    def of_faces(self, faces: Image) -> Floats:
        """Grey faces, uint8 (N, 48, 48), as inference sees them → features, float32 (N, F)."""
        return self.of_views(np.asarray(centre_view(faces, self._settings.crop_px), np.float32))

    def of_views(self, views: Floats) -> Floats:
        """Training views, grey levels (N, C, C) → features, float32 (N, F)."""
        return runtime.run_padded(self._run, scale_pixels(views, self._settings.pixels), BATCH)[0]
