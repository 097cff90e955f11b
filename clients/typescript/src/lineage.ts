import type { DatasetName, DeclareLineageRequest, ReportLineageRequest } from '../generated/types.gen.js';
import type { Amount, Dataset, RunOptions } from './options.js';

/** What a pipeline reads and writes; undefined where nothing is said of it. */
export function declarationOf({ inputs, outputs }: RunOptions): DeclareLineageRequest | undefined {
  if (inputs === undefined && outputs === undefined) return undefined;
  return { inputs: (inputs ?? []).map(named), outputs: (outputs ?? []).map(named) };
}

/** What a run says that it reads and writes. */
export class UsedDatasets {
  private readonly inputs: ReportLineageRequest['inputs'] = [];
  private readonly outputs: ReportLineageRequest['outputs'] = [];

  add(side: 'inputs' | 'outputs', dataset: Dataset, amount: Amount): void {
    this[side].push({ ...named(dataset), ...amount });
  }

  /** Undefined where nothing was said. */
  get report(): ReportLineageRequest | undefined {
    const { inputs, outputs } = this;
    return inputs.length + outputs.length === 0 ? undefined : { inputs: [...inputs], outputs: [...outputs] };
  }
}

function named(dataset: Dataset): DatasetName {
  return typeof dataset === 'string' ? { name: dataset } : dataset;
}
