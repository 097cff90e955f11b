import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ChangeLog } from '../changes/change-log.js';
import type { ExecutionGlance } from '../execution/execution.service.js';
import type { ExecutionDatasetEntity } from './execution-dataset.entity.js';
import {
  BACKDATE_REPORTED,
  DELETE_REPORTED,
  FIND_LAST_WRITERS,
  FIND_REPORTED,
  INSERT_REPORTED,
  LIST_OF_DATASET,
} from './execution-dataset.sql.js';

/** What an execution read or wrote. */
export type Reported = Omit<ExecutionDatasetEntity, 'at'>;

/** An execution that read or wrote a dataset. */
export type DatasetUse = Omit<ExecutionDatasetEntity, 'datasetId' | 'io'> &
  Pick<ExecutionGlance, 'pipelineId' | 'status' | 'endDate' | 'completedSuccessfully'>;

/** An execution that reads a dataset, and when. */
export interface Reading {
  readonly executionId: number;
  readonly datasetId: number;
  readonly at: Date;
}

/** The execution that wrote the dataset of a reading last; `place` counts the readings from 1 on. */
export interface LastWriter {
  readonly place: number;
  readonly executionId: number;
  readonly isReported: boolean;
}

/** All SQL on `execution_dataset`. */
@Injectable()
export class ExecutionDatasetRepository {
  constructor(private readonly changes: ChangeLog) {}

  findReported(manager: EntityManager, executionIds: readonly number[], limit: number): Promise<Reported[]> {
    return manager.query(FIND_REPORTED, [executionIds, limit]);
  }

  /** Replaces what an execution reported, and tells the pages of its tree. */
  async replace(
    manager: EntityManager,
    { id, rootId }: Pick<ExecutionGlance, 'id' | 'rootId'>,
    at: Date,
    reported: readonly Reported[],
  ): Promise<void> {
    this.changes.note(manager, { roots: [rootId], executions: [id] });
    await manager.query(DELETE_REPORTED, [id]);
    const rows = reported.map(({ datasetId, io, rows, bytes, files }) => ({
      dataset_id: datasetId,
      io,
      rows,
      bytes,
      files,
    }));
    await manager.query(INSERT_REPORTED, [id, at, JSON.stringify(rows)]);
  }

  /** Sets when executions read and wrote to their ends where it is later. */
  async backdate(
    manager: EntityManager,
    ended: readonly { readonly id: number; readonly endDate: Date }[],
  ): Promise<void> {
    await manager.query(BACKDATE_REPORTED, [ended.map(({ id }) => id), ended.map(({ endDate }) => endDate)]);
  }

  /** The executions that read or wrote a dataset, newest first, after a position. */
  listOf(
    manager: EntityManager,
    datasetId: number,
    io: 'I' | 'O',
    { before, id, limit }: { readonly before: Date | 'infinity'; readonly id: number; readonly limit: number },
  ): Promise<DatasetUse[]> {
    return manager.query(LIST_OF_DATASET, [datasetId, io, before, id, limit]);
  }

  findLastWriters(manager: EntityManager, readings: readonly Reading[]): Promise<LastWriter[]> {
    if (readings.length === 0) return Promise.resolve([]);
    return manager.query(FIND_LAST_WRITERS, [
      readings.map(({ datasetId }) => datasetId),
      readings.map(({ at }) => at),
      readings.map(({ executionId }) => executionId),
    ]);
  }
}
