import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Page, pageLimit, type PageQuery, positionOf, toPage } from '../../platform/http/page.js';
import { AnomalyRuleEntity } from './anomaly.entity.js';
import { INSERT_RULE } from './anomaly-rule.sql.js';
import type { Metric } from './metric.js';

/** The fields of a rule; `zThreshold` is a number here. */
export interface RuleFields {
  readonly pipelineId: number;
  readonly metricField: Metric;
  readonly zThreshold: number;
  readonly lookbackDays: number;
  readonly minimumExecutions: number;
  readonly active: boolean;
}

/** Owns the SQL of `anomaly_detection_rule`. */
@Injectable()
export class AnomalyRuleRepository {
  /** Returns the id of the new rule; undefined if the pipeline has one for the metric. */
  async insertIfAbsent(manager: EntityManager, rule: RuleFields): Promise<number | undefined> {
    const [row] = await manager.query<{ id: number }[]>(INSERT_RULE, [
      rule.pipelineId,
      rule.metricField,
      rule.zThreshold,
      rule.lookbackDays,
      rule.minimumExecutions,
      rule.active,
    ]);
    return row?.id;
  }

  find(
    manager: EntityManager,
    key: { readonly id: number } | Pick<RuleFields, 'pipelineId' | 'metricField'>,
  ): Promise<AnomalyRuleEntity | null> {
    return manager.findOneBy(AnomalyRuleEntity, key);
  }

  async update(manager: EntityManager, id: number, change: Partial<RuleFields>, now: Date): Promise<void> {
    const { zThreshold, ...others } = change;
    const changed = { ...others, ...(zThreshold !== undefined && { zThreshold: String(zThreshold) }) };
    await manager.update(AnomalyRuleEntity, { id }, { ...changed, updatedAt: now });
  }

  /** Oldest first; by pk_anomaly_detection_rule. */
  async list(manager: EntityManager, query: PageQuery): Promise<Page<AnomalyRuleEntity>> {
    const rows = manager
      .createQueryBuilder(AnomalyRuleEntity, 'r')
      .orderBy('r.id')
      .limit(pageLimit(query) + 1);
    const [after] = positionOf(query, 1) ?? [];
    if (after !== undefined) rows.andWhere('r.id > :after', { after });
    return toPage(await rows.getMany(), query, (rule) => [rule.id]);
  }
}
