"""The environment that all clients of Watcher read."""

import logging
import os
from dataclasses import dataclass
from typing import Optional

log = logging.getLogger("watcher_client")

DEFAULT_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Settings:
    """How a client reaches its service, and what it keeps while the service is away."""

    url: str
    """The service, without a trailing slash; it may have a path prefix."""
    key: Optional[str]
    """The API key, sent as `Authorization: Bearer`."""
    spool: str
    """The folder of reports that wait; each service has a folder of its own in it."""
    spool_limit: int
    """The most reports kept for one service."""
    timeout: float
    """The seconds that one request may take."""
    heartbeat: float
    """The seconds between two heartbeats of a run; 0 for none."""

    def __repr__(self) -> str:
        return f"Settings(url={self.url!r}, spool={self.spool!r})"


def settings(
    url: Optional[str] = None,
    key: Optional[str] = None,
    spool: Optional[str] = None,
    spool_limit: Optional[int] = None,
    timeout: Optional[float] = None,
    heartbeat: float = 30.0,
) -> Settings:
    """The given values; what is None comes from the environment, or is the default."""
    return Settings(
        url=(url or _text("WATCHER_URL") or DEFAULT_URL).strip().rstrip("/"),
        key=key or _text("WATCHER_KEY"),
        spool=spool or _text("WATCHER_SPOOL") or _default_spool(),
        spool_limit=spool_limit if spool_limit is not None else int(_number("WATCHER_SPOOL_LIMIT", 10_000)),
        timeout=timeout if timeout is not None else _number("WATCHER_TIMEOUT", 5.0),
        heartbeat=heartbeat,
    )


def _text(name: str) -> Optional[str]:
    return os.environ.get(name, "").strip() or None


def _number(name: str, default: float) -> float:
    text = _text(name)
    if text is None:
        return default
    try:
        number = float(text)
        if number > 0:
            return number
    except ValueError:
        pass
    log.warning("%s is %r, and takes a number above 0; %g is used", name, text, default)
    return default


def _default_spool() -> str:
    state = _text("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "watcher", "spool")
