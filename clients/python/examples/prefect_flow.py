"""A Prefect flow whose tasks are runs below the flow's run; the retries of a task are attempts at one run."""

import functools
from typing import Any, Callable

import watcher_client
from prefect import flow, runtime, task


def watched(name: str, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """For the function of a flow or task, below Prefect's decorator. The options are those of `run`."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            mine = runtime.task_run if runtime.task_run.id else runtime.flow_run
            with watcher_client.run(name, external_id=mine.id, attempt=mine.run_count or 1, **options) as run:
                if not run.active:
                    raise RuntimeError(f"an operator has stopped '{name}'")
                return function(*args, **kwargs)

        return inside

    return decorate


@task(retries=1, retry_delay_seconds=0)
@watched("load orders", type="extraction", freshness=(1, "day"))
def load_orders(fail_first: bool = False) -> int:
    if fail_first and runtime.task_run.run_count == 1:
        raise ConnectionError("the shop does not answer")
    watcher_client.current_run().inserts = 100
    return 100


@task
@watched("publish report", type="report")
def publish(rows: int) -> None:
    watcher_client.current_run().total_rows = rows


@flow
@watched("nightly", type="flow")
def nightly(fail_first: bool = False) -> None:
    rows = load_orders.submit(fail_first)
    publish.submit(rows).result()


if __name__ == "__main__":
    nightly(fail_first=True)
