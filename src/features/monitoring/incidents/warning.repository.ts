import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Resolution, SEVERITY_OF } from './incident.entity.js';
import {
  FIND_ALL_WARNED,
  FIND_WARNED,
  JOIN_WARNINGS,
  OPEN_WARNINGS,
  RESOLVE_ENDED_WARNINGS,
  RESOLVE_UNWATCHED_WARNINGS,
  RESOLVE_WARNINGS,
} from './warning.sql.js';

/** The kinds that another module finds. */
export type WarningKind = 'anomaly' | 'slow';

/** What an execution did that is unusual. */
export interface Warning {
  readonly executionId: number;
  readonly pipelineId: number;
  readonly rootId: number;
  /** When it began. */
  readonly since: Date;
  readonly expectedAt: Date | null;
  /** A sentence. */
  readonly explanation: string;
  /** Whether a rule asks for messages, whatever the routes name. */
  readonly alertWanted: boolean;
}

/** The SQL of incidents that another module finds. */
@Injectable()
export class WarningRepository {
  open(
    manager: EntityManager,
    kind: WarningKind,
    warnings: readonly Warning[],
    now: Date,
  ): Promise<{ id: number; executionId: number }[]> {
    const items = warnings.map((warning) => ({
      pipeline_id: warning.pipelineId,
      execution_id: warning.executionId,
      root_id: warning.rootId,
      since: warning.since,
      expected_at: warning.expectedAt,
      explanation: warning.explanation,
      alert_wanted: warning.alertWanted,
    }));
    return manager.query(OPEN_WARNINGS, [kind, SEVERITY_OF[kind], now, JSON.stringify(items)]);
  }

  async join(manager: EntityManager, ids: readonly number[]): Promise<void> {
    await manager.query(JOIN_WARNINGS, [ids]);
  }

  resolve(manager: EntityManager, resolutions: ReadonlyMap<number, Resolution>, now: Date): Promise<number[]> {
    return idsOf(manager, RESOLVE_WARNINGS, [[...resolutions.keys()], [...resolutions.values()], now]);
  }

  resolveEnded(
    manager: EntityManager,
    kind: WarningKind,
    executionIds: readonly number[],
    now: Date,
  ): Promise<number[]> {
    return idsOf(manager, RESOLVE_ENDED_WARNINGS, [kind, executionIds, now]);
  }

  resolveUnwatched(manager: EntityManager, kinds: readonly WarningKind[], now: Date): Promise<number[]> {
    return idsOf(manager, RESOLVE_UNWATCHED_WARNINGS, [kinds, now]);
  }

  async findAllWarned(manager: EntityManager, kind: WarningKind): Promise<number[]> {
    const rows: { id: number }[] = await manager.query(FIND_ALL_WARNED, [kind]);
    return rows.map(({ id }) => id);
  }

  async findWarned(manager: EntityManager, kind: WarningKind, executionIds: readonly number[]): Promise<Set<number>> {
    const rows: { id: number }[] = await manager.query(FIND_WARNED, [kind, executionIds]);
    return new Set(rows.map(({ id }) => id));
  }
}

async function idsOf(manager: EntityManager, statement: string, parameters: readonly unknown[]): Promise<number[]> {
  const [rows]: [{ id: number }[], number] = await manager.query(statement, [...parameters]);
  return rows.map(({ id }) => id);
}
