import { METRICS } from '../../../features/anomalies/metric.js';
import { copyRows, type Remark } from './copy-rows.js';
import type { PipelineIds } from './import-pipelines.js';
import { FIND_KNOWN_RULES, INSERT_RULES, LOCK_RULES } from './import-rules.sql.js';
import type { ImportContext } from './import-step.js';
import { keepIds } from './reserve-ids.js';
import type { SourceCounts, SourceRule } from './source.js';

/** The threshold of a rule without one, which the older service leaves out: it is inactive here. */
const DEFAULT_THRESHOLD = 3;

/** Imports the anomaly rules; returns whether all are here. One for the same pipeline and metric stays as it is. */
export function importRules(context: ImportContext, pipelines: PipelineIds, counts: SourceCounts): Promise<boolean> {
  return copyRows(
    context,
    {
      what: 'anomaly rules',
      read: (after, limit) => context.source.rules(after, limit),
      remarkOf: (row) => remarkOf(row, pipelines),
      toItem: (row: SourceRule) => ({
        ...row,
        pipeline_id: pipelines.get(row.pipeline_id),
        z_threshold: row.z_threshold ?? DEFAULT_THRESHOLD,
        active: row.active && row.z_threshold !== null,
      }),
      lock: LOCK_RULES,
      findMissing: async (manager, items) => {
        const ids = items.map(({ pipeline_id }) => pipeline_id);
        const rows = await manager.query<{ key: string }[]>(FIND_KNOWN_RULES, [ids]);
        const known = new Set(rows.map(({ key }) => key));
        return items.filter(({ pipeline_id, metric_field }) => !known.has(`${pipeline_id} ${metric_field}`));
      },
      insert: async (manager, items) => {
        const given = await keepIds(manager, 'anomaly_detection_rule', items);
        const rows = items.map((item) => ({ ...item, id: given(item.id) }));
        await manager.query(INSERT_RULES, [JSON.stringify(rows)]);
      },
    },
    counts.rules,
  );
}

function remarkOf(row: SourceRule, pipelines: PipelineIds): Remark | undefined {
  if (!pipelines.has(row.pipeline_id))
    return { text: 'refused, because their pipeline does not exist', isRefused: true };
  if (!METRICS.some((metric) => metric === row.metric_field))
    return { text: 'refused, because their metric is unknown', isRefused: true };
  const isInRange =
    isBetween(row.z_threshold ?? DEFAULT_THRESHOLD, 1, 10) &&
    isBetween(row.lookback_days, 1, 365) &&
    isBetween(row.minimum_executions, 5, 1000);
  if (!isInRange) return { text: 'refused, because a number of theirs is out of range', isRefused: true };
  return row.z_threshold === null
    ? { text: 'are inactive, because they have no threshold', isRefused: false }
    : undefined;
}

function isBetween(value: number | null, least: number, most: number): boolean {
  return value !== null && value >= least && value <= most;
}
