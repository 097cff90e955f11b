"""The ends of runs, and the requests that report them. The results are those of a batch: a status and a body each."""

import threading
import uuid
from typing import TYPE_CHECKING, List, Optional

from ._reports import Body, with_refs
from ._transport import Transport
from .errors import WatcherAPIError, WatcherNetworkError

if TYPE_CHECKING:
    from ._run import Run


class End:
    """The end of a run, on its way to the service."""

    def __init__(self, run: "Run", body: Body) -> None:
        self.run = run
        self.body = body
        self.file: Optional[str] = None
        """Its file in the spool, if it is kept."""
        self.settled = threading.Event()
        """Set once it was received, refused or kept."""


def post_direct(transport: Transport, ends: List[End]) -> List[Body]:
    """The result of each end; raises where they may be sent again later."""
    if len(ends) > 1:
        try:
            return _batch(transport, ends, [{"op": "end", "id": end.run.id, **end.body} for end in ends])
        except WatcherAPIError as error:
            if error.passing or error.wrong_place:
                raise
    return [post_one(transport, end, f"{end.run.run_id}-end") for end in ends]


def post_one(transport: Transport, end: End, key: str) -> Body:
    try:
        body = transport.request("POST", "/end_pipeline_execution", {"id": end.run.id, **end.body}, key)
        return {"status": 200, "body": body}
    except WatcherAPIError as error:
        if error.passing or error.wrong_place:
            raise
        problem = {"code": error.error_code, "detail": error.detail, "errors": error.error_details}
        return {"status": error.status_code, "body": problem}


def post_whole(transport: Transport, ends: List[End]) -> List[Body]:
    """Start and end in one, for runs without an id. A refused start is left to the spool, which puts it aside."""
    reports = [with_refs(end.run.kept_end(end.body), number) for number, end in enumerate(ends)]
    results = _batch(transport, ends, [operation for report in reports for operation in report])
    outcomes = []
    for end, report in zip(ends, reports):
        *_, start, last = results[: len(report)]
        results = results[len(report) :]
        if start["status"] < 300:
            end.run.id = start["body"]["id"]
        outcomes.append(last if start["status"] < 300 else {"status": 500, "body": start["body"]})
    return outcomes


def _batch(transport: Transport, ends: List[End], operations: List[Body]) -> List[Body]:
    key = str(uuid.uuid5(uuid.NAMESPACE_URL, " ".join(end.run.run_id for end in ends)))
    answer = transport.request("POST", "/batch", operations, key)
    results = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(results, list) or len(results) != len(operations):
        raise WatcherNetworkError("the answer is not one of Watcher")
    return results
