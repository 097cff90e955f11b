import { DataSource, type QueryRunner } from 'typeorm';
import { dataSourceOptions } from '../../../platform/database/data-source.js';
import {
  COUNT_EXECUTIONS,
  FIND_ENDED,
  FIND_EXECUTIONS,
  FIND_PIPELINES,
  FIND_SOURCE,
  FIND_TYPES,
  JUDGE_EXECUTIONS,
  LAST_EXECUTION,
  SET_UP_SOURCE,
} from './source.sql.js';

/** Thresholds and mute flags, as types and pipelines have them. Dateparts are in lower case. */
interface SourceThresholds {
  readonly freshness_number: number | null;
  readonly freshness_datepart: string | null;
  readonly mute_freshness_check: boolean;
  readonly timeliness_number: number | null;
  readonly timeliness_datepart: string | null;
  readonly mute_timeliness_check: boolean;
}

/** A row of the older `pipeline_type`. Moments are text in UTC. */
export interface SourceType extends SourceThresholds {
  readonly id: number;
  readonly name: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A row of the older `pipeline`. */
export interface SourcePipeline extends SourceType {
  readonly pipeline_type_id: number;
  readonly watermark: string | null;
  readonly next_watermark: string | null;
  readonly pipeline_metadata: Record<string, unknown> | null;
  readonly last_target_insert: string | null;
  readonly last_target_update: string | null;
  readonly last_target_soft_delete: string | null;
  readonly load_lineage: boolean;
  readonly active: boolean;
  /** The start of the last run that moved the watermark. */
  readonly moved_at: string | null;
}

/** A row of the older `pipeline_execution`. */
export interface SourceExecution {
  readonly id: number;
  readonly parent_id: number | null;
  readonly pipeline_id: number;
  readonly start_date: string | null;
  readonly end_date: string | null;
  readonly duration_seconds: number | null;
  readonly completed_successfully: boolean | null;
  readonly inserts: number | null;
  readonly updates: number | null;
  readonly soft_deletes: number | null;
  readonly total_rows: number | null;
  readonly watermark: string | null;
  readonly next_watermark: string | null;
  readonly execution_metadata: string | null;
}

/** What an import would do with the executions. */
export interface SourceJudgement {
  readonly executions: number;
  readonly withoutStart: number;
  readonly ofUnknownPipeline: number;
  readonly withoutParent: number;
}

/** The database of the older service; it is only read. */
export class SourceDatabase {
  private constructor(
    private readonly dataSource: DataSource,
    private readonly runner: QueryRunner,
  ) {}

  static async open(url: string): Promise<SourceDatabase> {
    const dataSource = await new DataSource(dataSourceOptions(url, 1)).initialize();
    const runner = dataSource.createQueryRunner();
    await runner.query(SET_UP_SOURCE);
    return new SourceDatabase(dataSource, runner);
  }

  async close(): Promise<void> {
    await this.runner.release();
    await this.dataSource.destroy();
  }

  /** A name for this database; undefined if it has no type, and so nothing else. */
  async find(): Promise<string | undefined> {
    const [row] = await this.runner.manager.query<{ source: string }[]>(FIND_SOURCE);
    return row?.source;
  }

  types(): Promise<SourceType[]> {
    return this.runner.manager.query(FIND_TYPES);
  }

  pipelines(): Promise<SourcePipeline[]> {
    return this.runner.manager.query(FIND_PIPELINES);
  }

  async lastExecution(): Promise<number> {
    const [row] = await this.runner.manager.query<{ id: number }[]>(LAST_EXECUTION);
    return row?.id ?? 0;
  }

  /** How many executions have an id above `after`, up to `last`. */
  async countExecutions(after: number, last: number): Promise<number> {
    const [row] = await this.runner.manager.query<{ executions: number }[]>(COUNT_EXECUTIONS, [after, last]);
    return row?.executions ?? 0;
  }

  /** The next executions by id after `after`, up to `last`. */
  executions(after: number, last: number, limit: number): Promise<SourceExecution[]> {
    return this.runner.manager.query(FIND_EXECUTIONS, [after, last, limit]);
  }

  /** Those of these executions that have ended. */
  ended(ids: readonly number[]): Promise<SourceExecution[]> {
    return this.runner.manager.query(FIND_ENDED, [ids]);
  }

  async judge(): Promise<SourceJudgement> {
    const [row] = await this.runner.manager.query<SourceJudgement[]>(JUDGE_EXECUTIONS);
    return row ?? { executions: 0, withoutStart: 0, ofUnknownPipeline: 0, withoutParent: 0 };
  }
}
