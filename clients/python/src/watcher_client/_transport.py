"""One HTTP request, and the same request again while that may help."""

import http.client
import json
import random
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import IO, Any, Dict, Optional

from ._settings import Settings
from ._values import dumps, plain
from .errors import WatcherAPIError, WatcherNetworkError

RETRY_SECONDS = 10.0
"""How long `retried` goes on in all."""
AWAY_SECONDS = 30.0
"""For how long a service is left alone after it let a request run out of time."""
MOST_AWAY_SECONDS = 300.0
"""The longest Retry-After that is believed."""
SLOW_SECONDS = 0.9
"""A failure that took longer than this is one that a pipeline would notice."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET, and the key would go to another host."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        return None


class Transport:
    """Sends JSON to one service. Safe to use from any thread: each request has its own connection."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opener: Optional[urllib.request.OpenerDirector] = None
        self._away_until = 0.0

    @property
    def away(self) -> bool:
        """Whether asking is pointless now: the service asked to wait, or has just let a request run out of time. One that
        refuses connections is not away in this sense, because asking it costs nothing."""
        return time.monotonic() < self._away_until

    def set_away(self, seconds: float = AWAY_SECONDS) -> None:
        """Nobody who would make a pipeline wait asks for so long."""
        self._away_until = time.monotonic() + min(seconds, MOST_AWAY_SECONDS)

    def request(
        self, method: str, path: str, body: Any = None, key: Optional[str] = None, timeout: Optional[float] = None
    ) -> Any:
        """The JSON of the answer (None where it has none). A body of bytes is JSON already. Raises WatcherAPIError and WatcherNetworkError."""
        headers = {"Accept": "application/json", "User-Agent": "watcher-client-python"}
        if self._settings.key:
            headers["Authorization"] = f"Bearer {self._settings.key}"
        if key is not None:
            headers["Idempotency-Key"] = key
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else dumps(plain(body))
            headers["Content-Type"] = "application/json"
        begun = time.monotonic()
        try:
            request = urllib.request.Request(self._settings.url + path, data=data, headers=headers, method=method)
            with self._open_with().open(request, timeout=timeout or self._settings.timeout) as response:
                answer = _json(response.read())
            self._away_until = 0.0
            return answer
        except urllib.error.HTTPError as error:
            with error:
                text = _read(error)
            refusal = WatcherAPIError(error.code, _json(text), text.decode("utf-8", "replace"), dict(error.headers))
            if refusal.retry_after is not None:
                self.set_away(refusal.retry_after)
            raise refusal from None
        except (OSError, http.client.HTTPException, ssl.SSLError, ValueError) as error:
            if time.monotonic() - begun > SLOW_SECONDS:
                self.set_away()
            reason = getattr(error, "reason", None) or error
            raise WatcherNetworkError(f"{self._settings.url}: {str(reason) or type(reason).__name__}") from None

    def _open_with(self) -> urllib.request.OpenerDirector:
        """Made by the first request, which a start bounds in time, and with TLS only where it is needed: OpenSSL hangs in
        a process that was forked while another thread was inside it."""
        if self._opener is None:
            opener = urllib.request.OpenerDirector()
            proxies = {} if _is_loopback(self._settings.url) else urllib.request.getproxies()
            handlers = [
                urllib.request.ProxyHandler(proxies),
                urllib.request.HTTPHandler(),
                urllib.request.HTTPDefaultErrorHandler(),
                urllib.request.HTTPErrorProcessor(),
                urllib.request.UnknownHandler(),
                _NoRedirects(),
            ]
            if any(url.lower().startswith("https:") for url in (self._settings.url, *proxies.values())):
                handlers.append(urllib.request.HTTPSHandler())
            for handler in handlers:
                opener.add_handler(handler)
            self._opener = opener
        return self._opener

    def retried(
        self, method: str, path: str, body: Any = None, key: Optional[str] = None, budget: float = RETRY_SECONDS
    ) -> Any:
        """The same, again and again while the failure may pass, for at most `budget` seconds and as Retry-After says."""
        end = time.monotonic() + budget
        pause = 0.2
        while True:
            try:
                return self.request(method, path, body, key, min(self._settings.timeout, max(end - time.monotonic(), 0.1)))
            except WatcherNetworkError:
                wait = pause
                if time.monotonic() + wait >= end:
                    raise
            except WatcherAPIError as error:
                wait = max(pause, error.retry_after or 0)
                if not error.passing or time.monotonic() + wait >= end:
                    raise
            time.sleep(wait * random.uniform(1.0, 1.25))
            pause = min(pause * 2, 3.0)


def _read(error: urllib.error.HTTPError) -> bytes:
    try:
        return error.read()
    except (OSError, http.client.HTTPException):
        return b""


def _json(text: bytes) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def _is_loopback(url: str) -> bool:
    host = urllib.parse.urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def query(parameters: Dict[str, Any]) -> str:
    """A query string, with its question mark; a parameter that is None is left out, a list is repeated."""
    given = {name: _parameter(value) for name, value in parameters.items() if value is not None}
    return "?" + urllib.parse.urlencode(given, doseq=True) if given else ""


def _parameter(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else plain(value)
