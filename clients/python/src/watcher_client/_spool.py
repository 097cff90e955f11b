"""Reports that wait for the service, one file each, in a folder that all clients of Watcher share.

The name of a file gives its place in the order of sending. Sending twice is harmless, because the service knows the key
of each file; so there is no lock, and any number of processes may send at once.
"""

import errno
import os
import re
import threading
import time
from typing import Any, Callable, Dict, List, Optional

from ._reports import Body, plain_end
from ._settings import Settings, log
from ._transport import Transport
from ._values import dumps, plain, restored, stored
from .errors import WatcherAPIError, WatcherNetworkError

_NAME = re.compile(r"\d{13}-\d{6}-.+-(start|end)\.json")

Learn = Callable[[str, int], None]
"""Is told the external id of a run, and the id that the service gave it."""


class Spool:
    """The reports that wait for one service."""

    def __init__(self, settings: Settings, transport: Transport) -> None:
        self.folder = os.path.join(settings.spool, re.sub(r"[^A-Za-z0-9.-]", "_", settings.url))
        self._limit = settings.spool_limit
        self._transport = transport
        self.reset()

    def reset(self) -> None:
        """Forgets the locks, as a forked process must."""
        self._names = threading.Lock()
        self._sending = threading.Lock()
        self._last = (0, 0)
        self._full = False

    def waiting(self) -> List[str]:
        """The names of the files that wait, in the order of sending."""
        try:
            return sorted(name for name in os.listdir(self.folder) if _NAME.fullmatch(name))
        except OSError:
            return []

    def put(self, run_id: str, kind: str, body: List[Body]) -> Optional[str]:
        """Keeps a report, and gives the name of its file; None where there is no room for it. Raises OSError."""
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        if len(self.waiting()) >= self._limit:
            if not self._full:
                log.warning("%s holds %d reports, the most it may; further ones are lost", self.folder, self._limit)
            self._full = True
            return None
        self._full = False
        name = f"{self._place()}-{run_id}-{kind}.json"
        report = {"version": 1, "path": "/batch", "idempotency_key": f"{run_id}-{kind}", "body": body}
        self._write(name, dumps(report))
        return name

    def remove(self, name: str) -> None:
        """Forgets a report that has been received; it may be gone already."""
        try:
            os.unlink(os.path.join(self.folder, name))
        except FileNotFoundError:
            pass

    def send(self, seconds: float, learn: Learn) -> bool:
        """Sends what waits, for at most so many seconds. True where nothing waits any more."""
        if not self.waiting():
            return True
        end = time.monotonic() + seconds
        if not self._sending.acquire(timeout=seconds):
            return False
        try:
            for name in self.waiting():
                left = end - time.monotonic()
                if left <= 0 or not self._send(name, left, learn):
                    return False
            return not self.waiting()
        finally:
            self._sending.release()

    def _send(self, name: str, seconds: float, learn: Learn) -> bool:
        """False where the service can't take it now: those behind it have to wait as well."""
        try:
            with open(os.path.join(self.folder, name), "rb") as file:
                report = restored(file.read())
        except FileNotFoundError:
            return True
        except ValueError as error:
            self._refuse(name, {"detail": f"not JSON: {error}"})
            return True
        if not isinstance(report, dict) or report.get("version") != 1 or not isinstance(report.get("body"), list):
            self._refuse(name, {"detail": "not a report of version 1"})
            return True
        try:
            results = self._post(report, report["idempotency_key"], seconds)
        except WatcherNetworkError:
            return False
        except WatcherAPIError as error:
            if error.passing or error.wrong_place:
                return False
            problem = {"status": error.status_code, "code": error.error_code, "detail": error.detail}
            return self._put_aside(name, report, problem, {**problem, "errors": error.error_details}, seconds)
        statuses = [result["status"] for result in results]
        if any(status >= 500 or status in (401, 403) for status in statuses):
            return False
        self._learn(report["body"], results, learn)
        if all(status < 400 for status in statuses):
            self.remove(name)
            return True
        # Where the start was refused, an end has nothing to refer to.
        of_end = all(status < 400 for status in statuses[:-1])
        return self._put_aside(name, report, {"results": results}, results[-1]["body"] if of_end else None, seconds)

    def _put_aside(
        self, name: str, report: Dict[str, Any], answer: Dict[str, Any], problem: Optional[Body], seconds: float
    ) -> bool:
        """Puts a refused report aside; before, sends its end without what was refused. False if the service went away
        meanwhile: then both are sent again."""
        if problem is not None and not self._send_plain(report, problem, seconds):
            return False
        self._refuse(name, answer)
        return True

    def _post(self, report: Dict[str, Any], key: str, seconds: float) -> List[Dict[str, Any]]:
        try:
            return _results(self._transport.request("POST", report["path"], stored(report["body"]), key, seconds))
        except WatcherAPIError as error:
            if error.error_code != "idempotency_key_reused" or key.endswith("-kept"):
                raise
            # The run reported the same directly, and the answer was lost. The service finds that it knows it all.
            return self._post(report, f"{key}-kept", seconds)

    def _send_plain(self, report: Dict[str, Any], problem: Body, seconds: float) -> bool:
        """Sends a refused end once more, without what the service may not like about it. False if it has to wait."""
        last = report["body"][-1] if report["body"] else None
        if not isinstance(last, dict) or last.get("op") != "end" or problem.get("code") == "execution_already_ended":
            return True
        again = {"path": report["path"], "body": [*report["body"][:-1], plain(plain_end(last, problem))]}
        try:
            results = self._post(again, f"{report['idempotency_key']}-plain", seconds)
        except WatcherNetworkError:
            return False
        except WatcherAPIError as error:
            if error.passing or error.wrong_place:
                return False
            log.warning("the end that %s refused could not be sent without details: %s", self.folder, error)
            return True
        return not any(result["status"] >= 500 or result["status"] in (401, 403) for result in results)

    def _learn(self, body: List[Body], results: List[Dict[str, Any]], learn: Learn) -> None:
        for operation, result in zip(body, results):
            if operation.get("op") == "start" and result["status"] < 300 and operation.get("external_id"):
                learn(operation["external_id"], result["body"]["id"])

    def _refuse(self, name: str, answer: Dict[str, Any]) -> None:
        refused = os.path.join(self.folder, "refused")
        os.makedirs(refused, mode=0o700, exist_ok=True)
        self._write(os.path.join("refused", name[: -len(".json")] + ".answer.json"), dumps(answer))
        try:
            os.replace(os.path.join(self.folder, name), os.path.join(refused, name))
        except FileNotFoundError:
            return
        log.warning("the service refused a report; it is in %s, with the answer", os.path.join(refused, name))

    def _place(self) -> str:
        """The time and a counter. Never an earlier place than the last, also if the clock is set back."""
        with self._names:
            last, counter = self._last
            moment = int(time.time() * 1000)
            self._last = (moment, 0) if moment > last else (last, counter + 1)
            return f"{self._last[0]:013d}-{self._last[1]:06d}"

    def _write(self, name: str, content: bytes) -> None:
        """Writes a file that is there as a whole, or not at all, also after a loss of power."""
        path = os.path.join(self.folder, name)
        folder = os.path.dirname(path)
        temporary = os.path.join(folder, f".tmp-{os.getpid()}-{threading.get_ident()}-{os.path.basename(name)}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        _sync(folder)


def _results(answer: Any) -> List[Dict[str, Any]]:
    if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
        raise WatcherNetworkError("the answer is not one of Watcher")
    return list(answer["results"])


def _sync(folder: str) -> None:
    """Makes the rename last. Windows can't open a folder, and keeps renames by itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF):
            raise
    finally:
        os.close(descriptor)
