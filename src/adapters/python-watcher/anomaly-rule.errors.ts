import type { Metric } from '../../features/anomalies/metric.js';
import { DomainError } from '../../platform/errors/domain-error.js';

/** The texts are those of the older service, whose clients read them. */
export class UnflagError extends DomainError {
  static noExecution(id: number): UnflagError {
    return new UnflagError('not_found', 'execution_not_found', `Pipeline execution ${id} not found`);
  }

  static noFlags(id: number): UnflagError {
    return new UnflagError('not_found', 'anomaly_flags_not_found', `No anomaly flags found for execution ${id}`);
  }

  static notFlagged(metrics: readonly Metric[]): UnflagError {
    const listed = metrics.map((metric) => `'${metric}'`).join(', ');
    const text = `None of the requested metrics [${listed}] are currently flagged`;
    return new UnflagError('not_found', 'metrics_not_flagged', text);
  }
}
