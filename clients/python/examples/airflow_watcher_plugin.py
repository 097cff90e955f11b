"""Reports all DAG runs and task instances of an Airflow (2.10 or 3) to Watcher. Put it into Airflow's plugins folder.

A task instance is a run of the pipeline `dag_id.task_id`, below the run of the pipeline `dag_id`; its tries are attempts.
Task instances are reported by the process that runs them, the end of a DAG run by the scheduler.
"""

import functools
import logging
from datetime import datetime, timezone
from typing import Any, Callable, Dict, Optional

import watcher_client
from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

# A DAG run outlives the processes of its tasks, so none of them sends heartbeats for it.
dags = watcher_client.Watcher(heartbeat=0)
tasks = watcher_client.Watcher()

_open: Dict[str, watcher_client.Run] = {}


def _harmless(function: Callable[..., None]) -> Callable[..., None]:
    """Not every version of Airflow goes on after an exception in a listener."""

    @functools.wraps(function)
    def inside(*args: Any) -> None:
        try:
            function(*args)
        except Exception:
            logging.getLogger(__name__).exception("not reported to Watcher")

    return inside


def _identity(instance: Any) -> Dict[str, Any]:
    index = "" if instance.map_index in (None, -1) else f"[{instance.map_index}]"
    external_id = f"{instance.run_id}/{instance.task_id}{index}"
    return {"external_id": external_id, "attempt": max(instance.try_number, 1)}


def _key(instance: Any) -> str:
    return "/".join(str(part) for part in (instance.dag_id, *_identity(instance).values()))


@_harmless
def _start(instance: Any) -> None:
    dag = dags.run(instance.dag_id, type="airflow dag", external_id=instance.run_id).begin()
    name = f"{instance.dag_id}.{instance.task_id}"
    run = tasks.run(name, type="airflow task", parent=dag, **_identity(instance)).begin()
    # Runs that the task begins, and programs that it starts, are below it.
    run.export()
    _open[_key(instance)] = run


@_harmless
def _end(instance: Any, status: str, error: Optional[str] = None) -> None:
    run = _open.pop(_key(instance), None)
    if run is None:  # for example a task instance that an operator marked, or that the scheduler gave up
        return
    if status == "failed":
        run.fail(error)
    elif status == "skipped":
        run.skip()
    run.end()


def _error(error: Any) -> str:
    return watcher_client.describe(error) if isinstance(error, BaseException) else str(error or "failed")


# The hooks take only the arguments that Airflow 2.10 and 3 have in common.


@hookimpl
def on_task_instance_running(previous_state: Any, task_instance: Any) -> None:
    _start(task_instance)


@hookimpl
def on_task_instance_success(previous_state: Any, task_instance: Any) -> None:
    _end(task_instance, "succeeded")


@hookimpl
def on_task_instance_failed(previous_state: Any, task_instance: Any, error: Any) -> None:
    _end(task_instance, "failed", _error(error))


@hookimpl
def on_task_instance_skipped(previous_state: Any, task_instance: Any) -> None:
    _end(task_instance, "skipped")


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    _end_dag(dag_run, "succeeded")


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    _end_dag(dag_run, "failed", msg or "the DAG run failed")


@_harmless
def _end_dag(dag_run: Any, status: str, error: Optional[str] = None) -> None:
    now = datetime.now(timezone.utc)
    dags.record(
        dag_run.dag_id,
        type="airflow dag",
        external_id=dag_run.run_id,
        start=dag_run.start_date or now,
        end=dag_run.end_date or now,
        status=status,
        error_message=error,
    )


class WatcherPlugin(AirflowPlugin):
    """What Airflow finds in this file."""

    name = "watcher"
    listeners = [__import__("sys").modules[__name__]]
