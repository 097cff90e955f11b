"""The thread that sends the ends and heartbeats of all runs of a client, so that no pipeline waits for the service.

What can't be sent goes to the spool at once, and is sent from there: the spool is the only thing that repeats.
"""

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Callable, Deque, Dict, List, Optional, Tuple

from ._ends import End, post_direct, post_one, post_whole
from ._reports import Body, plain_end
from ._settings import Settings, log
from ._spool import Spool
from ._transport import Transport
from .errors import WatcherAPIError, WatcherError, WatcherNetworkError

if TYPE_CHECKING:
    from ._run import Run

QUEUE_LIMIT = 1000
"""The most ends that wait in memory; a further one goes to the spool directly."""
BATCH = 100
SPOOL_SECONDS = 2.0
"""How long a start or an end may be held up by older reports."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
PROGRESS_SECONDS = 5.0
"""The shortest time between two heartbeats of one run."""


class Sender:
    """Sends for one client. All methods may be called from any thread."""

    def __init__(self, settings: Settings, transport: Transport, spool: Spool) -> None:
        self._settings = settings
        self._transport = transport
        self._spool = spool
        self._warned: Optional[str] = None
        self.reset()

    def reset(self) -> None:
        """Starts from nothing, as a forked process must: its parent sends what is queued, and the parent's heartbeats."""
        self._condition = threading.Condition()
        self._keeping = threading.Lock()
        self._thread: Optional[threading.Thread] = None
        self._queue: Deque[End] = deque()
        self._hand: List[End] = []
        self._lineage: Deque[Tuple[str, Body, str]] = deque()
        self._open: Dict[str, Run] = {}
        self._pause = FIRST_PAUSE
        self._send_at: Optional[float] = None

    def submit(self, end: End) -> None:
        """Queues an end."""
        with self._condition:
            self._open.pop(end.run.run_id, None)
            room = len(self._queue) < QUEUE_LIMIT and self._started()
            if room:
                self._queue.append(end)
                self._condition.notify_all()
        if not room:
            self.keep(end)

    def settle(self, end: End, seconds: float) -> None:
        """Waits until the end was received; keeps it after so many seconds."""
        if not end.settled.wait(seconds):
            self.keep(end)

    def watch(self, run: "Run") -> None:
        """Sends the heartbeats of a run from now on."""
        run.beat_at = time.monotonic() + self._settings.heartbeat if self._settings.heartbeat > 0 else float("inf")
        with self._condition:
            self._open[run.run_id] = run
            self._started()
            self._condition.notify_all()

    def hurry(self, run: "Run") -> None:
        """Sends a heartbeat of the run soon, because it has something to say."""
        with self._condition:
            run.beat_at = min(run.beat_at, max(time.monotonic(), run.beaten_at + PROGRESS_SECONDS))
            self._condition.notify_all()

    def tell_lineage(self, path: str, body: Body, label: str) -> None:
        """Sends once, soon, what a pipeline or a run reads and writes. It is not kept: no job needs it."""
        with self._condition:
            if len(self._lineage) < QUEUE_LIMIT and self._started():
                self._lineage.append((path, body, label))
                self._condition.notify_all()

    def keep_start(self, run: "Run") -> None:
        """Keeps a start that the service did not take, and sends it as soon as it does."""
        try:
            self._spool.put(run.run_id, "start", run.kept_start())
        except OSError as error:
            # The end has the start in it.
            log.warning("a start can't be kept: %s", error)
        with self._condition:
            self._send_at = time.monotonic() + (self._pause if self._transport.away else 0)
            self._started()
            self._condition.notify_all()

    def keep(self, end: End) -> bool:
        """Puts an end into the spool, unless it is there. False where it can't be kept."""
        with self._keeping:
            if end.file is not None or end.settled.is_set():
                return True
            try:
                end.file = self._spool.put(end.run.run_id, "end", end.run.kept_end(end.body))
            except OSError as error:
                self.warn(f"reports can't be kept ({error}); they wait in memory, and are lost when the process ends")
                return False
            end.settled.set()
            return True

    def send_kept(self, seconds: float) -> bool:
        """Sends what waits in the spool. True where nothing waits any more."""
        return self._spool.send(seconds, self._learn)

    def flush(self, seconds: float) -> bool:
        """Waits until all queued ends are received or kept; keeps the rest after so many seconds. True where none was left."""
        end = time.monotonic() + seconds
        with self._condition:
            while (self._queue or self._hand or self._lineage) and self._thread and self._thread.is_alive():
                left = end - time.monotonic()
                if left <= 0:
                    break
                self._condition.wait(left)
            rest = [*self._hand, *self._queue]
        lost = sum(not self.keep(each) for each in rest)
        if lost:
            log.warning("%d ends of runs are lost: they could be neither sent nor kept", lost)
        return not rest

    def _started(self) -> bool:
        """Starts the thread if it does not run; False where it can't be started: the interpreter is ending."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._loop, name="watcher-client", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:
                self._thread = None
        return self._thread is not None

    def _loop(self) -> None:
        condition = self._condition
        while condition is self._condition:
            with condition:
                while not self._hand and not self._queue and not self._lineage and (pause := self._idle_for()) > 0:
                    condition.wait(min(pause, 3600.0))
                while self._queue and len(self._hand) < BATCH:
                    self._hand.append(self._queue.popleft())
            try:
                self._deliver()
                self._tell_lineage()
                self._beat()
                self._send_later()
            except Exception:  # noqa: BLE001 - the thread serves all later runs
                log.exception("a report could not be sent")
            retry = False
            with condition:
                # What can't be kept either stays in hand.
                self._hand = [end for end in self._hand if not end.settled.is_set()]
                retry = bool(self._hand)
                condition.notify_all()
            if retry:
                time.sleep(self._longer_pause())

    def _idle_for(self) -> float:
        moments = [run.beat_at for run in self._open.values()]
        if self._send_at is not None:
            moments.append(self._send_at)
        return min(moments) - time.monotonic() if moments else float("inf")

    def _deliver(self) -> None:
        ends = self._hand
        if not ends:
            return
        if self._transport.away or not self.send_kept(SPOOL_SECONDS):
            return self._keep_all(ends)
        # Those without an id are recorded runs, or were begun without the service. They come first: when a run ends as
        # failed, the service looks below it for the causes.
        self._try([end for end in ends if end.run.id is None], post_whole)
        self._try([end for end in ends if end.run.id is not None and not end.settled.is_set()], post_direct)

    def _try(self, ends: List[End], post: Callable[[Transport, List[End]], List[Body]]) -> None:
        if not ends:
            return
        try:
            results = post(self._transport, ends)
        except WatcherError as error:
            self.warn(f"{error}; reports are kept in {self._spool.folder}", error)
            return self._keep_all(ends)
        self._warned = None
        for end, result in zip(ends, results):
            self._take(end, result["status"], result["body"])

    def _take(self, end: End, status: int, body: Any) -> None:
        if status >= 500 or status in (401, 403):
            self._keep_all([end])
            return
        problem = body if status >= 400 and isinstance(body, dict) else {}
        if status >= 400:
            log.warning("the end of '%s' was refused: %s", end.run.label, problem.get("detail"))
        if status >= 400 and problem.get("code") != "execution_already_ended":
            end.body = plain_end(end.body, problem)
            try:
                again = post_one(self._transport, end, f"{end.run.run_id}-end-plain")
            except WatcherError:
                return self._keep_all([end])
            if again["status"] >= 400:
                log.warning("the end of '%s' is lost: %s", end.run.label, again["body"].get("detail"))
        used = end.run.used.body
        if used is not None and end.run.id is not None and status < 400:
            self.tell_lineage(f"/pipeline_execution/{end.run.id}/lineage", used, end.run.label)
        with self._keeping:
            end.settled.set()
            if end.file is not None:
                self._spool.remove(end.file)

    def _tell_lineage(self) -> None:
        while self._lineage:
            path, body, label = self._lineage[0]
            try:
                self._transport.request("PUT", path, body)
            except WatcherError as error:
                log.warning("the lineage of '%s' was not taken: %s", label, error)
            finally:
                with self._condition:
                    self._lineage.popleft()
                    self._condition.notify_all()

    def _keep_all(self, ends: List[End]) -> None:
        for end in ends:
            self.keep(end)
        with self._condition:
            self._send_at = time.monotonic() + self._pause

    def _beat(self) -> None:
        now = time.monotonic()
        with self._condition:
            due = [run for run in self._open.values() if run.beat_at <= now][:1000]
            for run in due:
                run.beaten_at = now
                run.beat_at = now + self._settings.heartbeat if self._settings.heartbeat > 0 else float("inf")
            known = [run for run in due if run.id is not None]
        if self._send_at is None and due and self._spool.waiting():
            self._send_at = now
        if not known or self._transport.away:
            return
        bodies = [{"id": run.id, **run.take_news()} for run in known]
        try:
            if len(known) == 1:
                self._transport.request("POST", "/heartbeat", bodies[0])
                statuses = [204]
            else:
                answer = self._transport.request("POST", "/batch", [{"op": "heartbeat", **body} for body in bodies])
                statuses = [result["status"] for result in answer["results"]]
        except WatcherAPIError as error:
            statuses = [error.status_code] * len(known)
        except (WatcherNetworkError, TypeError, KeyError):
            return
        with self._condition:
            for run, status in zip(known, statuses):
                if status == 409 or (status == 404 and len(known) > 1):
                    self._open.pop(run.run_id, None)

    def _send_later(self) -> None:
        """Sends what is kept when its time has come; the pauses between two tries grow."""
        if self._send_at is None or time.monotonic() < self._send_at:
            return
        self._send_at = None
        if not self._transport.away and self.send_kept(self._settings.timeout * 2):
            self._pause = FIRST_PAUSE
        elif self._spool.waiting():
            self._send_at = time.monotonic() + self._longer_pause()

    def _longer_pause(self) -> float:
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        return pause

    def _learn(self, external_id: str, execution_id: int) -> None:
        with self._condition:
            candidates = [*self._open.values(), *(end.run for end in [*self._hand, *self._queue])]
        for run in candidates:
            if run.external_id == external_id and run.id is None:
                run.id = execution_id

    def warn(self, message: str, cause: object = None) -> None:
        """Once for each cause, not for each run."""
        cause = str(cause or message)
        if cause != self._warned:
            log.warning("%s", message)
        self._warned = cause
