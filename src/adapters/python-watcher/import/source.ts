import { DataSource, type QueryRunner } from 'typeorm';
import { dataSourceOptions } from '../../../platform/database/data-source.js';
import {
  COUNT_EXECUTIONS,
  COUNT_ROWS,
  FIND_ADDRESS_TYPES,
  FIND_ADDRESSES,
  FIND_EDGES,
  FIND_ENDED,
  FIND_EXECUTIONS,
  FIND_PIPELINES,
  FIND_RULES,
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

/** A row of the older `address_type`. */
export interface SourceAddressType {
  readonly id: number;
  readonly name: string;
  readonly group_name: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A row of the older `address`, with the name of its type; its metadata as text, so that no digit is lost. */
export interface SourceAddress extends Omit<SourceAddressType, 'group_name'> {
  readonly type_name: string | null;
  readonly database_name: string | null;
  readonly schema_name: string | null;
  readonly table_name: string | null;
  readonly primary_key: string | null;
  readonly address_metadata: string | null;
}

/** A row of the older `address_lineage`, with the names of its addresses. */
export interface SourceEdge {
  readonly id: number;
  readonly pipeline_id: number;
  readonly source_address_id: number;
  readonly target_address_id: number;
  readonly source_name: string | null;
  readonly target_name: string | null;
  readonly first_seen: string | null;
}

/** A row of the older `anomaly_detection_rule`, its metric in lower case. */
export interface SourceRule {
  readonly id: number;
  readonly pipeline_id: number;
  readonly metric_field: string;
  readonly z_threshold: number | null;
  readonly lookback_days: number | null;
  readonly minimum_executions: number | null;
  readonly active: boolean;
  readonly created_at: string | null;
  readonly updated_at: string | null;
}

/** How many rows there are. */
export interface SourceCounts {
  readonly addressTypes: number;
  readonly addresses: number;
  readonly edges: number;
  readonly rules: number;
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

  /** The numbers of rows of the lineage and the rules. */
  async count(): Promise<SourceCounts> {
    const [row] = await this.runner.manager.query<SourceCounts[]>(COUNT_ROWS);
    return row ?? { addressTypes: 0, addresses: 0, edges: 0, rules: 0 };
  }

  /** The next rows by id after `after`. */
  addressTypes(after: number, limit: number): Promise<SourceAddressType[]> {
    return this.runner.manager.query(FIND_ADDRESS_TYPES, [after, limit]);
  }

  addresses(after: number, limit: number): Promise<SourceAddress[]> {
    return this.runner.manager.query(FIND_ADDRESSES, [after, limit]);
  }

  edges(after: number, limit: number): Promise<SourceEdge[]> {
    return this.runner.manager.query(FIND_EDGES, [after, limit]);
  }

  rules(after: number, limit: number): Promise<SourceRule[]> {
    return this.runner.manager.query(FIND_RULES, [after, limit]);
  }

  async judge(): Promise<SourceJudgement> {
    const [row] = await this.runner.manager.query<SourceJudgement[]>(JUDGE_EXECUTIONS);
    return row ?? { executions: 0, withoutStart: 0, ofUnknownPipeline: 0, withoutParent: 0 };
  }
}
