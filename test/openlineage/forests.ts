import fc from 'fast-check';
import type { Json } from '../support/watcher.js';

/** How the events of a run are cut: what a producer sends, and what it leaves out. */
const SHAPES = {
  whole: ['START', 'RUNNING', 'COMPLETE'],
  short: ['START', 'COMPLETE'],
  failed: ['START', 'FAIL'],
  aborted: ['START', 'ABORT'],
  endless: ['START', 'RUNNING'],
  startless: ['RUNNING', 'COMPLETE'],
  terminal: ['COMPLETE'],
  failedFirst: ['START', 'FAIL', 'COMPLETE'],
  failedLast: ['START', 'COMPLETE', 'FAIL'],
  abortedToo: ['START', 'ABORT', 'COMPLETE'],
  reopened: ['START', 'COMPLETE', 'START'],
  reopenedAndFailed: ['START', 'COMPLETE', 'START', 'RUNNING', 'FAIL'],
  early: ['OTHER', 'START', 'COMPLETE'],
  other: ['OTHER'],
  unheard: [],
} as const;
type Shape = keyof typeof SHAPES;

/** Which events of a run say what its parent is. */
const CLAIMS = ['all', 'all', 'all', 'first', 'last', 'none', 'changed'] as const;
const FORMATS = ['ms', 'trimmed', 'micro', 'nano', 'offset', 'naive'] as const;
const MAX_DEPTH = 6;
/** Runs and pipelines of this many kinds, so that they meet. */
const JOBS = 4;
const DATASETS = 4;

const BITS = fc.array(fc.nat(DATASETS - 1), { maxLength: 2 }).map((all) => [...new Set(all)]);

const RUN = fc.record({
  above: fc.option(fc.nat(), { freq: 6 }),
  /** Another parent that its first event names. */
  before: fc.nat(),
  shape: fc.constantFrom(...(Object.keys(SHAPES) as Shape[])),
  claims: fc.constantFrom(...CLAIMS),
  job: fc.nat(JOBS - 1),
  renamed: fc.option(fc.nat(JOBS - 1), { nil: undefined, freq: 8 }),
  upper: fc.boolean(),
  format: fc.constantFrom(...FORMATS),
  /** The moments of its events after its own beginning, in milliseconds; zeros make ties. */
  begun: fc.integer({ min: 0, max: 300 }),
  gaps: fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 5, maxLength: 5 }),
  root: fc.boolean(),
  /** Its START says more than its other events. */
  richStart: fc.boolean(),
  task: fc.option(fc.record({ attempt: fc.integer({ min: 1, max: 3 }), mapIndex: fc.integer({ min: -1, max: 1 }) }), {
    nil: undefined,
  }),
  nominal: fc.option(fc.record({ day: fc.integer({ min: 1, max: 28 }), isOpen: fc.boolean() }), { nil: undefined }),
  inputs: BITS,
  outputs: BITS,
  rows: fc.option(fc.nat(3), { nil: undefined }),
});
type Run = typeof RUN extends fc.Arbitrary<infer T> ? T : never;

/** The runs of a forest, and where its claims close cycles. */
export interface Forest {
  readonly runs: readonly Run[];
  /** Each: as many runs, from that one on, that name one another. */
  readonly cycles: readonly { readonly from: number; readonly length: number }[];
}

export const FORESTS: fc.Arbitrary<Forest> = fc.record({
  runs: fc.array(RUN, { minLength: 1, maxLength: 12 }),
  cycles: fc.array(fc.record({ from: fc.nat(), length: fc.integer({ min: 2, max: 4 }) }), { maxLength: 1 }),
});

