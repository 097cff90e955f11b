"""What the methods of `Watcher` raise. A run never raises any of these, unless it is `required`."""

from typing import Any, Dict, List, Mapping, Optional


class WatcherError(Exception):
    """The base of all errors of this package."""


class WatcherNetworkError(WatcherError):
    """The service gave no answer: no connection, or none within the time."""


class WatcherAPIError(WatcherError):
    """The service refused the request, or failed with it.

    `status_code` is the HTTP status, `error_code` the `code` of the problem document (None where the answer is none, as
    from a proxy), `error_details` the wrong fields, and `detail` the explanation for people.
    """

    def __init__(
        self, status_code: int, body: Any = None, response_text: str = "", headers: Optional[Mapping[str, str]] = None
    ) -> None:
        problem: Dict[str, Any] = body if isinstance(body, dict) else {}
        self.status_code = status_code
        self.response_text = response_text
        self.response_headers: Dict[str, str] = dict(headers or {})
        self.error_code: Optional[str] = problem.get("code")
        self.error_details: List[Dict[str, Any]] = problem.get("errors") or []
        self.detail: str = problem.get("detail") or problem.get("title") or response_text[:200] or "no explanation"
        super().__init__(f"{status_code} {self.error_code or ''}".strip() + f": {self.detail}")

    @property
    def wrong_place(self) -> bool:
        """Whether the key or the URL is wrong: an operator can mend that, and the request is good."""
        return (
            self.status_code in (401, 403)
            or 300 <= self.status_code < 400
            or (self.status_code in (404, 405) and self.error_code in (None, "route_not_found"))
        )

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed later."""
        return (
            self.status_code in (408, 429)
            or self.status_code >= 500
            or self.error_code == "idempotency_key_in_use"
        )

    @property
    def retry_after(self) -> Optional[float]:
        """The seconds that the service asks to wait; None where it does not say."""
        text = {name.lower(): value for name, value in self.response_headers.items()}.get("retry-after", "")
        return float(text) if text.isdigit() else None
