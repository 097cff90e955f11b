"""Reports the runs of data pipelines to Watcher.

    import watcher_client

    with watcher_client.run("load orders", type="extraction") as run:
        run.total_rows = load(since=run.watermark)

The service is `WATCHER_URL`, with the key `WATCHER_KEY`. A service that is away neither stops nor delays a pipeline:
what can't be sent is kept in `WATCHER_SPOOL` and sent later, in order and once.
"""

from ._context import current_run, in_this_run
from ._default import default_client, record, run
from ._lineage import Dataset
from ._run import Run
from ._tracker import Tracker
from ._values import describe
from .client import Watcher
from .errors import WatcherAPIError, WatcherError, WatcherNetworkError
from .models import (
    Address,
    AddressLineage,
    ETLResult,
    ExecutionResult,
    Pipeline,
    PipelineConfig,
    SyncedPipelineConfig,
    WatcherContext,
)
from .orchestration import OrchestratedETL, OrchestrationContext

__version__ = "0.2.0"

__all__ = [
    "Address",
    "AddressLineage",
    "Dataset",
    "ETLResult",
    "ExecutionResult",
    "OrchestratedETL",
    "OrchestrationContext",
    "Pipeline",
    "PipelineConfig",
    "Run",
    "SyncedPipelineConfig",
    "Tracker",
    "Watcher",
    "WatcherAPIError",
    "WatcherContext",
    "WatcherError",
    "WatcherNetworkError",
    "current_run",
    "default_client",
    "describe",
    "in_this_run",
    "record",
    "run",
]
