#!/usr/bin/env python3
"""Runs dbt, and reports it as a run with its models, seeds, snapshots and tests below it.

    python dbt_with_watcher.py build --select orders+

takes the place of `dbt build --select orders+`, with the same output and the same exit code.
"""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import watcher_client

STATUSES = {"success": "succeeded", "pass": "succeeded", "warn": "succeeded", "error": "failed", "fail": "failed"}


def moment(text: str) -> datetime:
    """A time of dbt, which is UTC; Python before 3.11 does not know the Z."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def period(result: Dict[str, Any]) -> Optional[Tuple[datetime, datetime]]:
    """When the node ran; None for one that was left out, which has no times."""
    timing = [step for step in result["timing"] if step.get("started_at") and step.get("completed_at")]
    if not timing:
        return None
    return moment(timing[0]["started_at"]), moment(timing[-1]["completed_at"])


def report(results: List[Dict[str, Any]], command_began: datetime) -> None:
    """One run for each node. The namespace is dbt's project."""
    for result in results:
        kind, project, *name = result["unique_id"].split(".")
        began, ended = period(result) or (command_began, command_began)
        response = result.get("adapter_response") or {}
        status = STATUSES.get(result["status"], "skipped")
        watcher_client.record(
            ".".join(name[:1]),
            type=f"dbt {kind}",
            namespace=project,
            start=began,
            end=max(began, ended),
            status=status,
            error_message=result.get("message") if status == "failed" else None,
            total_rows=rows if isinstance(rows := response.get("rows_affected"), int) and rows >= 0 else None,
            metadata={"dbt_status": result["status"], "failures": result.get("failures")},
        )


def main(arguments: List[str]) -> int:
    project = Path(os.environ.get("DBT_PROJECT_DIR", "."))
    target = project / os.environ.get("DBT_TARGET_PATH", "target") / "run_results.json"
    command = " ".join(arguments[:1]) or "dbt"
    with watcher_client.run(f"dbt {command}", type="dbt", namespace=project.resolve().name) as run:
        if not run.active:
            print("an operator has stopped this pipeline", file=sys.stderr)
            return 0
        before = target.stat().st_mtime_ns if target.exists() else None
        began = datetime.now().astimezone()
        code = subprocess.run(["dbt", *arguments], env=run.environment()).returncode
        # A command that fails before the first node leaves the results of an earlier one behind.
        if target.exists() and target.stat().st_mtime_ns != before:
            results = json.loads(target.read_text("utf-8"))["results"]
            report(results, began)
            run.metadata["nodes"] = len(results)
        if code != 0:
            run.fail(f"dbt ended with {code}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
