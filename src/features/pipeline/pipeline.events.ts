import { Injectable } from '@nestjs/common';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { AfterCommitEvent } from '../../platform/events/after-commit-event.js';
import { TransactionEvent } from '../../platform/events/transaction-event.js';

/** The timeliness threshold of one pipeline, or of all pipelines of a type, may have changed. */
export type ThresholdChange = { readonly pipelineId: number } | { readonly pipelineTypeId: number };

/** The new `next_watermark` of a pipeline, set by PATCH; null if it is cleared. */
export interface NextWatermarkChange {
  readonly pipelineId: number;
  readonly nextWatermark: string | null;
}

/** The events of this module. */
@Injectable()
export class PipelineEvents {
  /**
   * Emitted after the commit and before the response. Within the transaction, listeners would lock executions after the
   * pipeline; an end locks them in the opposite order, so the two could deadlock.
   */
  readonly thresholdChanged: AfterCommitEvent<ThresholdChange>;

  /**
   * Emitted within the transaction, before the pipeline is locked: listeners lock executions, and these must be locked
   * before their pipelines, as an end does.
   */
  readonly nextWatermarkChanging = new TransactionEvent<NextWatermarkChange>();

  constructor(transactions: TransactionRunner) {
    this.thresholdChanged = new AfterCommitEvent(transactions);
  }
}
