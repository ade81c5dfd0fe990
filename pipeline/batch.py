"""One call for a whole batch: database, decoder and networks opened, used and given back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .engines.several import several
from .engines.workers import Workers
from .inference.cores import limit_cores
from .inference.runtime import choose_device, describe_device
from .jobs import Batch, run
from .models.folder import find_model
from .places.locate import PlaceOptions
from .settings import Settings
from .store.database import DEFAULT_DB
from .store.leases import Heart
from .store.patience import PATIENCE_S, Patience
from .store.writer import Store
from .video.decoding import Decoder
from .video.source import VideoFile
from .work import Worker
from .work import open_stages as real_stages

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from .events import Event
    from .places.inputs import Input
    from .records import Hints
    from .store.database import Upgrade
    from .work import OpenStages


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a batch.

    Attributes:
        db: path or URL of the database, made if it is not there.
        settings: sampling, detection and model.
        places: what the user said of places.
        device: as `runtime.choose_device` takes it.
        force: analyse anew what is done already.
        on_upgrade: told if the database was of an older version and was brought up to date.
        patience_s: how long to wait for a database that another program holds, seconds.
        require_areas: refuse videos of whose camera nobody said whether staff are in the picture.
        on_wait: told while that lasts, with the seconds waited so far; about once a minute.
        again: analyse also what was forgotten.
        workers: videos that are read at the same time, each by a process of its own if there are several.
        threads: processor cores that each of them may use for its networks; 0 for all of them, or 1 beside others.
        on_lost: told once each time that a database's server does not answer any more, with what the driver says.
    """

    db: str = DEFAULT_DB
    settings: Settings = field(default_factory=Settings)
    places: PlaceOptions = field(default_factory=PlaceOptions)
    device: str = "auto"
    force: bool = False
    on_upgrade: Callable[[Upgrade], None] | None = None
    patience_s: float = PATIENCE_S
    on_wait: Callable[[float], None] = lambda _seconds: None
    again: bool = False
    require_areas: bool = False
    on_lost: Callable[[str], None] = lambda _cause: None
    workers: int = 1
    threads: int = 0


@dataclass(frozen=True, slots=True)
class BatchStarted:
    """The database is open; the name of the model, the device that will be used, and the number of the run."""

    model: str
    device: str
    run: int


def analyze_all(
    inputs: Iterable[Input], request: Request, open_stages: OpenStages | None = None
) -> Generator[BatchStarted | Event]:
    """Analyse inputs into a database; see `jobs.run` for the events.

    Args:
        inputs: from `places.inputs.find_inputs`.
        request: how.
        open_stages: opens other networks than the real ones, when the first video needs them; for several workers a
            function of a module, as it is sent to them.

    Raises:
        StoreError: the database cannot be opened, read or written.
        ModelError: the model is missing, changed or does not fit.
        UsageError: the device is not there, a `cameras.toml` cannot be read, or a time zone is not known.
    """
    model, device = find_model(request.settings.model), choose_device(request.device)
    patience = Patience(request.patience_s, request.on_wait, on_lost=request.on_lost)
    with Store(request.db, request.on_upgrade, patience) as store, Heart(store.beat), Decoder() as decoder:

        def open_source(path: Path, hints: Hints) -> VideoFile:
            return VideoFile(path, decoder, hints)

        run_id = store.add_run(request.settings, model, describe_device(device))
        yield BatchStarted(model.card.name, device, run_id)
        how = (request.places, request.force, request.again, decoder.renew, request.require_areas)
        batch = Batch(store, run_id, request.settings, model, device, open_source, *how)
        stages = open_stages or real_stages
        if request.workers == 1:
            if request.threads:
                limit_cores(request.threads)
            worker = Worker(stages, open_source)
            if store.is_empty(run_id):
                # The first answer: networks are opened and the decoder starts beside each other.
                worker.prepare(request.settings, model, device)
            yield from run(inputs, batch, worker)
            return
        with Workers(request.workers, stages, request.threads or 1) as workers:
            yield from run(inputs, batch, workers, several(request.workers))
