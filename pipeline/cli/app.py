"""Every command of `fer-video`, and what becomes of an error that reaches the top."""

from __future__ import annotations

import errno
import sys
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from reports.cli import audit, report, zones
from retrain.cli import evaluate, models, retrain

from .. import __version__
from ..errors import FerVideoError, UsageError
from . import (
    analyze,
    annotate,
    areas,
    audit_log,
    config,
    doctor,
    forget,
    notice,
    place,
    privacy,
    status,
    upgrade,
    visits,
)
from .console import printable, say, set_up_streams
from .flags import told
from .usage import describe_usage

CLOSED = 141
"""Exit code where the reader of the output went away: 128 and the number of SIGPIPE, as a shell has it of others."""

app = typer.Typer(
    name="fer-video",
    help="Expression statistics from camera videos: analyze a folder, then read the report.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fer-video {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


app.command("analyze", no_args_is_help=True)(analyze.make_analyze())
app.command(cls=report.ReportCommand)(report.report)
app.add_typer(audit.app, name="audit")
app.command(no_args_is_help=True)(annotate.annotate)
app.command()(visits.visits)
app.command(no_args_is_help=True)(zones.zones)
app.command()(areas.areas)
app.command(no_args_is_help=True)(place.place)
app.command()(status.status)
app.command()(upgrade.upgrade)
app.command()(doctor.doctor)
app.add_typer(config.app, name="config")
app.command(no_args_is_help=True)(forget.forget)
app.command("audit-log")(audit_log.audit_log)
app.command()(privacy.privacy)
app.command(no_args_is_help=True)(notice.notice)
app.command()(evaluate.evaluate)
app.add_typer(models.app, name="models")
app.command()(retrain.retrain)


def run() -> None:
    """Run the command line; a known error becomes one line on stderr and its exit code."""
    set_up_streams()
    stdout = sys.stdout
    try:
        try:
            code = app(windows_expand_args=False, standalone_mode=False)
            sys.exit(code if isinstance(code, int) else 0)
        except TyperException as error:
            _give_up_usage(error)
        except typer.Abort:
            say("stopped.")
            sys.exit(1)
        except SystemExit as end:
            # Click ends with 1 where a reader went away, and puts a stream that swallows everything in place of stdout.
            raise (SystemExit(CLOSED) if sys.stdout is not stdout else end) from None
        finally:
            # Here, not at the end of the process, where an error could only be shown as Python's own.
            sys.stdout.flush()
    except FerVideoError as error:
        say(f"fer-video: {printable(' '.join(told(error).split()))}")
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            say(f"fer-video: {printable(error.filename)}: expected a path; it is longer than any can be.")
            sys.exit(UsageError.exit_code)
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EPIPE}:
            raise
        _give_up_output(error)


def _give_up_usage(error: TyperException) -> NoReturn:
    """Say what was typed that cannot be read; where only help was missing, show it."""
    said = describe_usage(error)
    if said is None:
        error.show()  # type: ignore[attr-defined]
    else:
        say(f"fer-video: {printable(said)}")
    sys.exit(error.exit_code)


def _give_up_output(error: OSError) -> NoReturn:
    """Say that results could not be written, and do not try it again at the end of the process."""
    if error.errno != errno.EPIPE:  # a reader that has seen enough, as `head`, need not be told
        say(f"fer-video: the output cannot be written: {error.strerror}.")
    sys.stdout = None
    sys.exit(CLOSED if error.errno == errno.EPIPE else FerVideoError.exit_code)
