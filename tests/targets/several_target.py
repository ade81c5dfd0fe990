"""The real command line with slow fake networks that worker processes can open, too."""

from __future__ import annotations

from pathlib import Path

import typer
from slow_stages import slow_stages

from pipeline.cli.analyze import make_analyze

app = typer.Typer()
app.command()(make_analyze(slow_stages))

if __name__ == "__main__":
    app(prog_name=Path(__file__).name)
