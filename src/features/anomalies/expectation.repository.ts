import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PipelineExpectationEntity } from './anomaly.entity.js';
import type { Expectation } from './expectation.js';
import { FIND_LEARNED, FIND_PIPELINES_OF, FORGET_EXPECTATIONS, WRITE_EXPECTATIONS } from './judging.sql.js';

export interface Learned {
  readonly pipelineId: number;
  readonly runs: number;
  readonly updatedAt: Date;
}

export interface NewExpectation extends Expectation {
  readonly pipelineId: number;
  readonly parentPipelineId: number;
}

/** Owns the SQL of `pipeline_expectation`. */
@Injectable()
export class ExpectationRepository {
  findLearned(manager: EntityManager, pipelineIds: readonly number[]): Promise<Learned[]> {
    return manager.query(FIND_LEARNED, [pipelineIds]);
  }

  async findPipelinesOf(manager: EntityManager, executionIds: readonly number[]): Promise<Map<number, number>> {
    const rows: { id: number; pipelineId: number }[] = await manager.query(FIND_PIPELINES_OF, [executionIds]);
    return new Map(rows.map(({ id, pipelineId }) => [id, pipelineId]));
  }

  async write(manager: EntityManager, expectations: readonly NewExpectation[], now: Date): Promise<void> {
    const items = expectations.map(({ expected, parentPipelineId, pipelineId, runs, upper }) => ({
      pipeline_id: pipelineId,
      parent_pipeline_id: parentPipelineId,
      expected,
      upper,
      runs,
    }));
    await manager.query(WRITE_EXPECTATIONS, [JSON.stringify(items), now]);
  }

  async forget(manager: EntityManager, pipelineIds: readonly number[], before: Date): Promise<void> {
    await manager.query(FORGET_EXPECTATIONS, [pipelineIds, before]);
  }

  /** By pk_pipeline_expectation. */
  list(manager: EntityManager, pipelineId: number): Promise<PipelineExpectationEntity[]> {
    return manager.find(PipelineExpectationEntity, { where: { pipelineId }, order: { parentPipelineId: 'ASC' } });
  }
}
