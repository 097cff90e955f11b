/** The states by which pipelines are listed. Apart from `inactive`, a pipeline may be in several at once. */
export const PIPELINE_STATES = ['running', 'ok', 'failing', 'late', 'stale', 'never_ran', 'inactive'] as const;
export type PipelineState = (typeof PIPELINE_STATES)[number];

const IS_LATE = `p.id = ANY (ARRAY(SELECT e.pipeline_id FROM watcher_late_executions(now()) e))`;
const IS_STALE = `p.id = ANY (ARRAY(SELECT s.pipeline_id FROM watcher_stale_pipelines(now()) s))`;

/**
 * Whether the pipeline `p` is in a state. The sets of running, late and stale pipelines are read from indexes of open
 * executions and due times; the last result is looked up for each pipeline.
 */
export const STATE_CONDITIONS: Readonly<Record<PipelineState, string>> = {
  running: `p.active AND p.id = ANY (ARRAY(SELECT watcher_running_pipelines()))`,
  ok: `p.active AND watcher_last_result(p.id) = 'succeeded' AND NOT (${IS_LATE}) AND NOT (${IS_STALE})`,
  failing: `p.active AND watcher_last_result(p.id) = 'failed'`,
  late: `p.active AND ${IS_LATE}`,
  stale: `p.active AND ${IS_STALE}`,
  never_ran: `p.active AND watcher_last_result(p.id) IS NULL`,
  inactive: `NOT p.active`,
};
