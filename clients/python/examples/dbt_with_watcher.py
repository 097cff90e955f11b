#!/usr/bin/env python3
"""Runs dbt, and reports it as a run with its models, seeds, snapshots and tests below it.

    python dbt_with_watcher.py build --select orders+

takes the place of `dbt build --select orders+`, with the same output and the same exit code.
"""

import argparse
import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import watcher_client

# The commands that run nodes, and the others.
WITH_NODES = {"build", "clone", "retry", "run", "seed", "snapshot", "test"}
COMMANDS = WITH_NODES | {
    *("clean", "compile", "debug", "deps", "docs", "init", "list", "ls", "parse", "run-operation", "show", "source")
}
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


def paths(arguments: List[str]) -> Tuple[Path, Path]:
    """The folder of the project and the file of the results, by the options of dbt, else by its variables."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--project-dir", default=os.environ.get("DBT_PROJECT_DIR", "."))
    parser.add_argument("--target-path", default=os.environ.get("DBT_TARGET_PATH", "target"))
    options, _ = parser.parse_known_args(arguments)
    project = Path(options.project_dir)
    return project, project / options.target_path / "run_results.json"


def main(arguments: List[str]) -> int:
    project, target = paths(arguments)
    # Options may come before the command.
    command = next((argument for argument in arguments if argument in COMMANDS), None)
    name = f"dbt {command}" if command else "dbt"
    with watcher_client.run(name, type="dbt", namespace=project.resolve().name) as run:
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
        elif command in WITH_NODES:
            print(f"watcher: dbt wrote no results to {target}: its nodes are not reported", file=sys.stderr)
        if code != 0:
            run.fail(f"dbt ended with {code}")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
