"""The shell: parse, settings, one library call, print. The only place that prints, exits or configures logging."""

from __future__ import annotations

from .interrupts import answered


def main() -> None:
    """Run the command line; see `app.run`. An interrupt is answered from here on, imports and all."""
    with answered():
        # Here, so that the other folders' commands can import this one's console without meeting themselves.
        from .app import run

        run()
