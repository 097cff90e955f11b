import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionRunner } from '../../platform/database/transaction-runner.js';
import { AfterCommitEvent } from '../../platform/events/after-commit-event.js';
import { TransactionEvent } from '../../platform/events/transaction-event.js';
import { ChangeLog } from '../changes/change-log.js';
import type { PipelineChangeKind } from './pipeline-change.entity.js';

/** The timeliness threshold of one pipeline, or of all pipelines of a type, may have changed. */
export type ThresholdChange = { readonly pipelineId: number } | { readonly pipelineTypeId: number };

/** The new `next_watermark` of a pipeline, set by PATCH; null if it is cleared. */
export interface NextWatermarkChange {
  readonly pipelineId: number;
  readonly nextWatermark: string | null;
}

/** A change of a pipeline by a caller. Moves of the watermark by executions are none. */
export interface PipelineChange {
  readonly pipelineId: number;
  readonly kind: PipelineChangeKind;
  readonly at: Date;
  /** The name of the caller. */
  readonly by: string;
  /** The fields that changed, by their names in the API, before the change; null for a creation. */
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>>;
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

  /** Emitted within the transaction, after the change. */
  readonly changed = new TransactionEvent<PipelineChange>();

  /** Emitted within the transaction, after the change of a type. */
  readonly typeChanged = new TransactionEvent<{ readonly pipelineTypeId: number }>();

  constructor(transactions: TransactionRunner, changes: ChangeLog) {
    this.thresholdChanged = new AfterCommitEvent(transactions);
    const note = async (manager: EntityManager, facts: readonly { readonly pipelineId: number }[]): Promise<void> =>
      changes.note(manager, { pipelines: facts.map(({ pipelineId }) => pipelineId) });
    this.changed.listen(note);
    this.nextWatermarkChanging.listen(note);
    this.typeChanged.listen(async (manager) => changes.note(manager, { everything: true }));
  }
}
