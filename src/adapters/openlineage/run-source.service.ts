import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type ExecutionSource, ExecutionSourceService } from '../../features/execution/execution-source.service.js';
import { runIdOf } from './event/names.js';
import { OpenLineageRunRepository } from './receive/openlineage-run.repository.js';

/** Finds executions by their run ids, the attempts at the same task, and which executions are runs. */
@Injectable()
export class RunSourceService implements ExecutionSource, OnModuleInit {
  constructor(
    private readonly sources: ExecutionSourceService,
    private readonly runs: OpenLineageRunRepository,
  ) {}

  onModuleInit(): void {
    this.sources.add(this);
  }

  async findByExternalId(manager: EntityManager, externalId: string): Promise<number[]> {
    const runId = runIdOf(externalId);
    return runId === undefined ? [] : (await this.runs.find(manager, [runId])).map((run) => run.executionId);
  }

  findAttempts(manager: EntityManager, id: number): Promise<number[]> {
    return this.runs.findAttempts(manager, id);
  }

  findOwn(manager: EntityManager, ids: readonly number[]): Promise<number[]> {
    return this.runs.findOwn(manager, ids);
  }
}
