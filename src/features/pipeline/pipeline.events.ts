import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { AfterCommitEvent } from '../../platform/events/after-commit-event.js';

/** Whose timeliness threshold may have become another one: a pipeline's, or that of all pipelines of a type. */
export type ThresholdChange = { readonly pipelineId: number } | { readonly pipelineTypeId: number };

/** What can be heard of pipelines. */
@Injectable()
export class PipelineEvents {
  /**
   * After the commit and before the answer: in the change's own transaction a listener would lock executions after the
   * pipeline, and an end locks them the other way round.
   */
  readonly thresholdChanged: AfterCommitEvent<ThresholdChange>;

  constructor(transactions: TransactionRunner) {
    this.thresholdChanged = new AfterCommitEvent(transactions);
  }
}
