/** The states by which pipelines are listed. Apart from `inactive`, a pipeline may be in several at once. */
export const PIPELINE_STATES = ['running', 'ok', 'failing', 'late', 'stale', 'never_ran', 'inactive'] as const;
export type PipelineState = (typeof PIPELINE_STATES)[number];

const IS_FAILING = `p.id = ANY (ARRAY(SELECT watcher_failing_pipelines()))`;
const IS_LATE = `p.id = ANY (ARRAY(SELECT e.pipeline_id FROM watcher_late_executions(now()) e))`;
const IS_STALE = `p.id = ANY (ARRAY(SELECT s.pipeline_id FROM watcher_stale_pipelines(now()) s))`;

/**
 * Whether the pipeline `p` is in a state. The sets of running, failing, late and stale pipelines are read from indexes;
 * what is left is looked up pipeline by pipeline. A pipeline whose lineage need not be loaded and that was never changed
 * has succeeded, so `never_ran` need not look for its executions.
 */
export const STATE_CONDITIONS: Readonly<Record<PipelineState, string>> = {
  running: `p.active AND p.id = ANY (ARRAY(SELECT watcher_running_pipelines()))`,
  ok: `p.active AND NOT (${IS_FAILING}) AND NOT (${IS_LATE}) AND NOT (${IS_STALE}) AND watcher_has_succeeded(p.id)`,
  failing: `p.active AND ${IS_FAILING}`,
  late: `p.active AND ${IS_LATE}`,
  stale: `p.active AND ${IS_STALE}`,
  never_ran: `p.active AND (p.load_lineage OR p.updated_at > p.created_at) AND NOT watcher_has_run(p.id)`,
  inactive: `NOT p.active`,
};
