"""What goes over the wire: JSON that the service accepts, whatever Python value it was made from."""

import json
import math
import operator
import re
import traceback
import uuid
from datetime import date, datetime, timezone
from enum import Enum
from typing import Any, Optional, Union

Watermark = Union[str, int, float, bool, datetime, date]
"""A position in the source data. The service keeps it, and gives it back, as text."""

MOST_CHARACTERS = 100_000
"""Where the service cuts an error message."""
_DEPTH = 90
"""The service takes metadata of at most 100 levels."""
_MARK = f"{uuid.uuid4()}:"
_MARKED = re.compile(f'"{_MARK}([^"]*)"'.encode())
_EXACT_DIGITS = 18
_UNWELCOME = re.compile("[\x00\ud800-\udfff]")


def now() -> str:
    """This moment, as the service takes it: ISO 8601 with `Z` and milliseconds."""
    return timestamp(datetime.now(timezone.utc))


def timestamp(moment: datetime) -> str:
    """A moment as text; one without a time zone is taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def dumps(value: Any) -> bytes:
    """The JSON of a value that `plain` made."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def restored(text: bytes) -> Any:
    """The value of JSON that another client may have written, for `stored`: a number that Python may change is a marked
    text. Raises ValueError."""
    return json.loads(text, parse_float=_MARK.__add__, parse_int=_integer, parse_constant=_no_json)


def stored(value: Any) -> bytes:
    """The JSON of what `restored` read, with all digits of its numbers."""
    return _MARKED.sub(rb"\1", json.dumps(value, separators=(",", ":")).encode())


def _integer(digits: str) -> Any:
    return int(digits) if len(digits) <= _EXACT_DIGITS else _MARK + digits


def _no_json(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def clean(text: str) -> str:
    """The text with a replacement for what the service refuses: NUL, and halves of surrogate pairs."""
    return _UNWELCOME.sub("\ufffd", text)


def plain(value: Any, depth: int = 0) -> Any:
    """A JSON value for any Python value: what JSON does not have, such as a date, becomes its text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Enum):
        return plain(value.value, depth)
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if depth < _DEPTH:
        if isinstance(value, dict):
            return {clean(str(name)): plain(item, depth + 1) for name, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [plain(item, depth + 1) for item in value]
    if isinstance(value, date):
        # A datetime too, with all its digits: a watermark must come back as exact as it went.
        return value.isoformat().replace("+00:00", "Z")
    try:
        return operator.index(value)
    except TypeError:
        return clean(str(value))


def watermark(value: Optional[Watermark]) -> Any:
    """A watermark as the service takes it; a date or a time as ISO 8601."""
    return value if value is None else plain(value)


def count(value: Any) -> Any:
    """A count as an int, also if it is one of numpy, or a whole float; anything else is left to the service to refuse."""
    try:
        return operator.index(value)
    except TypeError:
        pass
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole else plain(value)


def describe(error: BaseException) -> str:
    """An exception as an error message: the exception in the first line, as alerts show it, then the traceback."""
    first = "".join(traceback.format_exception_only(type(error), error)).strip()
    whole = "".join(traceback.format_exception(type(error), error, error.__traceback__)).strip()
    # Of a long traceback its end is the useful part.
    room = max(MOST_CHARACTERS - len(first) - 2, 0)
    return clean(f"{first[:MOST_CHARACTERS]}\n\n{whole[-room:] if room else ''}".strip())
