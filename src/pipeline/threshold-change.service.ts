import { Injectable } from '@nestjs/common';

/** Whose timeliness threshold may have become another one: a pipeline's, or that of all pipelines of a type. */
export type ThresholdChange = { readonly pipelineId: number } | { readonly pipelineTypeId: number };

/**
 * Lets the modules above know of changed timeliness thresholds without this one knowing them. Announced when the change
 * is committed and before it is answered: in the change's own transaction the pipeline would be locked before its
 * executions, and an end locks them the other way round.
 */
@Injectable()
export class ThresholdChangeService {
  private readonly listeners: ((change: ThresholdChange) => Promise<void>)[] = [];

  listen(listener: (change: ThresholdChange) => Promise<void>): void {
    this.listeners.push(listener);
  }

  async announce(change: ThresholdChange): Promise<void> {
    for (const listener of this.listeners) await listener(change);
  }
}
