/** The moment of a start in a pipeline's time zone. */
export interface LocalStart {
  readonly hour: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Offsets change on the hour, or on a fraction of it. */
const STEP_MS = HOUR_MS / 4;
/** The most offsets that are remembered of a zone. */
const MAX_OFFSETS = 50_000;

/** Tells hours and weekdays in a time zone; asking Intl for each of two hundred runs would take longer than the rule. */
export class Zone {
  private static readonly zones = new Map<string, Zone>();
  private readonly offsets = new Map<number, number>();
  private readonly format: Intl.DateTimeFormat | undefined;

  private constructor(name: string) {
    if (name !== 'UTC') this.format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** `null` is UTC; so is a name that this version of Node does not know. */
  static of(name: string | null): Zone {
    const key = name ?? 'UTC';
    const known = Zone.zones.get(key);
    if (known) return known;
    let zone: Zone;
    try {
      zone = new Zone(key);
    } catch {
      zone = new Zone('UTC');
    }
    Zone.zones.set(key, zone);
    return zone;
  }

  local(start: number): LocalStart {
    const shifted = start + this.offset(start);
    return {
      hour: Math.floor((((shifted % DAY_MS) + DAY_MS) % DAY_MS) / HOUR_MS),
      weekday: (((Math.floor(shifted / DAY_MS) + 4) % 7) + 7) % 7,
    };
  }

  private offset(start: number): number {
    if (!this.format) return 0;
    const step = Math.floor(start / STEP_MS);
    const known = this.offsets.get(step);
    if (known !== undefined) return known;
    if (this.offsets.size >= MAX_OFFSETS) this.offsets.clear();
    const offset = offsetOf(this.format, step * STEP_MS);
    this.offsets.set(step, offset);
    return offset;
  }
}

function offsetOf(format: Intl.DateTimeFormat, moment: number): number {
  const found = /GMT([+-])(\d\d):(\d\d)/.exec(format.format(moment));
  if (!found) return 0;
  return (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) * 60_000;
}

/** The ways to compare a run with those of its own kind, coarsest first. */
export const GROUPS = ['all', 'weekend', 'weekday', 'hour', 'hour_weekend', 'hour_weekday'] as const;
export type Group = (typeof GROUPS)[number];

/** The slot of a start within a group: runs in the same slot are compared. */
export const SLOT_OF: Record<Group, (local: LocalStart) => number> = {
  all: () => 0,
  weekend: ({ weekday }) => Number(isWeekend(weekday)),
  weekday: ({ weekday }) => weekday,
  hour: ({ hour }) => hour,
  hour_weekend: ({ hour, weekday }) => hour * 2 + Number(isWeekend(weekday)),
  hour_weekday: ({ hour, weekday }) => hour * 7 + weekday,
};

/** The fewest earlier runs in the slot of a run for the group to be usable. */
export const MINIMUM_IN_SLOT: Record<Group, number> = {
  all: 4,
  weekend: 4,
  weekday: 3,
  hour: 4,
  hour_weekend: 4,
  hour_weekday: 3,
};

/** Groups by hour say nothing of a pipeline that always starts in the same hour. */
export const IS_BY_HOUR: Record<Group, boolean> = {
  all: false,
  weekend: false,
  weekday: false,
  hour: true,
  hour_weekend: true,
  hour_weekday: true,
};

export function isWeekend(weekday: number): boolean {
  return weekday === 0 || weekday === 6;
}
