"""What the tests share: the real service (WATCHER_URL), and a gate in front of it that plays faults."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, List, Optional, Tuple

from watcher_client import Watcher, WatcherAPIError

SERVICE = os.environ["WATCHER_URL"]


class Asked:
    """A request that came to the gate."""

    def __init__(self, method: str, path: str, key: Optional[str], body: Any) -> None:
        self.method, self.path, self.key, self.body = method, path, key, body


Fault = Callable[[Asked], Optional[Tuple[int, Dict[str, str], Any]]]


class Gate:
    """A loopback HTTP server that hands requests on to the service. It can be away, and answer in its place.

    `fault` gives the status, headers and body of an answer, or None to hand the request on; it may raise ConnectionError to
    give no answer. With `lose` the service's answer to the paths in it is dropped.
    """

    def __init__(self) -> None:
        self.asked: List[Asked] = []
        self.fault: Fault = lambda asked: None
        self.lose: List[str] = []
        self._server: Optional[ThreadingHTTPServer] = None
        self.port = 0
        self.open()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def posts(self, path: str) -> List[Asked]:
        return [asked for asked in self.asked if asked.path == path]

    def open(self) -> None:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except ConnectionError:
                    self.close_connection = True

            def answer(self) -> None:
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = Asked(self.command, self.path, self.headers.get("Idempotency-Key"), json.loads(data or b"null"))
                gate.asked.append(asked)
                played = gate.fault(asked)
                status, headers, body = played if played else gate.hand_on(self.command, self.path, self.headers, data)
                if played is None and self.path in gate.lose:
                    raise ConnectionError
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            do_GET = do_POST = do_PATCH = do_PUT = answer

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def hand_on(self, method: str, path: str, headers: Any, data: bytes) -> Tuple[int, Dict[str, str], bytes]:
        to = urllib.parse.urlsplit(SERVICE)
        connection = http.client.HTTPConnection(to.hostname or "", to.port, timeout=30)
        kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "connection")}
        connection.request(method, path, data or None, kept)
        response = connection.getresponse()
        answer = response.status, {"Content-Type": response.headers.get("Content-Type", "")}, response.read()
        connection.close()
        return answer


class Case(unittest.TestCase):
    """A test with a gate, a spool and a client of its own; the names of its pipelines are its own too."""

    def setUp(self) -> None:
        self.folder = tempfile.mkdtemp(prefix="watcher-spool-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.gate = Gate()
        self.addCleanup(self.gate.close)
        self.suffix = uuid.uuid4().hex[:8]
        self.direct = Watcher(SERVICE, spool=self.folder)
        self.watcher = self.client()

    def client(self, **options: Any) -> Watcher:
        client = Watcher(self.gate.url, spool=self.folder, **options)
        # What a test leaves waits in a folder that is gone; the end of the process is not to wait for it.
        self.addCleanup(client.sender.reset)
        return client

    def name(self, word: str) -> str:
        return f"{word} {self.suffix}"

    def executions(self, word: str, namespace: str = "") -> List[Dict[str, Any]]:
        """The executions of a pipeline, oldest first."""
        pipeline = {"pipeline_name": self.name(word), "pipeline_namespace": namespace}
        return list(self.direct.request("GET", "/pipeline_execution", order="asc", **pipeline))

    def only(self, word: str, namespace: str = "") -> Dict[str, Any]:
        found = self.executions(word, namespace)
        self.assertEqual(len(found), 1, found)
        return found[0]

    def pipeline(self, word: str) -> Dict[str, Any]:
        found = self.direct.request("GET", "/pipeline", name=self.name(word))
        self.assertEqual(len(found), 1, found)
        return dict(found[0])

    def deactivate(self, word: str) -> None:
        self.direct.register({"name": self.name(word), "pipeline_type_name": "t"})
        self.direct.request("PATCH", "/pipeline", {"name": self.name(word), "active": False})

    def files(self) -> List[str]:
        return self.watcher.spool.waiting()

    def eventually(self, check: Callable[[], Any], seconds: float = 15) -> None:
        """Waits until the check neither is false nor fails."""
        end = time.monotonic() + seconds
        while True:
            try:
                if check() is not False:
                    return
                failure: Exception = AssertionError("still false")
            except (AssertionError, WatcherAPIError) as error:
                failure = error
            if time.monotonic() > end:
                raise failure
            time.sleep(0.05)

    def python(self, program: str, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Runs a program in a Python of its own, as a user would start it."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("WATCHER_")}
        environment.update(WATCHER_URL=self.gate.url, WATCHER_SPOOL=self.folder, S=self.suffix, **variables)
        return subprocess.run(
            [sys.executable, "-c", program, *arguments], env=environment, capture_output=True, text=True, timeout=60
        )
