import type {
  BatchOperationRequest,
  BatchReport,
  DeclareLineageRequest,
  EndExecutionRequest,
  Execution,
  ExecutionWithChildren,
  HeartbeatReport,
  HeartbeatRequest,
  ListedPipeline,
  ListPipelineExecutionsData,
  ListPipelinesData,
  Pipeline,
  PipelineLineage,
  RegisteredPipeline,
  RegisterPipelineRequest,
  ReportLineageRequest,
  RunLineage,
  StartedExecution,
  StartExecutionRequest,
} from '../generated/types.gen.js';
import type { ApiRequest } from './transport.js';

/** How a request may be repeated. */
export interface Repeat {
  /**
   * The same text makes a request one with another of the same body, for 24 hours. Default: a random one, which covers
   * the tries of this call.
   */
  idempotencyKey?: string;
}

/**
 * The requests of the API, one method each, in the form of the service: names in snake_case.
 *
 * A request is tried again where there was no answer, or 429 or 5xx, for up to 10 seconds; `Retry-After` is honoured.
 * Then, and for every other refusal, the call throws a {@link WatcherError}. Nothing is kept for later.
 */
export abstract class Api {
  /** Sends any request of the API. The type of the answer is the caller's to say: `request<api.Rollup>(…)`. */
  abstract request<T>(path: string, request?: ApiRequest): Promise<T>;

  /** Registers a pipeline, or applies its configuration (`POST /pipeline`). It may be repeated without a key. */
  register(body: RegisterPipelineRequest): Promise<RegisteredPipeline> {
    return this.request('/pipeline', { body, idempotencyKey: false });
  }

  /** Starts an execution (`POST /start_pipeline_execution`). */
  start(body: StartExecutionRequest, repeat: Repeat = {}): Promise<StartedExecution> {
    return this.request('/start_pipeline_execution', { body, ...repeat });
  }

  /** Ends an execution (`POST /end_pipeline_execution`). */
  end(body: EndExecutionRequest, repeat: Repeat = {}): Promise<Execution> {
    return this.request('/end_pipeline_execution', { body, ...repeat });
  }

  /** Sends signs of life (`POST /heartbeat`). Undefined for one `id`, a report for `ids`. */
  heartbeat(body: HeartbeatRequest): Promise<HeartbeatReport | undefined> {
    return this.request('/heartbeat', { body, idempotencyKey: false });
  }

  /** Sends up to 1,000 operations (`POST /batch`). Those refused have their status in the report; nothing is thrown. */
  batch(body: readonly BatchOperationRequest[], repeat: Repeat = {}): Promise<BatchReport> {
    return this.request('/batch', { body, ...repeat });
  }

  /** Declares what a pipeline reads and writes, in place of what it declared before (`PUT /pipeline/{id}/lineage`). */
  declareLineage(pipelineId: number, body: DeclareLineageRequest): Promise<PipelineLineage> {
    return this.request(`/pipeline/${pipelineId}/lineage`, { method: 'PUT', body });
  }

  /**
   * Reports what an execution read and wrote, in place of what it reported before
   * (`PUT /pipeline_execution/{id}/lineage`).
   */
  reportLineage(executionId: number, body: ReportLineageRequest): Promise<RunLineage> {
    return this.request(`/pipeline_execution/${executionId}/lineage`, { method: 'PUT', body });
  }

  /** One pipeline (`GET /pipeline/{id}`). */
  getPipeline(id: number): Promise<Pipeline> {
    return this.request(`/pipeline/${id}`);
  }

  /** A page of pipelines (`GET /pipeline`), 100 unless `limit` says otherwise. */
  listPipelines(query: NonNullable<ListPipelinesData['query']> = {}): Promise<ListedPipeline[]> {
    return this.request('/pipeline', { query });
  }

  /** One execution with its direct children (`GET /pipeline_execution/{id}`). */
  getExecution(id: number): Promise<ExecutionWithChildren> {
    return this.request(`/pipeline_execution/${id}`);
  }

  /** A page of executions (`GET /pipeline_execution`), newest first, 100 unless `limit` says otherwise. */
  listExecutions(query: NonNullable<ListPipelineExecutionsData['query']> = {}): Promise<Execution[]> {
    return this.request('/pipeline_execution', { query });
  }
}
