"""The client of one service."""

import atexit
import os
import threading
import time
import uuid
import weakref
from datetime import datetime
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, cast

from . import _settings, _values
from ._context import Parent
from ._lineage import Dataset, declaration
from ._older import OlderNames
from ._reports import Body
from ._run import Run
from ._sender import Sender
from ._settings import Settings
from ._spool import Spool
from ._tracker import Tracker
from ._transport import Transport, query
from .errors import WatcherNetworkError
from .wire import (
    BatchOperationRequest,
    BatchReport,
    DeclareLineageRequest,
    EndExecutionRequest,
    Execution,
    HeartbeatRequest,
    RegisteredPipeline,
    RegisterPipelineRequest,
    ReportLineageRequest,
    StartedExecution,
    StartExecutionRequest,
)

EXIT_SECONDS = 10.0
"""How long the end of the process waits for reports; the rest is kept in the spool."""

Threshold = Tuple[int, str]
"""A number and `minute`, `hour`, `day`, `week`, `month` or `year`."""

_clients: "weakref.WeakSet[Watcher]" = weakref.WeakSet()


class Watcher(OlderNames):
    """Reports to one service. Safe to use from any thread, and after a fork.

    `run` never lets a failure of the service reach the pipeline. The methods that are named after requests (`register`,
    `start`, `end`, `heartbeat`, `batch`, `declare_lineage`, `report_lineage`, `request`) do what they say at once: they repeat what may be repeated for at
    most 10 seconds, as `Retry-After` says, and raise WatcherAPIError or WatcherNetworkError.

    Args:
        url: the service, `WATCHER_URL` or http://127.0.0.1:8000 by default. It may have a path prefix.
        key: the API key; `WATCHER_KEY` by default.
        timeout: the seconds that one request may take; `WATCHER_TIMEOUT` or 5 by default.
        heartbeat: the seconds between two heartbeats of a run; 30 by default, 0 for none.
        spool: the folder of reports that wait; `WATCHER_SPOOL` by default.
        spool_limit: the most reports that wait; `WATCHER_SPOOL_LIMIT` or 10,000 by default.
        base_url, auth: other names of `url` and `key`, as in the older SDK.
    """

    def __init__(
        self,
        url: Optional[str] = None,
        key: Optional[str] = None,
        *,
        timeout: Optional[float] = None,
        heartbeat: float = 30.0,
        spool: Optional[str] = None,
        spool_limit: Optional[int] = None,
        base_url: Optional[str] = None,
        auth: Optional[str] = None,
    ) -> None:
        settings = _settings.settings(url or base_url, key or auth, spool, spool_limit, timeout, heartbeat)
        self._settings = settings
        self._registered: Dict[int, Body] = {}
        self.transport = Transport(settings)
        self.spool = Spool(settings, self.transport)
        self.sender = Sender(settings, self.transport, self.spool)
        _clients.add(self)

    @property
    def url(self) -> str:
        """The service."""
        return self._settings.url

    def run(
        self,
        name: str,
        type: str = "pipeline",  # noqa: A002 - the word that the reader expects
        *,
        namespace: Optional[str] = None,
        freshness: Optional[Threshold] = None,
        freshness_warn: Optional[Threshold] = None,
        timeliness: Optional[Threshold] = None,
        timeliness_warn: Optional[Threshold] = None,
        lost_after: Optional[Threshold] = None,
        retention: Optional[Threshold] = None,
        schedule: Optional[str] = None,
        schedule_timezone: Optional[str] = None,
        start_grace: Optional[Threshold] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        inputs: Optional[Sequence[Dataset]] = None,
        outputs: Optional[Sequence[Dataset]] = None,
        parent: Parent = None,
        external_id: Optional[str] = None,
        attempt: Optional[int] = None,
        retry_of: Optional[int] = None,
        watermark: Optional[_values.Watermark] = None,
        next_watermark: Optional[_values.Watermark] = None,
        execution_metadata: Optional[Mapping[str, Any]] = None,
        required: bool = False,
        export: bool = False,
    ) -> Tracker:
        """A run of the pipeline `name`: `with` and `async with` give a `Run`; as a decorator, each call is a run.

        The pipeline is registered with its configuration when a run begins. An exception ends the run as failed and goes
        on; KeyboardInterrupt and CancelledError end it as aborted.

        Args:
            type: the name of the pipeline's type.
            namespace: names are unique within it; empty by default.
            freshness, timeliness, freshness_warn, timeliness_warn, lost_after, start_grace: thresholds, as `(1, "day")`.
            retention: how long the trees of its runs are kept, as `(90, "day")`.
            schedule, schedule_timezone: a cron expression by which runs are expected, and its time zone.
            metadata: of the pipeline, part of its configuration. `Run.metadata` is that of the run.
            inputs, outputs: the datasets that the pipeline reads and writes, each a name or a mapping with `namespace` and
                `name`. Declared while the run goes on, where the service asks for them (`load_lineage`).
            parent: the run above: a Run, or an id. By default the surrounding run, else that of the environment.
            external_id, attempt, retry_of: the caller's own id of the run; which attempt at it this is; the execution
                that this one repeats.
            watermark, next_watermark: of the run, in place of the pipeline's.
            execution_metadata: of the run, from its start on.
            required: whether the start must reach the service; else WatcherError is raised before the block.
            export: whether the run is in `os.environ` while it lasts, for processes that are started inside it. Not for
                runs that overlap in threads or tasks: there is one `os.environ`.
        """
        pairs = {
            "freshness": freshness,
            "freshness_warn": freshness_warn,
            "timeliness": timeliness,
            "timeliness_warn": timeliness_warn,
            "lost_after": lost_after,
            "retention": retention,
            "start_grace": start_grace,
        }
        pipeline: Body = {"name": name, "pipeline_type_name": type}
        pipeline.update(_given(namespace=namespace, schedule=schedule, schedule_timezone=schedule_timezone))
        for pair, threshold in pairs.items():
            if threshold is not None:
                pipeline[f"{pair}_number"], pipeline[f"{pair}_datepart"] = threshold
        if metadata is not None:
            pipeline["pipeline_metadata"] = dict(metadata)
        start = _given(
            attempt=attempt,
            retry_of=retry_of,
            watermark=_values.watermark(watermark),
            next_watermark=_values.watermark(next_watermark),
            execution_metadata=_values.plain(dict(execution_metadata)) if execution_metadata else None,
        )
        body, lineage = _values.plain(pipeline), declaration(inputs, outputs)
        return Tracker(lambda: Run(self, body, start, parent, external_id, lineage=lineage), required, export)

    def record(
        self,
        name: str,
        type: str = "pipeline",  # noqa: A002
        *,
        start: datetime,
        end: datetime,
        status: str = "succeeded",
        error_message: Optional[str] = None,
        namespace: Optional[str] = None,
        parent: Parent = None,
        external_id: Optional[str] = None,
        attempt: Optional[int] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        **counts: Optional[int],
    ) -> None:
        """Reports a run that is over, as from the log of a tool. Does not wait for the service.

        `status` is `succeeded`, `failed`, `aborted` or `skipped`, `metadata` that of the run, and `counts` any of
        `total_rows`, `inserts`, `updates` and `soft_deletes`. The other arguments are those of `run`; a pipeline that is
        known keeps its configuration. A start with the same `external_id` and `attempt` is the same run.
        """
        unknown = set(counts) - {"total_rows", "inserts", "updates", "soft_deletes"}
        if unknown:
            raise TypeError(f"record() takes no {', '.join(sorted(unknown))}")
        pipeline = _values.plain(_given(namespace=namespace, name=name, pipeline_type_name=type))
        run = Run(self, pipeline, _given(attempt=attempt), parent, external_id)
        run.metadata.update(metadata or {})
        for field, value in counts.items():
            setattr(run, field, value)
        run.record(start, end, status, error_message)

    def register(self, pipeline: RegisterPipelineRequest) -> RegisteredPipeline:
        """Registers a pipeline: creates or finds it by its name, and keeps its configuration in step."""
        answer = cast(RegisteredPipeline, self.request("POST", "/pipeline", pipeline))
        self.remember(answer["id"], cast(Body, pipeline))
        return answer

    def start(self, execution: StartExecutionRequest, key: Optional[str] = None) -> StartedExecution:
        """Starts an execution. `key` is the idempotency key; by default each call has a new one."""
        return cast(StartedExecution, self.request("POST", "/start_pipeline_execution", execution, key))

    def end(self, execution: EndExecutionRequest, key: Optional[str] = None) -> Execution:
        """Ends an execution, and gives it."""
        return cast(Execution, self.request("POST", "/end_pipeline_execution", execution, key))

    def heartbeat(self, heartbeat: HeartbeatRequest) -> Any:
        """A sign of life of one execution (`id`), or of many (`ids`); raises WatcherAPIError 409 once that one has ended."""
        return self.request("POST", "/heartbeat", heartbeat)

    def batch(self, operations: List[BatchOperationRequest], key: Optional[str] = None) -> BatchReport:
        """Up to 1,000 operations in one request and one transaction; each has its own result."""
        return cast(BatchReport, self.request("POST", "/batch", operations, key))

    def declare_lineage(self, pipeline_id: int, lineage: DeclareLineageRequest) -> Any:
        """Declares what a pipeline reads and writes, in place of what it declared before; gives what it does now."""
        return self.request("PUT", f"/pipeline/{pipeline_id}/lineage", lineage)

    def report_lineage(self, execution_id: int, lineage: ReportLineageRequest) -> Any:
        """Reports what an execution read and wrote, in place of what it reported before; gives its lineage."""
        return self.request("PUT", f"/pipeline_execution/{execution_id}/lineage", lineage)

    def request(self, method: str, path: str, body: Any = None, key: Optional[str] = None, **parameters: Any) -> Any:
        """Any other request: the JSON of its answer. `parameters` are those of the query.

            watcher.request("GET", "/pipeline_execution", pipeline_name="load orders", limit=10)
        """
        if method == "POST" and key is None:
            key = str(uuid.uuid4())
        return self.transport.retried(method, path + query(parameters), body, key)

    def flush(self, timeout: float = EXIT_SECONDS) -> bool:
        """Waits until all ended runs are reported or kept. True where nothing waits in the spool either.

        The end of the process does the same. It is of use before `os._exit`.
        """
        end = time.monotonic() + timeout
        self.sender.flush(timeout)
        left = end - time.monotonic()
        return not self.spool.waiting() or (left > 0 and not self.transport.away and self.sender.send_kept(left))

    def remember(self, pipeline_id: int, registration: Body) -> None:
        """Notes the names of a pipeline, for runs that are given its id only."""
        self._registered[pipeline_id] = registration

    def pipeline_of(self, pipeline_id: int) -> Body:
        """What this client has registered under an id; empty where it has not."""
        return self._registered.get(pipeline_id, {})

    def within(self, work: Callable[[float], None]) -> None:
        """Does the work in a thread of its own and waits for at most the time-out, whatever the network does."""
        timeout = self._settings.timeout
        if self.transport.away:
            raise WatcherNetworkError(f"{self.url} did not answer lately")
        outcome: List[Optional[BaseException]] = []

        def attempt() -> None:
            try:
                work(timeout)
                outcome.append(None)
            except BaseException as error:  # noqa: BLE001 - raised below
                outcome.append(error)

        thread = threading.Thread(target=attempt, name="watcher-client-start", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return work(timeout)
        thread.join(timeout)
        if not outcome:
            self.transport.set_away()
            raise WatcherNetworkError(f"{self.url} gave no answer within {timeout:g} s")
        if outcome[0] is not None:
            raise outcome[0]


def _given(**fields: Any) -> Body:
    return {name: value for name, value in fields.items() if value is not None}


def _at_exit() -> None:
    end = time.monotonic() + EXIT_SECONDS
    for client in list(_clients):
        client.sender.flush(max(end - time.monotonic(), 0))


def _after_fork() -> None:
    for client in list(_clients):
        client.spool.reset()
        client.sender.reset()


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
