import { pipelineKey } from '../pipeline/pipeline-key.js';
import type { Operation } from './batch-operation.js';

/** A pipeline as it is before the batch. */
export interface PipelineSubject {
  readonly id: number;
  readonly key: string;
  /** Whether an execution that starts now inherits a `next_watermark`. */
  readonly hasNextWatermark: boolean;
}

/** An execution as it is before the batch. */
export interface ExecutionSubject {
  readonly pipelineId: number;
  readonly hasNextWatermark: boolean;
}

/** What is known before the batch of the pipelines and executions that it concerns, by id. */
export interface Subjects {
  readonly pipelines: ReadonlyMap<number, PipelineSubject>;
  readonly executions: ReadonlyMap<number, ExecutionSubject>;
}

/** An operation with the positions of those that it refers to. */
export interface Placed {
  readonly operation: Operation;
  readonly refersTo: {
    readonly pipeline?: number | undefined;
    readonly parent?: number | undefined;
    readonly execution?: number | undefined;
  };
}

/**
 * How an operation uses a pipeline (`register`, `run`, `move`), a run with an external id (`begin`, `name`) or an
 * execution (`finish`, `beat`, `repeat`). Operations that use a subject in the same way can be done together, unless
 * the way is in {@link ALONE}; otherwise the later one comes after the earlier.
 */
type Way = 'register' | 'run' | 'move' | 'begin' | 'name' | 'finish' | 'beat' | 'repeat';
const ALONE: ReadonlySet<Way> = new Set<Way>(['register', 'begin', 'finish']);

type Use = readonly [subject: string, way: Way];

/**
 * Groups operations, by their positions, into steps: an operation sees the effects of all earlier ones that concern the
 * same pipeline, run or execution, so it is in a later step than these. Others are in the same step.
 */
export function stepsOf(placed: ReadonlyMap<number, Placed>, subjects: Subjects): number[][] {
  const uses = new Uses(placed, subjects);
  const stepOf = new Map<number, number>();
  const lastUses = new Map<string, Map<Way, number>>();
  const steps: number[][] = [];
  for (const [position, item] of placed) {
    const { pipeline, parent, execution } = item.refersTo;
    const after = [pipeline, parent, execution].flatMap((at) => (at === undefined ? [] : (stepOf.get(at) ?? [])));
    const used = uses.of(position, item);
    for (const [subject, way] of used) {
      for (const [other, step] of lastUses.get(subject) ?? []) if (other !== way || ALONE.has(way)) after.push(step);
    }
    const step = Math.max(-1, ...after) + 1;
    for (const [subject, way] of used) {
      const ways = lastUses.get(subject) ?? new Map<Way, number>();
      lastUses.set(subject, ways.set(way, Math.max(step, ways.get(way) ?? 0)));
    }
    stepOf.set(position, step);
    (steps[step] ??= []).push(position);
  }
  return steps;
}

/** What the operations of a batch use. */
class Uses {
  /** The pipelines whose watermark a success may move, and with it what the next start inherits. */
  private readonly moving = new Set<string>();

  constructor(
    private readonly placed: ReadonlyMap<number, Placed>,
    private readonly subjects: Subjects,
  ) {
    for (const item of placed.values()) {
      const { request } = item.operation;
      const pipeline = this.pipelineOf(item);
      const isNext = 'next_watermark' in request && request.next_watermark !== undefined;
      if (pipeline !== undefined && (isNext || this.inheritsNext(item))) this.moving.add(pipeline);
    }
    for (const { key, hasNextWatermark } of subjects.pipelines.values()) {
      if (hasNextWatermark) this.moving.add(key);
    }
  }

  of(position: number, item: Placed): Use[] {
    const { operation } = item;
    const pipeline = this.pipelineOf(item);
    const ofPipeline = (way: Way): Use[] => (pipeline === undefined ? [] : [[`pipeline ${pipeline}`, way]]);
    switch (operation.op) {
      case 'register':
        return ofPipeline('register');
      case 'start': {
        const { external_id, parent_external_id, retry_of } = operation.request;
        return [
          ...ofPipeline('run'),
          [`execution @${position}`, 'finish'],
          ...(external_id === undefined ? [] : [[`run ${external_id}`, 'begin'] as const]),
          ...(parent_external_id === undefined ? [] : [[`run ${parent_external_id}`, 'name'] as const]),
          ...(retry_of === undefined ? [] : [[`execution ${retry_of}`, 'repeat'] as const]),
        ];
      }
      case 'end':
        // Ends of one pipeline can be done together: the order of its moves is that of the starts.
        return [
          [this.executionOf(item, operation.request.id), 'finish'],
          ...ofPipeline(pipeline !== undefined && this.moving.has(pipeline) ? 'move' : 'run'),
        ];
      case 'heartbeat': {
        const { id, ids = id === undefined ? [] : [id] } = operation.request;
        return ids.map((each): Use => [this.executionOf(item, each), 'beat']);
      }
    }
  }

  private executionOf({ refersTo: { execution } }: Placed, id: number): string {
    return `execution ${execution === undefined ? id : `@${execution}`}`;
  }

  /** Whether the execution that an operation ends had a `next_watermark` before the batch. */
  private inheritsNext({ operation, refersTo }: Placed): boolean {
    if (operation.op !== 'end' || refersTo.execution !== undefined) return false;
    return this.subjects.executions.get(operation.request.id)?.hasNextWatermark ?? false;
  }

  /** The pipeline of an operation, by its key. */
  private pipelineOf({ operation, refersTo }: Placed): string | undefined {
    const placedAt = (position: number): string | undefined => {
      const other = this.placed.get(position);
      return other && this.pipelineOf(other);
    };
    switch (operation.op) {
      case 'register':
        return pipelineKey(operation.request.name, operation.request.namespace);
      case 'start': {
        const { pipeline_name, pipeline_namespace } = operation.references;
        if (pipeline_name !== undefined) return pipelineKey(pipeline_name, pipeline_namespace);
        if (refersTo.pipeline !== undefined) return placedAt(refersTo.pipeline);
        return this.subjects.pipelines.get(operation.request.pipeline_id)?.key;
      }
      case 'end': {
        if (refersTo.execution !== undefined) return placedAt(refersTo.execution);
        const execution = this.subjects.executions.get(operation.request.id);
        return execution && this.subjects.pipelines.get(execution.pipelineId)?.key;
      }
      case 'heartbeat':
        return undefined;
    }
  }
}
