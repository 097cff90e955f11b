import { Injectable } from '@nestjs/common';
import { AnomalyRuleService } from '../../features/anomalies/anomaly-rule.service.js';
import { DismissalService } from '../../features/anomalies/dismissal.service.js';
import type { Metric } from '../../features/anomalies/metric.js';
import { ExecutionFlagService } from '../../features/execution/execution-flag.service.js';
import { Answer } from '../../platform/http/answer.js';
import type { Page, PageQuery } from '../../platform/http/page.js';
import { IdempotencyService } from '../../platform/idempotency/idempotency.service.js';
import type {
  AnomalyRuleDto,
  AnomalyRuleIdDto,
  CreateAnomalyRuleDto,
  PatchAnomalyRuleDto,
  UnflagAnomalyDto,
} from './anomaly-rule.dto.js';
import { UnflagError } from './anomaly-rule.errors.js';
import { toAnomalyRuleDto, toChange, toRule } from './anomaly-rule.mapper.js';

/** The rules and flags of the older service, as rules and anomalies of this one. */
@Injectable()
export class PythonAnomalyService {
  constructor(
    private readonly rules: AnomalyRuleService,
    private readonly dismissals: DismissalService,
    private readonly flags: ExecutionFlagService,
    private readonly idempotency: IdempotencyService,
  ) {}

  getOrCreate(request: CreateAnomalyRuleDto): Promise<Answer<AnomalyRuleIdDto>> {
    return this.rules.getOrCreate(toRule(request));
  }

  async get(id: number): Promise<AnomalyRuleDto> {
    return toAnomalyRuleDto(await this.rules.get(id));
  }

  async list(query: PageQuery): Promise<Page<AnomalyRuleDto>> {
    return (await this.rules.list(query)).map(toAnomalyRuleDto);
  }

  async patch(request: PatchAnomalyRuleDto): Promise<AnomalyRuleDto> {
    return toAnomalyRuleDto(await this.rules.patch(request.id, toChange(request)));
  }

  /** Dismisses the anomalies of the metrics that are flagged. */
  unflag({ metric_field: metrics, pipeline_execution_id: id, pipeline_id }: UnflagAnomalyDto): Promise<Answer<null>> {
    return this.idempotency.once(async (manager) => {
      const execution = await this.flags.find(manager, id);
      if (execution?.pipelineId !== pipeline_id) throw UnflagError.noExecution(id);
      const flags = execution.anomalyFlags ?? {};
      if (Object.keys(flags).length === 0) throw UnflagError.noFlags(id);
      const flagged = metrics.filter((metric) => flags[metric] === true);
      if (flagged.length === 0) throw UnflagError.notFlagged(metrics);
      await this.dismissals.dismissMetrics(manager, id, new Set<Metric>(flagged), new Date());
      return Answer.done();
    });
  }
}
