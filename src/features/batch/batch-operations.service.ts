import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Caller } from '../../platform/auth/caller.js';
import type { DomainError } from '../../platform/errors/domain-error.js';
import type { Answer } from '../../platform/http/answer.js';
import { ExecutionEndService } from '../execution/execution-end.service.js';
import { ExecutionStartService } from '../execution/execution-start.service.js';
import { HeartbeatService } from '../execution/heartbeats/heartbeat.service.js';
import { PipelineRegistrationService } from '../pipeline/pipeline-registration.service.js';
import type { Op } from './batch.dto.js';
import type { Operation, Requests } from './batch-operation.js';

type AnswerOrRefusal = Answer<object | null> | DomainError;

/** Performs the operations of a batch as their endpoints do. */
@Injectable()
export class BatchOperationsService {
  constructor(
    private readonly registrations: PipelineRegistrationService,
    private readonly starts: ExecutionStartService,
    private readonly ends: ExecutionEndService,
    private readonly heartbeats: HeartbeatService,
  ) {}

  /** Performs one operation in a transaction that it may share with others. Throws its refusal. */
  perform(operation: Operation, caller: Caller): Promise<Answer<object | null>> {
    switch (operation.op) {
      case 'register':
        return this.registrations.register(operation.request, caller);
      case 'start':
        return this.starts.start(operation.request);
      case 'end':
        return this.ends.end(operation.request);
      case 'heartbeat':
        return this.heartbeats.beat(operation.request);
    }
  }

  /** Performs operations of one kind in the caller's transaction; returns the results in their order. */
  performWithin(
    manager: EntityManager,
    operations: readonly Operation[],
    caller: Caller,
  ): Promise<readonly AnswerOrRefusal[]> {
    switch (operations[0]?.op) {
      case 'register':
        return this.registrations.registerWithin(manager, requestsOf(operations, 'register'), caller);
      case 'start':
        return this.starts.startWithin(manager, requestsOf(operations, 'start'));
      case 'end':
        return this.ends.endWithin(manager, requestsOf(operations, 'end'));
      case 'heartbeat':
        return this.heartbeats.beatWithin(manager, requestsOf(operations, 'heartbeat'));
      case undefined:
        return Promise.resolve([]);
    }
  }
}

function requestsOf<O extends Op>(operations: readonly Operation[], op: O): Requests[O][] {
  return operations.map((operation) => {
    if (operation.op !== op) throw new Error(`a ${operation.op} among operations of the kind ${op}`);
    return operation.request as Requests[O];
  });
}
