"""Dagster assets as runs of pipelines, below one run for each Dagster run, whichever process they run in."""

import functools
from typing import Any, Callable

import dagster
import watcher_client

# The Dagster run is begun by the first asset that gets there, in any process, and ended by a sensor. Nobody lives as
# long as it does, so nobody sends heartbeats for it.
jobs = watcher_client.Watcher(heartbeat=0)


def watched(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """For the function of an asset or op, which has to take `context` first. The options are those of `run`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def inside(context: Any, *args: Any, **kwargs: Any) -> Any:
            job = jobs.run(context.job_name, type="dagster job", external_id=context.run_id).begin()
            step = context.op_handle.name
            attempt = context.retry_number + 1
            external_id = f"{context.run_id}/{step}" + (f"/{context.partition_key}" if context.has_partition_key else "")
            with watcher_client.run(step, parent=job, external_id=external_id, attempt=attempt, **options) as run:
                if not run.active:
                    raise RuntimeError(f"an operator has stopped '{step}'")
                return function(context, *args, **kwargs)

        return inside

    return decorate


@dagster.asset(retry_policy=dagster.RetryPolicy(max_retries=1))
@watched(type="extraction", freshness=(1, "day"))
def orders(context: dagster.AssetExecutionContext) -> int:
    if context.retry_number == 0:
        raise ConnectionError("the shop does not answer")
    run = watcher_client.current_run()
    run.inserts = 100
    return 100


@dagster.asset
@watched(type="report")
def report(context: dagster.AssetExecutionContext, orders: int) -> None:
    watcher_client.current_run().total_rows = orders


def report_end(context: dagster.RunStatusSensorContext, status: str) -> None:
    """Ends the run that the assets began."""
    run = context.dagster_run
    stats = context.instance.get_run_stats(run.run_id)
    error = getattr(context.dagster_event, "message", None) if status == "failed" else None
    jobs.record(
        run.job_name,
        type="dagster job",
        external_id=run.run_id,
        start=_moment(stats.start_time),
        end=_moment(stats.end_time),
        status=status,
        error_message=error,
    )


def _moment(seconds: Any) -> Any:
    from datetime import datetime, timezone

    return datetime.fromtimestamp(seconds, timezone.utc) if seconds else datetime.now(timezone.utc)


@dagster.run_status_sensor(run_status=dagster.DagsterRunStatus.SUCCESS)
def watcher_success(context: dagster.RunStatusSensorContext) -> None:
    report_end(context, "succeeded")


@dagster.run_status_sensor(run_status=dagster.DagsterRunStatus.FAILURE)
def watcher_failure(context: dagster.RunStatusSensorContext) -> None:
    report_end(context, "failed")


@dagster.run_status_sensor(run_status=dagster.DagsterRunStatus.CANCELED)
def watcher_canceled(context: dagster.RunStatusSensorContext) -> None:
    report_end(context, "aborted")


nightly = dagster.define_asset_job("nightly", [orders, report])
definitions = dagster.Definitions(
    assets=[orders, report], jobs=[nightly], sensors=[watcher_success, watcher_failure, watcher_canceled]
)
