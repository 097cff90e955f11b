"""The reports of a run as bodies of requests; those that are kept can be sent by any other client of Watcher."""

from typing import Any, Dict, List, Optional

from ._values import clean, count, plain

Body = Dict[str, Any]

_COUNTS = ("total_rows", "inserts", "updates", "soft_deletes")


def end_body(
    status: str,
    end_date: str,
    counts: Dict[str, Any],
    next_watermark: Any = None,
    execution_metadata: Optional[Dict[str, Any]] = None,
    error_message: Optional[str] = None,
) -> Body:
    """An end without the execution that it ends."""
    body: Body = {"end_date": end_date, "status": status}
    body.update((name, count(counts[name])) for name in _COUNTS if counts.get(name) is not None)
    if next_watermark is not None:
        body["next_watermark"] = next_watermark
    if execution_metadata:
        body["execution_metadata"] = plain(execution_metadata)
    if error_message:
        body["error_message"] = clean(error_message)
    return body


def kept_start(pipeline: Body, start: Body) -> List[Body]:
    """A start that waits. It names the pipeline, or its id where no more is known, but never its configuration: a late
    report must not undo a newer one."""
    if "name" not in pipeline:
        return [{"op": "start", "ref": "run", "pipeline_id": pipeline["pipeline_id"], **start}]
    names = {name: pipeline[name] for name in ("namespace", "name", "pipeline_type_name") if pipeline.get(name)}
    return [
        {"op": "register", "ref": "pipeline", **names},
        {"op": "start", "ref": "run", "pipeline_ref": "pipeline", **start},
    ]


def kept_end(pipeline: Body, start: Body, end: Body) -> List[Body]:
    """An end that waits: the start is in it, and is answered with the known execution where it has been received."""
    return [*kept_start(pipeline, start), {"op": "end", "execution_ref": "run", **end}]


def with_refs(operations: List[Body], number: int) -> List[Body]:
    """The operations of a kept report, for a batch with other reports: the names by which they refer are its own."""
    refs = ("ref", "pipeline_ref", "execution_ref")
    return [{**each, **{ref: f"{each[ref]} {number}" for ref in refs if ref in each}} for each in operations]


def plain_start(start: Body, error: Body) -> Body:
    """A refused start without what may be wrong with it, and with the refusal."""
    essential = ("op", "ref", "pipeline_ref", "pipeline_id", "start_date", "external_id")
    return _without(start, essential, error)


def plain_end(end: Body, error: Body) -> Body:
    """A refused end without counts, watermark and metadata, and with the refusal: that the run ended must not be lost."""
    essential = ("op", "execution_ref", "id", "end_date", "status", "error_message")
    return _without(end, essential, error)


def _without(body: Body, essential: "tuple[str, ...]", error: Body) -> Body:
    wrong = {str(item.get("field")) for item in error.get("errors") or [] if isinstance(item, dict)} - {"status", "id"}
    rest = {name: body[name] for name in essential if name in body and name not in wrong}
    return {**rest, "execution_metadata": {"report_error": str(error.get("detail") or error.get("status") or "refused")}}
