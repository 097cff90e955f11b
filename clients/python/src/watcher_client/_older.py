"""The methods of the older SDK, by the same names and with the same meaning."""

import functools
import inspect
import warnings
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, cast

from ._context import Parent
from ._run import Run
from ._tracker import Tracker
from ._values import Watermark, now, timestamp
from ._values import watermark as as_watermark
from .errors import WatcherError
from .models import (
    ETLResult,
    ExecutionResult,
    PipelineConfig,
    RegisteredPipeline,
    SyncedPipelineConfig,
    WatcherContext,
)

if TYPE_CHECKING:
    from .client import Watcher


class OlderNames:
    """`Watcher` has these too. Those that report a run go on without the service, as `Watcher.run` does."""

    def sync_pipeline_config(self, config: PipelineConfig) -> SyncedPipelineConfig:
        """Registers the pipeline, and its lineage where the service asks for it.

        The watermark is the service's, else `default_watermark`; None where the pipeline is not active, with a warning.
        Raises WatcherAPIError and WatcherNetworkError; but for the lineage only a warning.
        """
        client = cast("Watcher", self)
        declared = _given(asdict(config.pipeline))
        body = dict(declared)
        if config.next_watermark is not None:
            body["next_watermark"] = as_watermark(config.next_watermark)
        answer = client.register(cast(Any, body))
        pipeline = RegisteredPipeline(**declared, id=answer["id"], active=answer["active"])
        synced = SyncedPipelineConfig(
            pipeline, config.address_lineage, config.default_watermark, config.next_watermark
        )
        if not answer["active"]:
            warnings.warn(f"'{config.pipeline.name}' is not active: it is not to run", stacklevel=2)
            return synced
        synced.watermark = config.default_watermark if answer["watermark"] is None else answer["watermark"]
        if answer["load_lineage"] and config.address_lineage is not None:
            lineage = _given(asdict(config.address_lineage))
            self._ask("/address_lineage", {"pipeline_id": answer["id"], **lineage})
        return synced

    def track_pipeline_execution(
        self,
        pipeline_id: int,
        active: bool,
        parent_execution_id: Optional[int] = None,
        watermark: Optional[Watermark] = None,
        next_watermark: Optional[Watermark] = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A decorator: each call is a run, and gives an ExecutionResult. The function has to return an ETLResult.

        Where `active` is False the call is left out and gives None, with a warning. A function that has a parameter
        `watcher_context` gets a WatcherContext there. Without `parent_execution_id` the surrounding run is the parent.
        """

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            call = functools.partial(self._tracked, pipeline_id, parent_execution_id, watermark, next_watermark)

            @functools.wraps(function)
            def tracked(*args: Any, **kwargs: Any) -> Any:
                if active is not False:
                    return call(function, args, kwargs)
                _left_out(pipeline_id)
                return None

            return tracked

        return decorate

    def track_child_pipeline_execution(
        self,
        pipeline_id: int,
        active: bool,
        parent_execution_id: Optional[int],
        func: Callable[..., Any],
        watermark: Optional[Watermark] = None,
        next_watermark: Optional[Watermark] = None,
        *args: Any,
        **kwargs: Any,
    ) -> Optional[ExecutionResult]:
        """Calls `func` as a run below `parent_execution_id`."""
        if active is False:
            _left_out(pipeline_id)
            return None
        return self._tracked(pipeline_id, parent_execution_id, watermark, next_watermark, func, args, kwargs)

    def create_pipeline_execution(
        self,
        pipeline_id: int,
        start_date: Optional[datetime] = None,
        watermark: Optional[Watermark] = None,
        next_watermark: Optional[Watermark] = None,
        parent_execution_id: Optional[int] = None,
    ) -> int:
        """Starts an execution, now unless told otherwise, and gives its id. Raises as `Watcher.start` does."""
        body = {
            "pipeline_id": pipeline_id,
            "start_date": timestamp(start_date) if start_date else now(),
            "watermark": as_watermark(watermark),
            "next_watermark": as_watermark(next_watermark),
            "parent_id": parent_execution_id,
        }
        return cast("Watcher", self).start(cast(Any, _given(body)))["id"]

    def complete_pipeline_execution(
        self,
        execution_id: int,
        completed_successfully: bool,
        end_date: Optional[datetime] = None,
        inserts: Optional[int] = None,
        updates: Optional[int] = None,
        soft_deletes: Optional[int] = None,
        total_rows: Optional[int] = None,
        execution_metadata: Optional[Dict[str, Any]] = None,
    ) -> None:
        """Ends an execution, now unless told otherwise. Raises as `Watcher.end` does."""
        body = {
            "id": execution_id,
            "end_date": timestamp(end_date) if end_date else now(),
            "completed_successfully": completed_successfully,
            "inserts": inserts,
            "updates": updates,
            "soft_deletes": soft_deletes,
            "total_rows": total_rows,
            "execution_metadata": execution_metadata,
        }
        cast("Watcher", self).end(cast(Any, _given(body)))

    def trigger_freshness_check(self) -> Any:
        """Runs the freshness check now, and gives its report."""
        return cast("Watcher", self).request("POST", "/freshness")

    def trigger_timeliness_check(self, lookback_minutes: Optional[int] = None) -> Any:
        """Runs the timeliness check now, and gives its report. The service looks at all open runs, whatever it is given."""
        body = {} if lookback_minutes is None else {"lookback_minutes": lookback_minutes}
        return cast("Watcher", self).request("POST", "/timeliness", body)

    def trigger_celery_queue_check(self) -> Any:
        """Asks for the backlog, where the service has that endpoint; else a warning, and None."""
        return self._ask("/celery/monitor-queue", None)

    def _ask(self, path: str, body: Any) -> Any:
        """For what not every version of the service has, and no job needs."""
        try:
            return cast("Watcher", self).request("POST", path, body)
        except WatcherError as error:
            warnings.warn(f"POST {path} failed: {error}", stacklevel=3)
            return None

    def _tracked(
        self,
        pipeline_id: int,
        parent: Parent,
        watermark: Optional[Watermark],
        next_watermark: Optional[Watermark],
        function: Callable[..., Any],
        args: Any,
        kwargs: Any,
    ) -> ExecutionResult:
        client = cast("Watcher", self)
        start = _given({"watermark": as_watermark(watermark), "next_watermark": as_watermark(next_watermark)})
        names = client.pipeline_of(pipeline_id)
        with Tracker(lambda: Run(client, names, start, parent, pipeline_id=pipeline_id)) as run:
            if "watcher_context" in inspect.signature(function).parameters:
                kwargs = {**kwargs, "watcher_context": WatcherContext(run.id, pipeline_id, watermark, next_watermark)}
            result = function(*args, **kwargs)
            if not isinstance(result, ETLResult):
                raise ValueError(f"a tracked function returns an ETLResult, not {type(result).__name__}")
            run.inserts, run.updates, run.soft_deletes = result.inserts, result.updates, result.soft_deletes
            run.total_rows, run.next_watermark = result.total_rows, result.next_watermark
            run.metadata.update(result.execution_metadata or {})
            if not result.completed_successfully:
                run.fail(result.error_message)
        return ExecutionResult(run.id, result)


def _left_out(pipeline_id: int) -> None:
    warnings.warn(f"pipeline {pipeline_id} is not active: the call is left out", stacklevel=3)


def _given(fields: Dict[str, Any]) -> Dict[str, Any]:
    """The fields without those that are None, also in lists of objects."""
    return {
        name: [_given(item) if isinstance(item, dict) else item for item in value] if isinstance(value, list) else value
        for name, value in fields.items()
        if value is not None
    }


