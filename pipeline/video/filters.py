"""One frame through one of FFmpeg's filters."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av


def filtered(frame: Any, name: str, options: str) -> Any:
    """What a filter makes of a decoded frame.

    Args:
        frame: it stays as it is.
        name: of the filter.
        options: as FFmpeg's command line writes them.
    """
    graph = av.filter.Graph()
    source = graph.add_buffer(template=frame, time_base=frame.time_base or Fraction(1, 25))
    graph.link_nodes(source, graph.add(name, options), graph.add("buffersink")).configure()
    graph.push(frame)
    graph.push(None)
    return graph.pull()
