"""Put on PYTHONPATH by test_privacy: writes down, and refuses, whatever would leave the machine."""

import os
import sys
from pathlib import Path

FORBIDDEN = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request"}


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event not in FORBIDDEN or (event == "socket.connect" and isinstance(arguments[1], str | bytes)):
        return
    with Path(os.environ["WATCHED_LOG"]).open("a", encoding="utf-8") as log:
        log.write(f"{event} {arguments!r}\n")
    raise PermissionError(f"no connection may be opened: {event}")


sys.addaudithook(_watch)
