import { Injectable } from '@nestjs/common';
import { violates } from '../../platform/database/database-errors.js';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import type { Page, PageQuery } from '../../platform/http/page.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import { Answer } from '../../platform/http/answer.js';
import { PipelineNotFoundError } from '../pipeline/pipeline.errors.js';
import { AnomalyRuleNotFoundError, AnomalyRuleTakenError } from './anomaly.errors.js';
import type { AnomalyRuleEntity } from './anomaly.entity.js';
import { AnomalyRuleRepository, type RuleFields } from './anomaly-rule.repository.js';

/** The rules of the older service: other widths and another history for a metric of a pipeline, and messages. */
@Injectable()
export class AnomalyRuleService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly idempotency: IdempotencyService,
    private readonly rules: AnomalyRuleRepository,
  ) {}

  /** A rule that exists for the pipeline and the metric is not changed. Throws `pipeline_not_found`. */
  async getOrCreate(rule: RuleFields): Promise<Answer<{ id: number }>> {
    try {
      return await this.idempotency.once(async (manager) => {
        const { pipelineId, metricField } = rule;
        const known = await this.rules.find(manager, { pipelineId, metricField });
        if (known) return Answer.found({ id: known.id });
        const id = await this.rules.insertIfAbsent(manager, rule);
        if (id !== undefined) return Answer.created({ id });
        const other = await this.rules.find(manager, { pipelineId, metricField });
        if (!other) throw new AnomalyRuleNotFoundError();
        return Answer.found({ id: other.id });
      });
    } catch (error) {
      if (violates(error, 'fk_anomaly_detection_rule_pipeline')) throw new PipelineNotFoundError(rule.pipelineId);
      throw error;
    }
  }

  get(id: number): Promise<AnomalyRuleEntity> {
    return this.transactions.read(async (manager) => {
      const rule = await this.rules.find(manager, { id });
      if (!rule) throw new AnomalyRuleNotFoundError();
      return rule;
    });
  }

  list(query: PageQuery): Promise<Page<AnomalyRuleEntity>> {
    return this.transactions.read((manager) => this.rules.list(manager, query));
  }

  /** Throws `pipeline_not_found` for another pipeline that does not exist. */
  async patch(id: number, change: Partial<RuleFields>): Promise<AnomalyRuleEntity> {
    try {
      return await this.transactions.run(async (manager) => {
        if (!(await this.rules.find(manager, { id }))) throw new AnomalyRuleNotFoundError();
        if (Object.keys(change).length > 0) await this.rules.update(manager, id, change, new Date());
        const changed = await this.rules.find(manager, { id });
        if (!changed) throw new AnomalyRuleNotFoundError();
        return changed;
      });
    } catch (error) {
      if (violates(error, 'fk_anomaly_detection_rule_pipeline'))
        throw new PipelineNotFoundError(change.pipelineId ?? 0);
      if (violates(error, 'uq_anomaly_detection_rule_metric')) throw new AnomalyRuleTakenError();
      throw error;
    }
  }
}
