import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Answer } from '../../../platform/http/answer.js';
import { InvalidRequestError } from '../../../platform/errors/domain-error.js';
import { TransactionRunner } from '../../../platform/database/transaction-runner.js';
import { IdempotencyService } from '../../../platform/idempotency/idempotency.service.js';
import { pipelineKey } from '../../pipeline/pipeline-key.js';
import { PipelineNotFoundError } from '../../pipeline/pipeline.errors.js';
import { SEVERITY_OF } from '../incidents/incident.entity.js';
import type { AlertTestDto, TestAlertDto } from './alert.dto.js';
import { toAlertDto } from './alert.mapper.js';
import { AlertOutboxService } from './alert-outbox.service.js';
import { AlertRepository } from './alert.repository.js';
import { AlertRoutesService } from './route/alert-routes.service.js';

/** How long the answer waits for the receivers: slightly longer than an attempt may take. */
const WAIT_MS = 12_000;
const LOOK_EVERY_MS = 100;

/** Sends a test message through the routes of a pipeline, to show where its alerts go. */
@Injectable()
export class AlertTestService {
  constructor(
    private readonly transactions: TransactionRunner,
    private readonly idempotency: IdempotencyService,
    private readonly alerts: AlertRepository,
    private readonly routes: AlertRoutesService,
    private readonly outbox: AlertOutboxService,
  ) {}

  /** Returns when each of the alerts has been tried once, or after the time limit. */
  async send(request: TestAlertDto): Promise<Answer<AlertTestDto>> {
    const answer = await this.idempotency.once((manager) => this.write(manager, request, new Date()));
    const body = await this.outcome(answer.body);
    return answer.isReplay ? Answer.replayed(answer.status, body) : Answer.found(body);
  }

  private async write(manager: EntityManager, request: TestAlertDto, now: Date): Promise<Answer<AlertTestDto>> {
    const { pipeline_id: id, pipeline_name: name, pipeline_namespace: namespace } = request;
    const named = id ?? name;
    if (named === undefined) {
      throw new InvalidRequestError([
        { field: 'pipeline_id', message: 'or pipeline_name is required: the pipeline whose alerts are tested' },
      ]);
    }
    const key = typeof named === 'string' ? pipelineKey(named, namespace) : named;
    const pipeline = await this.alerts.pipelineSubject(manager, key, this.routes.metadata);
    if (!pipeline) throw new PipelineNotFoundError(named);
    const kind = request.kind ?? 'failure';
    const subject = { ...pipeline, kind, severity: request.severity ?? SEVERITY_OF[kind] };
    const ids = await this.outbox.writeTest(manager, subject, now);
    const alerts = (await this.alerts.findByIds(manager, ids)).map(toAlertDto);
    return Answer.found({ routes: this.routes.namesFor(subject), alerts });
  }

  private async outcome(test: AlertTestDto): Promise<AlertTestDto> {
    const ids = test.alerts.map(({ id }) => id);
    if (ids.length === 0) return test;
    for (const end = Date.now() + WAIT_MS; ; await sleep(LOOK_EVERY_MS)) {
      const found = await this.transactions.read((manager) => this.alerts.findByIds(manager, ids));
      if (Date.now() > end || found.every(({ status }) => status !== 'waiting')) {
        return { ...test, alerts: found.map(toAlertDto) };
      }
    }
  }
}
