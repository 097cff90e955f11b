#!/usr/bin/env python3
"""A night's work, reported to Watcher with Python's standard library. What it plays, and its siblings: README.md here."""

import json
import os
import urllib.error
import urllib.request

URL = os.environ.get("WATCHER_URL", "http://localhost:8000")
KEY = os.environ.get("WATCHER_KEY")


def call(method, path, body=None):
    """Sends a request; the body of its answer. Any status but a 2xx ends the script."""
    request = urllib.request.Request(URL + path, method=method)
    if KEY:
        request.add_header("Authorization", f"Bearer {KEY}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}") from None


def register(name, type_name, **configuration):
    return call("POST", "/pipeline", {"name": name, "pipeline_type_name": type_name, **configuration})


def start(pipeline, **fields):
    return call("POST", "/start_pipeline_execution", {"pipeline_id": pipeline["id"], **fields})["id"]


def end(execution, succeeded, **fields):
    return call("POST", "/end_pipeline_execution", {"id": execution, "completed_successfully": succeeded, **fields})


def show(node):
    """Prints a tree, a line for each execution."""
    line = f"{node['pipeline_name']}: {node['status']}"
    if node["total_rows"] is not None:
        line += f", {node['total_rows']} rows"
    if node["next_watermark"] is not None:
        line += f", watermark {node['watermark'] or 'none'} -> {node['next_watermark']}"
    if node["error_message"] is not None:
        line += f" ({node['error_message']})"
    print("  " * node["depth"] + line)
    for child in node["child_executions"]:
        show(child)


# An operator has switched one pipeline off.
call("PATCH", "/pipeline", {"id": register("legacy report", "publication")["id"], "active": False})

# The workflow itself, and a group within it.
night = start(register("nightly", "workflow"))
warehouse = start(register("load warehouse", "workflow"), parent_id=night)

# Incremental: from where the last success ended, to the newest row of the source (each night brings 1200).
customers = register(
    "load invoices",
    "extraction",
    freshness_number=1,
    freshness_datepart="day",
    timeliness_number=30,
    timeliness_datepart="minute",
)
watermark = int(customers["watermark"] or 0)
newest = watermark + 1200
rows = newest - watermark
execution = start(customers, parent_id=warehouse, next_watermark=newest)
end(execution, True, total_rows=rows, inserts=rows)

# In full, each time.
execution = start(register("load orders", "extraction"), parent_id=warehouse)
end(execution, True, total_rows=350, inserts=300, updates=50)
end(warehouse, True, total_rows=rows + 350)

# Switched off: it asks before it runs, and skips.
if not register("legacy report", "publication")["active"]:
    print("legacy report: inactive, skipped")

# One fails, and so does the night.
execution = start(register("publish report", "publication"), parent_id=night)
end(execution, False, error_message="the mail server does not answer")
end(night, False, error_message="publish report failed")

show(call("GET", f"/pipeline_execution/{night}/tree"))
