import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { AfterCommitEvent } from '../../platform/events/after-commit-event.js';
import { TransactionEvent } from '../../platform/events/transaction-event.js';

/** Whose timeliness threshold may have become another one: a pipeline's, or that of all pipelines of a type. */
export type ThresholdChange = { readonly pipelineId: number } | { readonly pipelineTypeId: number };

/** A pipeline's `next_watermark` as it was set by hand; null where it was cleared. */
export interface NextWatermarkChange {
  readonly pipelineId: number;
  readonly nextWatermark: string | null;
}

/** What can be heard of pipelines. */
@Injectable()
export class PipelineEvents {
  /**
   * After the commit and before the answer: in the change's own transaction a listener would lock executions after the
   * pipeline, and an end locks them the other way round.
   */
  readonly thresholdChanged: AfterCommitEvent<ThresholdChange>;

  /**
   * In the transaction, before the pipeline is locked and written: a listener locks executions, and an end locks those
   * before their pipelines.
   */
  readonly nextWatermarkChanging = new TransactionEvent<NextWatermarkChange>();

  constructor(transactions: TransactionRunner) {
    this.thresholdChanged = new AfterCommitEvent(transactions);
  }
}
