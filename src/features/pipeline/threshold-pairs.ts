import { type FieldError, InvalidRequestError } from '../../platform/errors/domain-error.js';
import type { Datepart, Threshold } from './threshold.entity.js';

/**
 * The thresholds of a pipeline, and those with a default in its type, by the prefix of their wire names. To add one,
 * add its name here; the compiler then requires its text in `thresholds.dto.ts`, its embedded column in the entity and
 * its line in the mapper. The checks for half a pair, the configuration and the SQL follow from these lists.
 */
export const PIPELINE_PAIRS = [
  'freshness',
  'freshness_warn',
  'timeliness',
  'timeliness_warn',
  'lost_after',
  'start_grace',
  'retention',
] as const;
export const TYPE_PAIRS = ['freshness', 'timeliness', 'lost_after', 'retention'] as const satisfies readonly PairName[];

export type PairName = (typeof PIPELINE_PAIRS)[number];

type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

/** The thresholds of an entity: `freshness` is a {@link Threshold}. */
export type Thresholds<Name extends PairName> = { [N in Name as Camel<N>]: Threshold };

/** Thresholds on the wire and in a configuration: two fields each, null if not set. */
export type WirePairs<Name extends PairName> = { [N in Name as `${N}_number`]: number | null } & {
  [N in Name as `${N}_datepart`]: Datepart | null;
};

/** Thresholds in a request: a field may be absent; in a PATCH, null clears it. */
export type GivenPairs<Name extends PairName> = {
  readonly [F in keyof WirePairs<Name>]?: WirePairs<Name>[F] | undefined;
};

/** The wire names of a pair's fields, and the property of an entity that holds it. */
const NAMES = Object.fromEntries(
  PIPELINE_PAIRS.map((name) => [name, { number: `${name}_number`, datepart: `${name}_datepart`, held: camel(name) }]),
) as Record<PairName, { readonly number: string; readonly datepart: string; readonly held: string }>;

/** Threshold columns for an INSERT: their names, and the same with types for `jsonb_to_record`. */
export const PIPELINE_PAIR_COLUMNS = columnsOf(PIPELINE_PAIRS);
export const TYPE_PAIR_COLUMNS = columnsOf(TYPE_PAIRS);

/** One threshold as its two wire fields. */
export function wirePair<Name extends PairName>(name: Name, { number, datepart }: Threshold): WirePairs<Name> {
  return { [NAMES[name].number]: number, [NAMES[name].datepart]: datepart } as WirePairs<Name>;
}

/** The thresholds of an entity as wire fields. */
export function wirePairs<Name extends PairName>(
  names: readonly Name[],
  thresholds: Thresholds<NoInfer<Name>>,
): WirePairs<Name> {
  const held: Readonly<Record<string, Threshold>> = thresholds;
  return Object.assign({}, ...names.map((name) => wirePair(name, held[NAMES[name].held] ?? NONE))) as WirePairs<Name>;
}

/** The pair fields only, null where absent. */
export function pairsOf<Name extends PairName>(
  names: readonly Name[],
  given: GivenPairs<NoInfer<Name>>,
): WirePairs<Name> {
  return Object.assign({}, ...names.map((name) => wirePair(name, changed(NONE, name, given)))) as WirePairs<Name>;
}

/** Wire fields as thresholds of an entity; absent fields are null. */
export function thresholdsOf<Name extends PairName>(
  names: readonly Name[],
  given: GivenPairs<NoInfer<Name>>,
): Thresholds<Name> {
  return Object.fromEntries(names.map((name) => [NAMES[name].held, changed(NONE, name, given)])) as Thresholds<Name>;
}

/** The new values of the thresholds that a PATCH changes; for half a pair, the row supplies the other half. */
export function changedThresholds<Name extends PairName>(
  names: readonly Name[],
  row: Thresholds<NoInfer<Name>>,
  request: GivenPairs<NoInfer<Name>>,
): Partial<Thresholds<Name>> {
  const held: Readonly<Record<string, Threshold>> = row;
  const touched = names.filter((name) => isGiven(name, request));
  const changes = touched.map((name) => [NAMES[name].held, changed(held[NAMES[name].held] ?? NONE, name, request)]);
  return Object.fromEntries(changes) as Partial<Thresholds<Name>>;
}

/** Whether a request has either field of this pair, even null. */
export function isGiven(name: PairName, request: GivenPairs<PairName>): boolean {
  const { number, datepart } = fieldsOf(name, request);
  return number !== undefined || datepart !== undefined;
}

/** Throws `InvalidRequestError` if only one field of a pair is set. */
export function refuseHalfPairs<Name extends PairName>(names: readonly Name[], pairs: GivenPairs<NoInfer<Name>>): void {
  const errors = pairErrors(names, pairs);
  if (errors.length > 0) throw new InvalidRequestError(errors);
}

/** One error for each missing half. */
export function pairErrors<Name extends PairName>(
  names: readonly Name[],
  pairs: GivenPairs<NoInfer<Name>>,
): FieldError[] {
  return names.flatMap((name) => {
    const { number, datepart } = fieldsOf(name, pairs);
    const hasNumber = (number ?? null) !== null;
    const hasDatepart = (datepart ?? null) !== null;
    if (hasNumber === hasDatepart) return [];
    const missing = hasNumber ? 'datepart' : 'number';
    const message = `'${name}_number' and '${name}_datepart' must be provided together`;
    return [{ field: NAMES[name][missing], message }];
  });
}

function columnsOf(names: readonly PairName[]): { readonly names: string; readonly typed: string } {
  return {
    names: names.map((name) => `${name}_number, ${name}_datepart`).join(', '),
    typed: names.map((name) => `${name}_number int, ${name}_datepart text`).join(', '),
  };
}

const NONE: Threshold = { number: null, datepart: null };

type Half<Value> = Value | null | undefined;

function fieldsOf(name: PairName, given: object): { number: Half<number>; datepart: Half<Datepart> } {
  const fields = given as Readonly<Record<string, unknown>>;
  return {
    number: fields[NAMES[name].number] as Half<number>,
    datepart: fields[NAMES[name].datepart] as Half<Datepart>,
  };
}

function changed(held: Threshold, name: PairName, given: object): Threshold {
  const { number = held.number, datepart = held.datepart } = fieldsOf(name, given);
  return { number, datepart };
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
