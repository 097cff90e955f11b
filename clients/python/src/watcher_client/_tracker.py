"""`run(...)`: a context manager and a decorator, for functions and for coroutines."""

import asyncio
import functools
import inspect
from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, List, Optional, Tuple, Type, TypeVar, cast

from . import _context
from ._run import Run
from ._settings import log

if TYPE_CHECKING:
    from .client import Watcher

F = TypeVar("F", bound=Callable[..., Any])


class Tracker:
    """What `run(...)` gives. Each block, and each call of a decorated function, is a run of its own.

    As a decorator it leaves out the call, and gives None, where the pipeline is not active. A `with` block can't be left
    out: ask `run.active`.
    """

    def __init__(self, make: Callable[[], Run], required: bool = False, export: bool = False) -> None:
        self.make = make
        self._required = required
        self._export = export
        self._entered: List[Tuple[Run, Optional[Run], Optional["dict[str, str]"]]] = []

    def begin(self) -> Run:
        """Begins a run that no block surrounds, as callbacks need it; `Run.end` ends it. It is nobody's parent by itself."""
        run = self.make()
        run.begin(self._required)
        return run

    def __enter__(self) -> Run:
        return self._enter(self.begin())

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        run = self._leave()
        run.settle(run.finish(error))

    async def __aenter__(self) -> Run:
        run = self.make()
        started = asyncio.get_running_loop().run_in_executor(None, run.begin, self._required)
        try:
            await asyncio.shield(started)
        except asyncio.CancelledError as error:
            cancelled = error

            def end(_: "asyncio.Future[None]") -> None:
                run.finish(cancelled)

            # The thread goes on, and what it starts has to end.
            started.add_done_callback(end)
            raise
        return self._enter(run)

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        run = self._leave()
        end = run.finish(error)
        if end is not None:
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, run.settle, end))

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"{function.__qualname__} is a generator: use `with` inside it")
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def tracked_coroutine(*args: Any, **kwargs: Any) -> Any:
                async with self._again() as run:
                    if run.active:
                        return await function(*args, **kwargs)
                    log.warning("'%s' is not active: %s is skipped", run.label, function.__qualname__)

            return cast(F, tracked_coroutine)

        @functools.wraps(function)
        def tracked(*args: Any, **kwargs: Any) -> Any:
            with self._again() as run:
                if run.active:
                    return function(*args, **kwargs)
                log.warning("'%s' is not active: %s is skipped", run.label, function.__qualname__)

        return cast(F, tracked)

    def _again(self) -> "Tracker":
        return Tracker(self.make, self._required, self._export)

    def _enter(self, run: Run) -> Run:
        exported = _context.replace_exported(run.environment()) if self._export else None
        self._entered.append((run, _context.enter(run), exported))
        return run

    def _leave(self) -> Run:
        run, before, exported = self._entered.pop()
        _context.enter(before)
        if exported is not None:
            _context.replace_exported(exported)
        return run
