"""Which run surrounds the code that runs now: in this process by a context variable, from outside by the environment."""

import functools
import os
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, Optional, TypeVar, Union

from ._reports import Body

if TYPE_CHECKING:
    from ._run import Run

T = TypeVar("T")
Parent = Union["Run", int, None]

VARIABLES = (
    "WATCHER_EXECUTION_ID",
    "WATCHER_RUN_ID",
    "WATCHER_PIPELINE",
    "WATCHER_NAMESPACE",
    "WATCHER_PARENT_ID",
    "WATCHER_WATERMARK",
    "WATCHER_REPORT",
    "OPENLINEAGE_PARENT_ID",
)
"""What a run hands to the processes inside it. A set is complete: what a run has no value for is removed."""

_current: ContextVar[Optional["Run"]] = ContextVar("watcher_client_run", default=None)


def current_run() -> Optional["Run"]:
    """The run that surrounds the caller in this process; None where there is none."""
    return _current.get()


def enter(run: Optional["Run"]) -> Optional["Run"]:
    """Makes a run the surrounding one, and gives the one before it."""
    before = _current.get()
    _current.set(run)
    return before


def in_this_run(function: Callable[..., T]) -> Callable[..., T]:
    """The same function, for another thread: runs inside it become children of the run that surrounds this call.

    A new thread does not know what surrounds the code that started it; an asyncio task does, and needs no help.

        with ThreadPoolExecutor() as pool:
            pool.map(watcher_client.in_this_run(load), tables)
    """
    run = _current.get()

    @functools.wraps(function)
    def inside(*args: Any, **kwargs: Any) -> T:
        before = enter(run)
        try:
            return function(*args, **kwargs)
        finally:
            enter(before)

    return inside


def parent_fields(parent: Parent) -> Body:
    """The fields of a start that name its parent: the given one, else the surrounding run, else the environment's."""
    if isinstance(parent, int):
        return {"parent_id": parent}
    if parent is not None:
        return parent.as_parent()
    return _from_environment(os.environ)


def _from_environment(environment: Mapping[str, str]) -> Body:
    execution_id = environment.get("WATCHER_EXECUTION_ID", "").strip()
    if execution_id.isdecimal() and int(execution_id) > 0:
        return {"parent_id": int(execution_id)}
    run_id, pipeline = environment.get("WATCHER_RUN_ID"), environment.get("WATCHER_PIPELINE")
    if not run_id or not pipeline:
        return {}
    namespace = environment.get("WATCHER_NAMESPACE")
    fields: Body = {"parent_external_id": run_id, "parent_pipeline_name": pipeline}
    return {**fields, "parent_pipeline_namespace": namespace} if namespace else fields


def exported(values: Dict[str, Any]) -> Dict[str, str]:
    """This process's environment with the given variables in place of those of any other run."""
    rest = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    return {**rest, **{name: str(value) for name, value in values.items() if value is not None and value != ""}}


def replace_exported(environment: Mapping[str, str]) -> Dict[str, str]:
    """Puts the variables of a run into this process's environment, and gives those that were there."""
    before = {name: os.environ[name] for name in VARIABLES if name in os.environ}
    for name in VARIABLES:
        if name in environment:
            os.environ[name] = environment[name]
        else:
            os.environ.pop(name, None)
    return before
