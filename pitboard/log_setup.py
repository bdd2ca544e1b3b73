"""How a command's log looks, in each of its processes."""

import logging


def set_up(level: int) -> None:
    """Standard error, so that standard output carries what a command is for."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s %(message)s", "%H:%M:%S"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("pitboard").setLevel(level)
