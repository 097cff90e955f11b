import type { Type } from '@nestjs/common';
import { DomainError, InvalidRequestError } from '../../platform/errors/domain-error.js';
import { hasLength } from '../../platform/http/fields.js';
import { RequestValidationPipe } from '../../platform/http/request-validation.pipe.js';
import { EndExecutionDto, StartExecutionDto } from '../execution/execution-request.dto.js';
import { HeartbeatDto } from '../execution/heartbeats/heartbeat.dto.js';
import { RegisterPipelineDto } from '../pipeline/pipeline-request.dto.js';
import { MOST_OPERATIONS, type Op, OPS } from './batch.dto.js';
import { OperationFieldError } from './batch.errors.js';

/** The requests of the operations, with a placeholder for an id that a reference stands for. */
export interface Requests {
  readonly register: RegisterPipelineDto;
  readonly start: StartExecutionDto;
  readonly end: EndExecutionDto;
  readonly heartbeat: HeartbeatDto;
}

/** The references of an operation to others, by field; and the name and the namespace of a start's pipeline. */
interface References {
  readonly ref?: string;
  readonly pipeline_ref?: string;
  readonly pipeline_name?: string;
  readonly pipeline_namespace?: string;
  readonly parent_ref?: string;
  readonly execution_ref?: string;
}

/** A valid operation. */
export type Operation = {
  readonly [O in Op]: { readonly op: O; readonly request: Requests[O]; readonly references: References };
}[Op];

const DTOS: { readonly [O in Op]: Type<Requests[O]> } = {
  register: RegisterPipelineDto,
  start: StartExecutionDto,
  end: EndExecutionDto,
  heartbeat: HeartbeatDto,
};

/** For each operation the fields that stand for another one: exactly one of them may be given, or must be. */
const IN_PLACE_OF: { readonly [O in Op]?: readonly (readonly [string, ...string[]])[] } = {
  start: [
    ['pipeline_id', 'pipeline_ref', 'pipeline_name'],
    ['parent_id', 'parent_ref', 'parent_execution_id', 'parent_external_id'],
  ],
  end: [['id', 'execution_ref']],
  heartbeat: [['id', 'execution_ref', 'ids']],
};

const REFERENCES = [
  'ref',
  'pipeline_ref',
  'pipeline_name',
  'pipeline_namespace',
  'parent_ref',
  'execution_ref',
] as const;
/** Stands for an id until the operation that has it is done. */
const PLACEHOLDER = 1;

const pipe = new RequestValidationPipe();

/** The operations of a body, each one valid or with its refusal. @throws InvalidRequestError for the whole body */
export function operationsOf(body: unknown): (Operation | DomainError)[] {
  if (body === undefined) {
    throw new DomainError('malformed', 'body_missing', 'The request needs a body: a JSON array of operations.');
  }
  if (!Array.isArray(body)) throw new OperationFieldError('body', 'must be a JSON array of operations');
  if (body.length > MOST_OPERATIONS) {
    throw new OperationFieldError('body', `must have at most ${MOST_OPERATIONS} operations`);
  }
  return body.map((value: unknown) => {
    try {
      return operationOf(value);
    } catch (error) {
      if (error instanceof DomainError) return error;
      throw error;
    }
  });
}

function operationOf(value: unknown): Operation {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OperationFieldError('operation', 'must be a JSON object');
  }
  const given = value as Readonly<Record<string, unknown>>;
  const op = OPS.find((known) => known === given['op']);
  if (!op) throw new OperationFieldError('op', `must be one of ${OPS.join(', ')}`);
  const references = referencesOf(given);
  refuseTwice(op, given);
  const request = pipe.transform(withPlaceholder(op, given), { type: 'body', metatype: DTOS[op] });
  return { op, request, references } as Operation;
}

function referencesOf(given: Readonly<Record<string, unknown>>): References {
  const found = REFERENCES.flatMap((field) => {
    const ref = given[field] ?? undefined;
    if (ref === undefined || (field === 'pipeline_namespace' && ref === '')) return [];
    if (!hasLength(ref, 1, 255)) throw new OperationFieldError(field, 'must be text of 1 to 255 characters');
    return [[field, ref] as const];
  });
  return Object.fromEntries(found) as References;
}

function refuseTwice(op: Op, given: Readonly<Record<string, unknown>>): void {
  for (const fields of IN_PLACE_OF[op] ?? []) {
    const [, second] = fields.filter((field) => (given[field] ?? null) !== null);
    if (second !== undefined) {
      throw new InvalidRequestError([{ field: second, message: `must be the only one of ${fields.join(', ')}` }]);
    }
  }
}

function withPlaceholder(op: Op, given: Readonly<Record<string, unknown>>): object {
  if (op === 'start' && (given['pipeline_ref'] ?? given['pipeline_name'] ?? null) !== null) {
    return { ...given, pipeline_id: PLACEHOLDER };
  }
  const isReferred = (op === 'end' || op === 'heartbeat') && (given['execution_ref'] ?? null) !== null;
  return isReferred ? { ...given, id: PLACEHOLDER } : given;
}