/** Events as they are sent, oldest first. Forests with different numbers share no run, job or dataset. */
export function eventsOfForest({ runs, cycles }: Forest, number: number, base: number): Json[] {
  const namespace = `forest ${number}`;
  const idOf = (index: number): string =>
    `${number.toString(16).padStart(8, '0')}-abcd-4000-8000-${index.toString(16).padStart(12, '0')}`;
  const parents = parentsOf(runs, cycles);
  const rootOf = (index: number, steps = 0): number => {
    const parent = parents[index];
    return parent === undefined || steps > runs.length ? index : rootOf(parent, steps + 1);
  };
  const jobOf = (index: number): Json => ({ namespace, name: `job ${runs[index]?.job}` });
  const facetOf = (index: number, parent: number, withRoot: boolean): Json => {
    const root = rootOf(index);
    return {
      run: { runId: runs[index]?.upper ? idOf(parent).toUpperCase() : idOf(parent) },
      job: jobOf(parent),
      ...(withRoot && root !== index && { root: { run: { runId: idOf(root) }, job: jobOf(root) } }),
    };
  };
  return runs.flatMap((run, index) => {
    const types = SHAPES[run.shape];
    let at = run.begun;
    return types.map((eventType, position): Json => {
      const isAborted = eventType === 'ABORT';
      // dbt reports a skipped node as started and aborted at the same moment.
      if (position > 0 && !isAborted) at += run.gaps[position] ?? 0;
      const isFirst = position === 0;
      const isLast = position === types.length - 1;
      const claimed = claimedParent(run, parents[index], isFirst, isLast, index, runs.length);
      const name = isLast && run.renamed !== undefined ? run.renamed : run.job;
      const isRich = !run.richStart || eventType === 'START';
      return {
        eventType: index % 5 === 4 ? eventType.toLowerCase() : eventType,
        eventTime: timeText(base + at, (index * 137 + position * 7) % 1000, run.format),
        run: {
          runId: run.upper ? idOf(index).toUpperCase() : idOf(index),
          facets: {
            ...(claimed !== undefined && { parent: facetOf(index, claimed, run.root) }),
            ...(run.task && isRich && { airflow: { taskInstance: { try_number: run.task.attempt, map_index: run.task.mapIndex } } }), // prettier-ignore
            ...(run.nominal && isRich && { nominalTime: nominalOf(run.nominal) }),
            ...(eventType === 'FAIL' && {
              errorMessage: { message: `failed at ${position}`, programmingLanguage: 'sql' },
            }),
          },
        },
        job: { namespace, name: index % 3 === 2 ? `JOB ${name}` : `job ${name}`, facets: {} },
        inputs: isRich ? run.inputs.map((dataset) => ({ namespace, name: `table ${dataset}` })) : [],
        outputs: isRich || isLast ? run.outputs.map((dataset) => outputOf(namespace, dataset, run.rows, position)) : [],
        producer: 'https://example.com/forests',
        schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
      };
    });
  });
}

/** By index; at most {@link MAX_DEPTH} deep but for cycles. */
function parentsOf(runs: readonly Run[], cycles: Forest['cycles']): (number | undefined)[] {
  const depths: number[] = [];
  const parents = runs.map(({ above }, index) => {
    const parent = above === null || index === 0 ? undefined : above % index;
    const depth = parent === undefined ? 0 : (depths[parent] ?? 0) + 1;
    depths.push(depth > MAX_DEPTH ? 0 : depth);
    return depth > MAX_DEPTH ? undefined : parent;
  });
  for (const { from, length } of cycles) {
    const members = runs.map((_, index) => (from + index) % runs.length).slice(0, length);
    if (members.length > 1)
      for (const [at, member] of members.entries()) parents[member] = members[(at + 1) % members.length];
  }
  return parents;
}

function claimedParent(
  run: Run,
  parent: number | undefined,
  isFirst: boolean,
  isLast: boolean,
  index: number,
  size: number,
): number | undefined {
  switch (run.claims) {
    case 'none':
      return undefined;
    case 'first':
      return isFirst ? parent : undefined;
    case 'last':
      return isLast ? parent : undefined;
    case 'changed':
      // Sometimes itself, which does not count.
      return isFirst && !isLast ? (index + run.before) % size : parent;
    case 'all':
      return parent;
  }
}

function nominalOf({ day, isOpen }: { readonly day: number; readonly isOpen: boolean }): Json {
  const text = (of: number): string => `2026-01-${String(of).padStart(2, '0')}T02:00:00+01:00`;
  return { nominalStartTime: text(day), ...(!isOpen && { nominalEndTime: text(day + 1) }) };
}

/** The later events count more rows. */
function outputOf(namespace: string, dataset: number, rows: number | undefined, position: number): Json {
  const statistics = { rowCount: (rows ?? 0) + (rows === 0 ? 0 : position), size: 10 };
  return {
    namespace,
    name: `table ${dataset}`,
    ...(rows !== undefined && { outputFacets: { outputStatistics: statistics } }),
  };
}

function timeText(ms: number, micros: number, format: (typeof FORMATS)[number]): string {
  const text = new Date(ms).toISOString();
  const rest = String(micros).padStart(3, '0');
  switch (format) {
    case 'ms':
      return text;
    case 'trimmed':
      return text.replace(/\.?0*Z$/, 'Z');
    case 'micro':
      return text.replace('Z', `${rest}+00:00`);
    case 'nano':
      return text.replace('Z', `${rest}500Z`);
    case 'offset':
      return new Date(ms + 2 * 3_600_000).toISOString().replace('Z', `${rest}+02:00`);
    case 'naive':
      return text.slice(0, -1);
  }
}
