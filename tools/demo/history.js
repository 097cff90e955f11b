import { ALONE, BACKFILL, ERRORS, SLOW, UNUSUAL, WORKFLOWS } from './platform.js';
import { Random } from './random.js';

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/**
 * @typedef {import('./platform.js').Step} Step
 * @typedef {import('./platform.js').Workflow} Workflow
 *
 * @typedef {{fails?: string, hangs?: string, unusual?: Record<string, {time?: number, rows?: number}>}} Present steps that are special in a run
 *
 * @typedef {object} Run an execution to report; times are milliseconds since 1970
 * @property {Step} step
 * @property {Run | null} parent
 * @property {Run} [retryOf]
 * @property {number} start
 * @property {number | null} end null while it runs
 * @property {boolean} [isSlow] it runs far longer than usual, and is reported when the others are known
 * @property {'succeeded' | 'failed' | 'skipped' | 'aborted'} status
 * @property {number} [rows]
 * @property {string} [error]
 * @property {string} [watermark]
 * @property {number} [id] once it is reported
 */

/** Lets the platform run for some days up to `now`, and returns its executions. */
export class History {
  /** @type {Run[]} */
  runs = [];

  /** @param {number} seed @param {number} now @param {number} days */
  constructor(seed, now, days) {
    this.random = new Random(seed);
    this.now = now;
    this.days = days;
    for (const workflow of [...WORKFLOWS, ...ALONE, SLOW]) {
      const starts = startsOf(workflow, now, days);
      starts.forEach((start, index) => this.runWorkflow(workflow, start, starts.length - 1 - index));
    }
    this.runStep(BACKFILL, now - 0.9 * DAY_MINUTES * MINUTE_MS, null, {});
    const slow = { step: SLOW, parent: null, start: Math.round(now - 40 * MINUTE_MS), end: null };
    this.runs.push({ ...slow, status: 'succeeded', isSlow: true });
  }

  /** @param {Workflow} workflow @param {number} start @param {number} fromLast 0 for the last run */
  runWorkflow(workflow, start, fromLast) {
    const { name } = workflow;
    // The state of the present: something has just failed, something is late, something is under way.
    const present = {
      fails:
        name === 'dbt build' && fromLast === 0
          ? 'model mart_churn'
          : name === 'Partner file import' && fromLast <= 1
            ? 'Load partner stock'
            : undefined,
      hangs: name === 'Finance close' && fromLast === 0 ? 'Reconcile accounts' : undefined,
      unusual: UNUSUAL[name]?.[fromLast] ?? {},
    };
    this.runStep(workflow, start, null, present);
  }

  /**
   * Runs a step and what it consists of.
   *
   * @param {Step} step @param {number} start @param {Run | null} parent
   * @param {Present} present
   * @returns {Run} its last attempt
   */
  runStep(step, start, parent, present) {
    for (let attempt = 0, at = start, retryOf; ; attempt++) {
      const run = this.attempt(step, at, parent, present);
      if (retryOf) run.retryOf = retryOf;
      if (run.status !== 'failed' || run.end === null || attempt >= (step.retries ?? 0) || present.fails === step.name)
        return run;
      at = run.end + MINUTE_MS;
      retryOf = run;
    }
  }

  /** @param {Step} step @param {number} start @param {Run | null} parent @param {Present} present */
  attempt(step, start, parent, present) {
    /** @type {Run} */
    const run = { step, parent, start: Math.round(start), end: null, status: 'succeeded' };
    if (start > this.now) return run;
    this.runs.push(run);
    const day = (start - this.now) / (DAY_MINUTES * MINUTE_MS) + this.days;
    let end = start;
    if (step.stages) end = this.runStages(step, run, present);
    const hangs = present.hangs === step.name;
    const unusual = present.unusual?.[step.name];
    const own =
      (step.minutes ?? 1) * MINUTE_MS * this.random.factor() * (1 + (step.slower ?? 0) * day) * (unusual?.time ?? 1);
    const ended = hangs ? Infinity : end + own;
    if (run.status === 'succeeded' && (present.fails === step.name || this.random.chance(step.fails ?? 0)))
      this.fail(run);
    run.end =
      ended > this.now
        ? null
        : Math.round(run.status === 'failed' && !step.stages ? start + own * (0.2 + 0.7 * this.random.next()) : ended);
    if (run.end === null) run.status = 'succeeded';
    else if (run.status === 'succeeded') this.measure(run, day, unusual?.rows ?? 1);
    return run;
  }

  /** Runs the stages; after a failed one the others are skipped. Returns when the last part has ended, or Infinity. */
  runStages(step, run, present) {
    let at = run.start + 5_000;
    let failed = false;
    for (const stage of step.stages ?? []) {
      const parts = stage.flatMap((part) => Array.from({ length: part.times ?? 1 }, () => part));
      if (failed) {
        for (const part of parts.slice(0, 4))
          this.runs.push({ step: part, parent: run, start: at, end: at, status: 'skipped' });
        continue;
      }
      // At most eight at once, as in a pool.
      const free = Array.from({ length: Math.min(8, parts.length) }, () => at);
      const done = parts.map((part) => {
        const slot = free.indexOf(Math.min(...free));
        const result = this.runStep(part, (free[slot] ?? at) + 1000 * this.random.next(), run, present);
        free[slot] = result.end ?? Infinity;
        return result;
      });
      at = Math.max(...free);
      failed = done.some(({ status, end }) => status === 'failed' && end !== null);
      if (at === Infinity) return Infinity;
    }
    if (failed) {
      run.status = 'failed';
      run.error = `A part of ${step.name} failed`;
    }
    return at;
  }

  /** @param {Run} run */
  fail(run) {
    run.status = this.random.chance(0.06) ? 'aborted' : 'failed';
    run.error = this.random.pick(ERRORS[run.step.type] ?? ERRORS['other'] ?? []);
  }

  /** The rows of a success: fewer on weekends, and with the trend of the step. @param {Run} run @param {number} day @param {number} share */
  measure(run, day, share) {
    if (run.step.rows === undefined) return;
    const weekend = [0, 6].includes(new Date(run.start).getUTCDay()) ? 0.55 : 1;
    const trend = Math.max(0.1, 1 - (run.step.fewer ?? 0) * day);
    run.rows = Math.round(run.step.rows * weekend * trend * share * this.random.factor());
    if (run.step.type === 'extraction') run.watermark = new Date(run.start).toISOString();
  }
}

/** When a workflow started in the last days. @param {Workflow & {silentFor?: number}} workflow */
function startsOf({ every, at = 0, silentFor = 0 }, now, days) {
  const midnight = Math.floor(now / (DAY_MINUTES * MINUTE_MS)) * DAY_MINUTES * MINUTE_MS;
  const first = at < 0 ? now + at * MINUTE_MS : midnight + at * MINUTE_MS;
  const starts = [];
  for (let start = first; start > now - days * DAY_MINUTES * MINUTE_MS; start -= every * MINUTE_MS) {
    if (start <= now - silentFor * MINUTE_MS) starts.unshift(start);
  }
  return starts;
}

/** All pipelines with their teams, those of workflows first. @returns {(Step & {team: string})[]} */
export function pipelines() {
  /** @type {Map<string, Step & {team: string}>} */
  const found = new Map();
  const add = (step, team) => {
    found.set(step.name, { ...step, team });
    for (const part of step.stages?.flat() ?? []) add(part, team);
  };
  for (const workflow of [...WORKFLOWS, ...ALONE, SLOW, BACKFILL]) add(workflow, workflow.team);
  return [...found.values()];
}
