"""The models of the older SDK, as dataclasses, by the same names."""

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from ._values import Watermark


@dataclass
class Pipeline:
    """A pipeline and its configuration, as the code declares it."""

    name: str
    pipeline_type_name: str
    pipeline_metadata: Optional[Dict[str, Any]] = None
    freshness_number: Optional[int] = None
    freshness_datepart: Optional[str] = None
    timeliness_number: Optional[int] = None
    timeliness_datepart: Optional[str] = None
    namespace: Optional[str] = None
    schedule: Optional[str] = None
    schedule_timezone: Optional[str] = None


@dataclass
class RegisteredPipeline(Pipeline):
    """A pipeline as the service knows it."""

    id: int = 0
    active: bool = True


@dataclass
class Address:
    """A place that data comes from or goes to."""

    name: str
    address_type_name: str
    address_type_group_name: str
    database_name: Optional[str] = None
    schema_name: Optional[str] = None
    table_name: Optional[str] = None
    primary_key: Optional[str] = None


@dataclass
class AddressLineage:
    """Where a pipeline reads and where it writes."""

    source_addresses: List[Address] = field(default_factory=list)
    target_addresses: List[Address] = field(default_factory=list)


@dataclass
class PipelineConfig:
    """What `Watcher.sync_pipeline_config` takes."""

    pipeline: Pipeline
    address_lineage: Optional[AddressLineage] = None
    default_watermark: Optional[Watermark] = None
    next_watermark: Optional[Watermark] = None


@dataclass
class SyncedPipelineConfig:
    """What `Watcher.sync_pipeline_config` gives: the configuration, the pipeline's id, and where to load from."""

    pipeline: RegisteredPipeline
    address_lineage: Optional[AddressLineage] = None
    default_watermark: Optional[Watermark] = None
    next_watermark: Optional[Watermark] = None
    watermark: Optional[Watermark] = None

    @property
    def active(self) -> bool:
        """Whether the pipeline is to run."""
        return self.pipeline.active


@dataclass
class ETLResult:
    """What a tracked function returns. A subclass may add fields with defaults, which are not sent."""

    completed_successfully: bool
    inserts: Optional[int] = None
    updates: Optional[int] = None
    soft_deletes: Optional[int] = None
    total_rows: Optional[int] = None
    execution_metadata: Optional[Dict[str, Any]] = None
    next_watermark: Optional[Watermark] = None
    error_message: Optional[str] = None

    def __init_subclass__(cls) -> None:
        """A subclass is a dataclass also without the decorator, as it was with the older SDK."""
        dataclass(cls)


@dataclass
class WatcherContext:
    """What a tracked function gets that has a parameter `watcher_context`."""

    execution_id: Optional[int]
    """None while the service does not answer."""
    pipeline_id: int
    watermark: Optional[Watermark] = None
    next_watermark: Optional[Watermark] = None


@dataclass
class ExecutionResult:
    """What a call of a tracked function gives."""

    execution_id: Optional[int]
    result: ETLResult

    @property
    def results(self) -> ETLResult:
        """The same as `result`."""
        return self.result
