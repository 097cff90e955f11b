import { endAt, type Tree } from './tree.ts';

/** An idle time is folded if it is longer than this share of the whole, and then takes the second share of it. */
const IDLE_SHARE = 0.04;
const FOLDED_SHARE = 0.012;

/** Maps times to places from 0 to 1; where idle times are folded, in pieces. */
export interface Scale {
  /** The times at which pieces begin and end, and their places. */
  readonly times: readonly number[];
  readonly places: readonly number[];
  /** Folded idle times, as from and to. */
  readonly idle: readonly (readonly [number, number])[];
}

export function evenScale(from: number, to: number): Scale {
  return { times: [from, to], places: [0, 1], idle: [] };
}

/** A scale in which long times without any leaf at work are short. */
export function foldedScale(tree: Tree, from: number, to: number, now: number): Scale {
  const idle = idleTimes(tree, from, to, now).filter(([begin, end]) => end - begin > (to - from) * IDLE_SHARE);
  if (idle.length === 0) return evenScale(from, to);
  const short = (to - from) * FOLDED_SHARE;
  const kept = to - from - idle.reduce((sum, [begin, end]) => sum + (end - begin), 0) + idle.length * short;
  const times = [from];
  const places = [0];
  let place = 0;
  let at = from;
  for (const [begin, end] of idle) {
    place += (begin - at) / kept;
    times.push(begin);
    places.push(place);
    place += short / kept;
    times.push(end);
    places.push(place);
    at = end;
  }
  return { times: [...times, to], places: [...places, 1], idle };
}

function idleTimes(tree: Tree, from: number, to: number, now: number): [number, number][] {
  const busy: [number, number][] = [];
  for (let node = 0; node < tree.size; node++) {
    if (tree.below[node] === 1) busy.push([tree.start[node] ?? from, endAt(tree, node, now)]);
  }
  busy.sort((a, b) => a[0] - b[0]);
  const idle: [number, number][] = [];
  let at = from;
  for (const [begin, end] of busy) {
    if (begin > at) idle.push([at, begin]);
    at = Math.max(at, end);
  }
  if (to > at) idle.push([at, to]);
  return idle;
}

/** The place of a time. */
export function placeOf({ times, places }: Scale, time: number): number {
  return between(times, places, time);
}

/** The time at a place. */
export function timeAt({ times, places }: Scale, place: number): number {
  return between(places, times, place);
}

function between(of: readonly number[], to: readonly number[], value: number): number {
  let piece = 1;
  while (piece < of.length - 1 && value > (of[piece] ?? 0)) piece++;
  const [a = 0, b = 0] = [of[piece - 1], of[piece]];
  const [x = 0, y = 0] = [to[piece - 1], to[piece]];
  return b === a ? x : x + ((value - a) / (b - a)) * (y - x);
}

const STEPS_MS = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
  900_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
];

/** Round times in a range, about `wanted` of them. */
export function ticks(from: number, to: number, wanted: number): number[] {
  const step =
    STEPS_MS.find((ms) => (to - from) / ms <= wanted) ?? 604_800_000 * Math.ceil((to - from) / 604_800_000 / wanted);
  const found: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return found;
}

/** The part of the scale that is shown, as places. */
export interface View {
  readonly from: number;
  readonly to: number;
}

export const WHOLE: View = { from: 0, to: 1 };
const SMALLEST = 1e-7;

/** The view closer or wider by a factor, around a place. */
export function zoomed({ from, to }: View, factor: number, around = (from + to) / 2): View {
  const width = Math.min(1, Math.max(SMALLEST, (to - from) * factor));
  const share = (around - from) / (to - from);
  return within({ from: around - width * share, to: around + width * (1 - share) });
}

/** The view moved by a share of its width. */
export function moved({ from, to }: View, share: number): View {
  const by = (to - from) * share;
  return within({ from: from + by, to: to + by });
}

function within({ from, to }: View): View {
  const width = to - from;
  const start = Math.min(Math.max(0, from), 1 - width);
  return { from: start, to: start + width };
}

/** The left edge and the width of a time span within the view, in percent; null where it is outside. */
export function boxOf(scale: Scale, view: View, begin: number, end: number): { left: number; width: number } | null {
  const width = view.to - view.from;
  const [a, b] = [(placeOf(scale, begin) - view.from) / width, (placeOf(scale, end) - view.from) / width];
  if (b < 0 || a > 1) return null;
  const [left, right] = [Math.max(-0.01, a), Math.min(1.01, b)];
  return { left: left * 100, width: (right - left) * 100 };
}
