"""The client of the service that the environment names."""

import inspect
from typing import TYPE_CHECKING, Any, Dict

from ._run import Run
from ._settings import Settings, settings
from ._tracker import Tracker
from .client import Watcher

_defaults: Dict[Settings, Watcher] = {}


def default_client() -> Watcher:
    """The client of what the environment says now."""
    chosen = settings()
    # No lock, which a fork could leave locked: of two clients that two threads make at once, both use the first.
    return _defaults.get(chosen) or _defaults.setdefault(chosen, Watcher())


def run(name: str, type: str = "pipeline", **options: Any) -> Tracker:  # noqa: A002
    """The same as `Watcher.run`, with the service that the environment names when the run begins."""
    inspect.signature(Watcher.run).bind(None, name, type, **options)

    def make() -> Run:
        return default_client().run(name, type, **options).make()

    return Tracker(make, bool(options.get("required")), bool(options.get("export")))


def record(name: str, type: str = "pipeline", **options: Any) -> None:  # noqa: A002
    """The same as `Watcher.record`, with the service that the environment names."""
    default_client().record(name, type, **options)


if TYPE_CHECKING:
    record = Watcher().record  # type: ignore[assignment]
    run = Watcher().run  # type: ignore[assignment]
