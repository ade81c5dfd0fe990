"""The first lines of a process of our own, as the decoder's: run as a script by `start.start_child`, never imported.

Only the standard library is at hand here. A process that is begun by `multiprocessing` would look for modules in the
working folder first, where a `types.py` may lie, and would run the caller's main script once more.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


def connect(handle: int) -> Connection:
    """The end of the pipe that was handed over by its number."""
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection

        return PipeConnection(handle)
    from multiprocessing.connection import Connection

    return Connection(handle)


def adopt(package: str, search_path: list[str]) -> None:
    """Import `pipeline` from where the parent has it, under that name, whatever else is called so on the path."""
    sys.path += [entry for entry in search_path if entry not in sys.path]
    place = f"{package}/__init__.py"
    spec = importlib.util.spec_from_file_location("pipeline", place, submodule_search_locations=[package])
    if spec is None or spec.loader is None:
        sys.exit(f"expected the package pipeline in {package}")
    module = sys.modules["pipeline"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def main() -> None:
    """Take the package's place and the parent's search path from the pipe, then answer requests."""
    pipe = connect(int(sys.argv[1]))
    package, search_path, module = pipe.recv()
    adopt(package, search_path)
    importlib.import_module(module).serve(pipe)


if __name__ == "__main__":
    main()
