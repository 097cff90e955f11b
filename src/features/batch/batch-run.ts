import { DomainError } from '../../platform/errors/domain-error.js';
import type { Answer } from '../../platform/http/answer.js';
import { pipelineKey } from '../pipeline/pipeline-key.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';
import type { Op } from './batch.dto.js';
import { FailedReferenceError, OperationFieldError } from './batch.errors.js';
import type { Operation } from './batch-operation.js';
import { type Placed, stepsOf, type Subjects } from './batch-order.js';

/** The result of an operation. */
export type Result = Answer<object | null> | DomainError | UnexpectedError;

/** An error that is no refusal. */
export class UnexpectedError {
  constructor(readonly cause: unknown) {}
}

/** The references of an operation, with the operation to which each must lead. */
const LEADS_TO = { pipeline_ref: 'register', parent_ref: 'start', execution_ref: 'start' } as const;

/** The progress of one batch: its operations, their references, and their results so far. */
export class BatchRun {
  /** The operations that can be tried, by position. */
  readonly placed = new Map<number, Placed>();
  private readonly settled: (Result | undefined)[];
  private readonly pipelineIds = new Map<string, number>();

  constructor(operations: readonly (Operation | DomainError)[]) {
    this.settled = operations.map((operation) => (operation instanceof DomainError ? operation : undefined));
    const positions = new Map<string, { readonly position: number; readonly op: Op }>();
    for (const [position, operation] of operations.entries()) {
      if (operation instanceof DomainError) continue;
      const refusal = this.place(position, operation, positions);
      if (refusal) this.settled[position] = refusal;
      const { ref } = operation.references;
      if (ref !== undefined && !positions.has(ref)) positions.set(ref, { position, op: operation.op });
    }
  }

  /** See {@link stepsOf}. */
  steps(subjects: Subjects): number[][] {
    for (const { id, key } of subjects.pipelines.values()) this.pipelineIds.set(key, id);
    return stepsOf(this.placed, subjects);
  }

  /** The operation at a position with the ids that it refers to, or its refusal. */
  ready(position: number): Operation | DomainError {
    const { operation, refersTo } = this.placed.get(position) as Placed;
    const { pipeline_ref, parent_ref, execution_ref, pipeline_name, pipeline_namespace } = operation.references;
    const ids: Record<string, number> = {};
    for (const [field, ref, at] of [
      ['pipeline_id', pipeline_ref, refersTo.pipeline],
      ['parent_id', parent_ref, refersTo.parent],
      ['id', execution_ref, refersTo.execution],
    ] as const) {
      if (ref === undefined || at === undefined) continue;
      const id = this.idAt(at);
      if (id === undefined) return new FailedReferenceError(ref);
      ids[field] = id;
    }
    if (pipeline_name !== undefined) {
      const id = this.pipelineIds.get(pipelineKey(pipeline_name, pipeline_namespace));
      if (id === undefined) return new PipelineNotFoundError(pipeline_name);
      ids['pipeline_id'] = id;
    }
    return { ...operation, request: { ...operation.request, ...ids } } as Operation;
  }

  opAt(position: number): Op | undefined {
    return this.placed.get(position)?.operation.op;
  }

  note(position: number, result: Result): void {
    this.settled[position] = result;
    const operation = this.placed.get(position)?.operation;
    const id = this.idAt(position);
    if (operation?.op !== 'register' || id === undefined) return;
    const { name, namespace } = operation.request;
    this.pipelineIds.set(pipelineKey(name, namespace), id);
  }

  /** The results, in the order of the operations. */
  get results(): readonly Result[] {
    return this.settled.map((result) => result ?? new UnexpectedError(new Error('an operation has no result')));
  }

  private place(
    position: number,
    operation: Operation,
    positions: ReadonlyMap<string, { readonly position: number; readonly op: Op }>,
  ): DomainError | undefined {
    const { references } = operation;
    if (references.ref !== undefined && positions.has(references.ref)) {
      return new OperationFieldError('ref', `must be unique, but an earlier operation has '${references.ref}'`);
    }
    const refersTo: Record<string, number> = {};
    for (const field of ['pipeline_ref', 'parent_ref', 'execution_ref'] as const) {
      const ref = references[field];
      if (ref === undefined) continue;
      const other = positions.get(ref);
      if (other?.op !== LEADS_TO[field]) {
        return new OperationFieldError(field, `must be the ref of an earlier ${LEADS_TO[field]}`);
      }
      refersTo[field.slice(0, -'_ref'.length)] = other.position;
    }
    this.placed.set(position, { operation, refersTo });
    return undefined;
  }

  /** The id in the answer of an operation; undefined if it failed. */
  private idAt(position: number): number | undefined {
    const result = this.settled[position];
    if (!result || result instanceof DomainError || result instanceof UnexpectedError) return undefined;
    return result.body && 'id' in result.body ? (result.body.id as number) : undefined;
  }
}
