"""`OrchestratedETL` of the older SDK: one pipeline, run from a task of any scheduler."""

import inspect
import warnings
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Optional, Union

from .client import Watcher
from .models import ETLResult, ExecutionResult, PipelineConfig, SyncedPipelineConfig, WatcherContext


@dataclass
class OrchestrationContext:
    """Where the scheduler stands. Kept in the execution's metadata."""

    orchestrator: str
    run_id: Optional[str] = None
    execution_date: Optional[Any] = None
    partition_key: Optional[str] = None
    dag_id: Optional[str] = None
    task_id: Optional[str] = None
    extra_metadata: Dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> Dict[str, Any]:
        """The metadata."""
        date = None if self.execution_date is None else str(self.execution_date)
        return {
            "orchestrator": self.orchestrator,
            "run_id": self.run_id,
            "execution_date": date,
            "partition_key": self.partition_key,
            "dag_id": self.dag_id,
            "task_id": self.task_id,
            **self.extra_metadata,
        }


class OrchestratedETL:
    """Registers the pipeline, and runs functions as its executions.

    Args:
        watcher: the URL of the service, or a Watcher.
        pipeline_config: the pipeline.
    """

    def __init__(self, watcher: Union[str, Watcher, None], pipeline_config: PipelineConfig) -> None:
        self.watcher = watcher if isinstance(watcher, Watcher) else Watcher(watcher)
        self.pipeline_config = pipeline_config

    def execute_etl(
        self,
        etl_function: Callable[..., ETLResult],
        orchestration_context: Any = None,
        parent_execution_id: Optional[int] = None,
        **kwargs: Any,
    ) -> Optional[ExecutionResult]:
        """Calls `etl_function(watcher_context, **kwargs)` as a run; None where the pipeline is not active.

        `orchestration_context` is the context of Airflow (its dict, or a task instance) or Dagster, or an
        OrchestrationContext. What it says is kept in the execution's metadata, and given to a function that has a
        parameter `orchestration_context`.
        """
        synced = self._sync()
        context = None if orchestration_context is None else _detected(orchestration_context)
        if context is not None and "orchestration_context" in inspect.signature(etl_function).parameters:
            kwargs["orchestration_context"] = context

        @self.watcher.track_pipeline_execution(
            pipeline_id=synced.pipeline.id,
            active=synced.pipeline.active,
            parent_execution_id=parent_execution_id,
            watermark=synced.watermark,
            next_watermark=synced.next_watermark,
        )
        def call(watcher_context: WatcherContext) -> ETLResult:
            result = etl_function(watcher_context, **kwargs)
            if context is not None and isinstance(result, ETLResult):
                result.execution_metadata = {**(result.execution_metadata or {}), **context.to_dict()}
            return result

        outcome: Optional[ExecutionResult] = call()
        return outcome

    def start_parent_execution(self) -> Optional[int]:
        """Starts an execution and gives its id; end it with `end_parent_execution`. None where it is not active."""
        synced = self._sync()
        if not synced.pipeline.active:
            warnings.warn(f"'{synced.pipeline.name}' is not active: it is not started", stacklevel=2)
            return None
        return self.watcher.create_pipeline_execution(
            synced.pipeline.id, watermark=synced.watermark, next_watermark=synced.next_watermark
        )

    def end_parent_execution(self, execution_id: int, result: ETLResult) -> None:
        """Ends an execution with a result."""
        self.watcher.complete_pipeline_execution(
            execution_id,
            result.completed_successfully,
            inserts=result.inserts,
            updates=result.updates,
            soft_deletes=result.soft_deletes,
            total_rows=result.total_rows,
            execution_metadata=result.execution_metadata,
        )

    def _sync(self) -> SyncedPipelineConfig:
        """A function that runs again loads from where it came to: the watermark is asked for each time."""
        return self.watcher.sync_pipeline_config(self.pipeline_config)


def _detected(context: Any) -> OrchestrationContext:
    if isinstance(context, OrchestrationContext):
        return context
    if isinstance(context, dict):
        task = context.get("task_instance") or context.get("ti")
        known: Dict[str, Any] = {name: context.get(name) or getattr(task, name, None) for name in ("run_id", "dag_id", "task_id")}
        date = context.get("logical_date") or context.get("execution_date")
        return OrchestrationContext("airflow", execution_date=date, **known)
    if hasattr(context, "run_id") and hasattr(context, "partition_key"):
        return OrchestrationContext("dagster", run_id=context.run_id, partition_key=context.partition_key)
    if hasattr(context, "dag_id") and hasattr(context, "task_id"):
        return OrchestrationContext(
            "airflow", run_id=getattr(context, "run_id", None), dag_id=context.dag_id, task_id=context.task_id
        )
    warnings.warn(f"the context {type(context).__name__} is of no known scheduler", stacklevel=3)
    return OrchestrationContext("unknown")
