"""One run of a pipeline."""

import os
import time
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Dict, Optional, Union

from . import _context
from ._ends import End
from ._lineage import Dataset, Used
from ._reports import Body, end_body, kept_end, kept_start, plain_start
from ._sender import SPOOL_SECONDS
from ._settings import log
from ._values import Watermark, describe, now, plain, timestamp, watermark
from .errors import WatcherAPIError, WatcherError, WatcherNetworkError

if TYPE_CHECKING:
    from .client import Watcher


class Run:
    """A run that has begun. Set its counts, `next_watermark` and `metadata` at any time before it ends.

    Attributes:
        id: the execution's id; None while the service has not answered.
        run_id: the id that this client made, a UUID.
        external_id: the caller's own id of the run; `run_id` where none was given.
        pipeline_id: the pipeline's id; None while the service has not answered.
        active: False where an operator has deactivated the pipeline. Such a run is not reported; skip the work.
        watermark: where to load from, as text; None where there is none, or the service has not answered (see `known`).
        next_watermark: where the next run shall load from; becomes the pipeline's watermark when this run succeeds.
        total_rows, inserts, updates, soft_deletes: counts of rows; None for "not known".
        metadata: anything else worth keeping with the run; what is no JSON is kept as text.
    """

    def __init__(
        self,
        client: "Watcher",
        pipeline: Body,
        start: Body,
        parent: _context.Parent = None,
        external_id: Optional[str] = None,
        pipeline_id: Optional[int] = None,
        lineage: Optional[Body] = None,
    ) -> None:
        self.id: Optional[int] = None
        self.run_id = str(uuid.uuid4())
        self.external_id = external_id or self.run_id
        self.pipeline = pipeline
        self.pipeline_id = pipeline_id
        self.active = True
        self.watermark: Optional[str] = None if start.get("watermark") is None else str(start["watermark"])
        self.next_watermark: Optional[Watermark] = None
        self.total_rows: Optional[int] = None
        self.inserts: Optional[int] = None
        self.updates: Optional[int] = None
        self.soft_deletes: Optional[int] = None
        self.metadata: Dict[str, Any] = {}
        self.start_body: Body = {}
        self.beat_at = self.beaten_at = float("-inf")
        self.used = Used()
        self._client = client
        self._lineage = lineage
        self._registers = pipeline_id is None
        self._options = start
        self._parent = parent if parent is not None else _context.current_run()
        self._news: Body = {}
        self._outcome: Optional[str] = None
        self._message: Optional[str] = None
        self._pid = os.getpid()
        self._ended = False
        self._went_on = False
        self._exported_over: Optional[Dict[str, str]] = None

    @property
    def known(self) -> bool:
        """Whether the service has answered the start. Where not, `watermark` is not known either."""
        return self.id is not None

    @property
    def label(self) -> str:
        """The pipeline, for messages."""
        return str(self.pipeline.get("name") or f"pipeline {self.pipeline_id}")

    def progress(self, progress: Union[float, str, None] = None, message: Optional[str] = None) -> None:
        """Says how far the run is: a number in the run's own unit, a text, or both. Sent soon, with a heartbeat.

        Call it as often as convenient: it only notes what it is given, and at most one is sent in 5 seconds.
        """
        if isinstance(progress, str):
            progress, message = None, progress
        news = {"progress": progress, "message": message}
        self._news = {**self._news, **{name: plain(value) for name, value in news.items() if value is not None}}
        if self._reports:
            self._client.sender.hurry(self)

    def reads(
        self,
        dataset: Dataset,
        *,
        rows: Optional[int] = None,
        bytes: Optional[int] = None,  # noqa: A002 - the word of the API
        files: Optional[int] = None,
    ) -> None:
        """Says that the run reads a dataset: a name, or a mapping with `namespace` and `name`. Sent after its end."""
        self.used.add(False, dataset, rows=rows, bytes=bytes, files=files)

    def writes(
        self,
        dataset: Dataset,
        *,
        rows: Optional[int] = None,
        bytes: Optional[int] = None,  # noqa: A002
        files: Optional[int] = None,
    ) -> None:
        """The same for a dataset that the run writes."""
        self.used.add(True, dataset, rows=rows, bytes=bytes, files=files)

    def skip(self, message: Optional[str] = None) -> None:
        """Ends the run as skipped, once its block ends without an exception: there was nothing to do."""
        self._outcome, self._message = "skipped", message

    def fail(self, message: Optional[str] = None) -> None:
        """Ends the run as failed, once its block ends, also without an exception."""
        self._outcome, self._message = "failed", message

    def end(self, error: Optional[BaseException] = None) -> None:
        """Ends a run that `Tracker.begin` began, by the exception that ended it or none. A block does this by itself."""
        if self._exported_over is not None:
            _context.replace_exported(self._exported_over)
            self._exported_over = None
        self.settle(self.finish(error))

    def export(self) -> None:
        """Puts the run into `os.environ` until `end`: what this process does meanwhile, and starts, is below the run.

        For a process that does one thing, as the worker of a scheduler; there is only one `os.environ`.
        """
        self._exported_over = _context.replace_exported(self.environment())

    def environment(self) -> Dict[str, str]:
        """The environment for a process inside this run: what runs there becomes a child of this run.

            subprocess.run(["dbt", "build"], env=run.environment())

        It is this process's environment with `WATCHER_EXECUTION_ID`, `WATCHER_RUN_ID`, `WATCHER_PIPELINE`,
        `WATCHER_NAMESPACE`, `WATCHER_PARENT_ID`, `WATCHER_WATERMARK` and `OPENLINEAGE_PARENT_ID` of this run.
        """
        if not self.active:
            return self._parent.environment() if isinstance(self._parent, Run) else dict(os.environ)
        name, namespace = self.pipeline.get("name"), self.pipeline.get("namespace")
        lineage = None
        if self.id is not None and name:
            job = str(name).replace("/", "%2F")
            lineage = f"{namespace or 'watcher'}/{job}/00000000-0000-8000-8000-{self.id:012x}"
        return _context.exported(
            {
                "WATCHER_EXECUTION_ID": self.id,
                "WATCHER_RUN_ID": self.external_id,
                "WATCHER_PIPELINE": name,
                "WATCHER_NAMESPACE": namespace,
                "WATCHER_PARENT_ID": self.start_body.get("parent_id"),
                "WATCHER_WATERMARK": self.watermark,
                "OPENLINEAGE_PARENT_ID": lineage,
            }
        )

    def as_parent(self) -> Body:
        """The fields of a start below this run."""
        if not self.active:
            return _context.parent_fields(self._parent)
        if self.id is not None:
            return {"parent_id": self.id}
        fields: Body = {"parent_external_id": self.external_id}
        if self.pipeline_id is not None:
            return {**fields, "parent_pipeline_id": self.pipeline_id}
        fields["parent_pipeline_name"] = self.pipeline["name"]
        if self.pipeline.get("namespace"):
            fields["parent_pipeline_namespace"] = self.pipeline["namespace"]
        return fields

    def kept_start(self) -> "list[Body]":
        """The start as a report that waits."""
        return kept_start(self._named, self.start_body)

    def kept_end(self, end: Body) -> "list[Body]":
        """The end as a report that waits."""
        return kept_end(self._named, self.start_body, end)

    def take_news(self) -> Body:
        """What the next heartbeat says."""
        news, self._news = self._news, {}
        return news

    def begin(self, required: bool = False) -> None:
        """Reports the start. Waits at most the time of one request for the service; then the run goes on without it.

        With `required`, raises WatcherError where the service did not take the start.
        """
        fields = {"external_id": self.external_id, "start_date": now(), **_context.parent_fields(self._parent)}
        self.start_body = {**fields, **self._options}
        try:
            self._client.within(self._report_start)
        except WatcherError as error:
            if required:
                raise
            self._went_on = True
            self._client.sender.warn(f"the start of '{self.label}' is reported later: {error}", error)
            if self.id is None:
                self._client.sender.keep_start(self)
        except BaseException as error:
            # Ctrl-C while the start was on its way: it may have arrived.
            self.finish(error)
            raise
        if self.active:
            self._client.sender.watch(self)

    def finish(self, error: Optional[BaseException] = None) -> Optional[End]:
        """Reports the end, by the exception that ended the run. Does not wait; gives what can be waited for."""
        if not self._reports:
            return None
        self._ended = True
        status, message = self._result(error)
        return self._submit(status, now(), message)

    def record(self, start: datetime, end: datetime, status: str, message: Optional[str]) -> None:
        """Reports start and end of a run that is over."""
        fields = {"external_id": self.external_id, "start_date": timestamp(start)}
        self.start_body = {**fields, **_context.parent_fields(self._parent), **self._options}
        self._ended = True
        self._submit(status, timestamp(end), message)

    def _submit(self, status: str, end_date: str, message: Optional[str]) -> End:
        counts = {name: getattr(self, name) for name in ("total_rows", "inserts", "updates", "soft_deletes")}
        end = End(self, end_body(status, end_date, counts, watermark(self.next_watermark), self.metadata, message))
        self._client.sender.submit(end)
        return end

    def settle(self, end: Optional[End]) -> None:
        """Waits for the end of an outermost run, so that a process that ends abruptly afterwards has reported it."""
        if end is not None and not (isinstance(self._parent, Run) and self._parent._reports):
            self._client.sender.settle(end, SPOOL_SECONDS)

    @property
    def _named(self) -> Body:
        return self.pipeline if "name" in self.pipeline else {"pipeline_id": self.pipeline_id}

    @property
    def _reports(self) -> bool:
        """Not in a process that was forked inside the run: the run is its parent's."""
        return self.active and not self._ended and os.getpid() == self._pid

    def _result(self, error: Optional[BaseException]) -> "tuple[str, Optional[str]]":
        if error is None:
            return self._outcome or "succeeded", self._message
        if isinstance(error, SystemExit):
            if error.code in (None, 0):
                return self._outcome or "succeeded", self._message
            if isinstance(error.code, int):
                # A shell's exit code for "ended by a signal" is 128 and its number.
                return "aborted" if 128 < error.code < 160 else "failed", f"exit code {error.code}"
            return "failed", str(error.code)
        return ("failed" if isinstance(error, Exception) and not _is_cancelled(error) else "aborted"), describe(error)

    def _report_start(self, timeout: float) -> None:
        """Runs in a thread of its own, which is left behind when the time is up."""
        client, begun = self._client, time.monotonic()
        client.sender.send_kept(min(SPOOL_SECONDS, timeout))
        left = max(timeout - (time.monotonic() - begun), 0.1)
        if self._registers:
            found = client.transport.request("POST", "/pipeline", self.pipeline, timeout=left)
            if not isinstance(found, dict) or "id" not in found:
                raise WatcherNetworkError(f"{client.url} does not answer like Watcher")
            self.pipeline_id = found["id"]
            client.remember(found["id"], self.pipeline)
            if not found["active"] and not self._went_on:
                self.active = False
                return
            if self.watermark is None:
                self.watermark = found["watermark"]
            if self._lineage is not None and found.get("load_lineage"):
                client.sender.tell_lineage(f"/pipeline/{found['id']}/lineage", self._lineage, self.label)
        body = {"pipeline_id": self.pipeline_id, **self.start_body}
        left = max(timeout - (time.monotonic() - begun), 0.1)
        try:
            self.id = client.transport.request("POST", "/start_pipeline_execution", body, f"{self.run_id}-start", left)["id"]
        except WatcherAPIError as error:
            if error.passing or error.wrong_place:
                raise
            log.warning("the start of '%s' was refused, and is reported without details: %s", self.label, error)
            body = plain_start(body, {"detail": error.detail, "errors": error.error_details})
            key = f"{self.run_id}-start-plain"
            self.id = client.transport.request("POST", "/start_pipeline_execution", body, key, left)["id"]


def _is_cancelled(error: BaseException) -> bool:
    """In Python 3.9+ asyncio's CancelledError is no Exception; that of concurrent.futures is one."""
    return type(error).__name__ == "CancelledError"


