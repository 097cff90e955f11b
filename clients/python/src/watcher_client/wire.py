"""The bodies of the API. Written by tools/wire_types.py from openapi/watcher.json; not to be edited."""

from typing import Any, Dict, List, Literal, Optional, TypedDict, Union


class _RegisterPipelineRequest(TypedDict):
    name: str
    pipeline_type_name: str


class RegisterPipelineRequest(_RegisterPipelineRequest, total=False):
    freshness_number: Optional[int]
    freshness_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    freshness_warn_number: Optional[int]
    freshness_warn_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    timeliness_number: Optional[int]
    timeliness_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    timeliness_warn_number: Optional[int]
    timeliness_warn_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    lost_after_number: Optional[int]
    lost_after_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    start_grace_number: Optional[int]
    start_grace_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    retention_number: Optional[int]
    retention_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    namespace: Optional[str]
    pipeline_metadata: Optional[Dict[str, Any]]
    next_watermark: Optional[Union[str, int, float, bool]]
    schedule: Optional[str]
    schedule_timezone: Optional[str]
    active: Optional[bool]
    mute_freshness_check: Optional[bool]
    mute_timeliness_check: Optional[bool]
    mute_schedule_check: Optional[bool]
    mute_anomaly_check: Optional[bool]


class RegisteredPipeline(TypedDict):
    id: int
    active: bool
    load_lineage: bool
    watermark: Optional[str]


class _StartExecutionRequest(TypedDict):
    pipeline_id: int


class StartExecutionRequest(_StartExecutionRequest, total=False):
    start_date: Optional[str]
    watermark: Optional[Union[str, int, float, bool]]
    next_watermark: Optional[Union[str, int, float, bool]]
    parent_id: Optional[int]
    parent_execution_id: Optional[int]
    parent_external_id: Optional[str]
    parent_pipeline_id: Optional[int]
    parent_pipeline_name: Optional[str]
    parent_pipeline_namespace: Optional[str]
    external_id: Optional[str]
    attempt: Optional[int]
    retry_of: Optional[int]
    execution_metadata: Optional[Dict[str, Any]]


class StartedExecution(TypedDict):
    id: int


class _EndExecutionRequest(TypedDict):
    id: int


class EndExecutionRequest(_EndExecutionRequest, total=False):
    end_date: Optional[str]
    completed_successfully: Optional[bool]
    status: Optional[Literal["succeeded", "failed", "aborted", "skipped"]]
    total_rows: Optional[int]
    inserts: Optional[int]
    updates: Optional[int]
    soft_deletes: Optional[int]
    execution_metadata: Optional[Dict[str, Any]]
    next_watermark: Optional[Union[str, int, float, bool]]
    error_message: Optional[str]


class Execution(TypedDict):
    id: int
    run_id: str
    parent_id: Optional[int]
    root_id: int
    pipeline_id: int
    pipeline_name: str
    external_id: Optional[str]
    start_date: str
    start_date_estimated: bool
    end_date: Optional[str]
    duration_seconds: Optional[float]
    deadline: Optional[str]
    status: Literal["expected", "running", "succeeded", "failed", "aborted", "skipped", "lost"]
    completed_successfully: Optional[bool]
    attempt: int
    retry_of: Optional[int]
    superseded: bool
    inserts: Optional[int]
    updates: Optional[int]
    soft_deletes: Optional[int]
    total_rows: Optional[int]
    throughput: Optional[float]
    watermark: Optional[str]
    next_watermark: Optional[str]
    execution_metadata: Optional[Dict[str, Any]]
    error_message: Optional[str]
    anomaly_flags: Optional[Dict[str, Any]]
    config_version: int


class HeartbeatRequest(TypedDict, total=False):
    id: Optional[int]
    ids: Optional[List[int]]
    progress: Optional[float]
    message: Optional[str]


class HeartbeatReport(TypedDict):
    ended: List[int]
    unknown: List[int]


class _BatchOperationRequest(TypedDict):
    op: Literal["register", "start", "end", "heartbeat"]


class BatchOperationRequest(_BatchOperationRequest, total=False):
    id: Optional[int]
    name: Optional[str]
    freshness_number: Optional[int]
    freshness_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    freshness_warn_number: Optional[int]
    freshness_warn_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    timeliness_number: Optional[int]
    timeliness_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    timeliness_warn_number: Optional[int]
    timeliness_warn_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    lost_after_number: Optional[int]
    lost_after_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    start_grace_number: Optional[int]
    start_grace_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    retention_number: Optional[int]
    retention_datepart: Optional[Literal["minute", "hour", "day", "week", "month", "year"]]
    namespace: Optional[str]
    pipeline_type_name: Optional[str]
    pipeline_metadata: Optional[Dict[str, Any]]
    next_watermark: Optional[Union[str, int, float, bool]]
    schedule: Optional[str]
    schedule_timezone: Optional[str]
    active: Optional[bool]
    mute_freshness_check: Optional[bool]
    mute_timeliness_check: Optional[bool]
    mute_schedule_check: Optional[bool]
    mute_anomaly_check: Optional[bool]
    pipeline_id: Optional[int]
    start_date: Optional[str]
    watermark: Optional[Union[str, int, float, bool]]
    parent_id: Optional[int]
    parent_execution_id: Optional[int]
    parent_external_id: Optional[str]
    parent_pipeline_id: Optional[int]
    parent_pipeline_name: Optional[str]
    parent_pipeline_namespace: Optional[str]
    external_id: Optional[str]
    attempt: Optional[int]
    retry_of: Optional[int]
    execution_metadata: Optional[Dict[str, Any]]
    end_date: Optional[str]
    completed_successfully: Optional[bool]
    status: Optional[Literal["succeeded", "failed", "aborted", "skipped"]]
    total_rows: Optional[int]
    inserts: Optional[int]
    updates: Optional[int]
    soft_deletes: Optional[int]
    error_message: Optional[str]
    ids: Optional[List[int]]
    progress: Optional[float]
    message: Optional[str]
    ref: Optional[str]
    pipeline_ref: Optional[str]
    pipeline_name: Optional[str]
    pipeline_namespace: Optional[str]
    parent_ref: Optional[str]
    execution_ref: Optional[str]


class BatchResult(TypedDict):
    status: int
    body: Optional[Dict[str, Any]]


class BatchReport(TypedDict):
    results: List["BatchResult"]


class _DatasetName(TypedDict):
    name: str


class DatasetName(_DatasetName, total=False):
    namespace: str


class DeclareLineageRequest(TypedDict):
    inputs: List["DatasetName"]
    outputs: List["DatasetName"]


class _ReportedDataset(TypedDict):
    name: str


class ReportedDataset(_ReportedDataset, total=False):
    namespace: str
    rows: int
    bytes: int
    files: int


class ReportLineageRequest(TypedDict):
    inputs: List["ReportedDataset"]
    outputs: List["ReportedDataset"]


class FieldProblem(TypedDict):
    field: str
    message: str


class _Problem(TypedDict):
    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str
    request_id: str
    message: str


class Problem(_Problem, total=False):
    errors: List["FieldProblem"]
    details: List["FieldProblem"]
