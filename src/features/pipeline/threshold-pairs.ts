import { type FieldError, InvalidRequestError } from '../../platform/errors/domain-error.js';
import type { Datepart, Threshold } from './threshold.entity.js';

/**
 * The thresholds of a pipeline, and those of them that its type gives a default for, by the first part of their names on
 * the wire. A new one begins with its name here: the compiler then asks for its text in `thresholds.dto.ts`, its
 * embedded column in the entity and its line in the mapper. The checks for half a pair, the configuration and the SQL
 * follow these lists.
 */
export const PIPELINE_PAIRS = ['freshness', 'timeliness'] as const;
export const TYPE_PAIRS = ['freshness', 'timeliness'] as const satisfies readonly PairName[];

export type PairName = (typeof PIPELINE_PAIRS)[number];

type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

/** Thresholds as an entity holds them: `freshness` is a {@link Threshold}. */
export type Thresholds<Name extends PairName> = { [N in Name as Camel<N>]: Threshold };

/** Thresholds as the wire and a configuration hold them: two fields each, null where none is set. */
export type WirePairs<Name extends PairName> = { [N in Name as `${N}_number`]: number | null } & {
  [N in Name as `${N}_datepart`]: Datepart | null;
};

/** Thresholds as a request gives them: a field may be absent; in a PATCH, null clears it. */
export type GivenPairs<Name extends PairName> = {
  readonly [F in keyof WirePairs<Name>]?: WirePairs<Name>[F] | undefined;
};

/** The columns of thresholds for an INSERT, and the same with the types that `jsonb_to_record` reads. */
export const PIPELINE_PAIR_COLUMNS = columnsOf(PIPELINE_PAIRS);
export const TYPE_PAIR_COLUMNS = columnsOf(TYPE_PAIRS);

/** One threshold under its names on the wire. */
export function wirePair<Name extends PairName>(name: Name, { number, datepart }: Threshold): WirePairs<Name> {
  return { [`${name}_number`]: number, [`${name}_datepart`]: datepart } as WirePairs<Name>;
}

/** The thresholds of an entity under their names on the wire. */
export function wirePairs<Name extends PairName>(
  names: readonly Name[],
  thresholds: Thresholds<NoInfer<Name>>,
): WirePairs<Name> {
  const held: Readonly<Record<string, Threshold>> = thresholds;
  return Object.assign({}, ...names.map((name) => wirePair(name, held[camel(name)] ?? NONE))) as WirePairs<Name>;
}

/** The fields of pairs alone, null where absent. */
export function pairsOf<Name extends PairName>(
  names: readonly Name[],
  given: GivenPairs<NoInfer<Name>>,
): WirePairs<Name> {
  return wirePairs(names, thresholdsOf(names, given));
}

/** The thresholds that fields of the wire name; none where the fields are absent. */
export function thresholdsOf<Name extends PairName>(
  names: readonly Name[],
  given: GivenPairs<NoInfer<Name>>,
): Thresholds<Name> {
  return Object.fromEntries(names.map((name) => [camel(name), changed(NONE, name, given)])) as Thresholds<Name>;
}

/** The thresholds that a PATCH changes, each as it ends up: half a pair of the request joins the other half of the row. */
export function changedThresholds<Name extends PairName>(
  names: readonly Name[],
  row: Thresholds<NoInfer<Name>>,
  request: GivenPairs<NoInfer<Name>>,
): Partial<Thresholds<Name>> {
  const held: Readonly<Record<string, Threshold>> = row;
  const touched = names.filter((name) => isGiven(name, request));
  const changes = touched.map((name) => [camel(name), changed(held[camel(name)] ?? NONE, name, request)]);
  return Object.fromEntries(changes) as Partial<Thresholds<Name>>;
}

/** Whether a request has a field of this pair. */
export function isGiven(name: PairName, request: GivenPairs<PairName>): boolean {
  const { number, datepart } = fieldsOf(name, request);
  return number !== undefined || datepart !== undefined;
}

/** Throws `InvalidRequestError` for half a pair: a check needs both fields, and a pair that is not set has neither. */
export function refuseHalfPairs<Name extends PairName>(names: readonly Name[], pairs: GivenPairs<NoInfer<Name>>): void {
  const errors = pairErrors(names, pairs);
  if (errors.length > 0) throw new InvalidRequestError(errors);
}

/** The missing halves. */
export function pairErrors<Name extends PairName>(
  names: readonly Name[],
  pairs: GivenPairs<NoInfer<Name>>,
): FieldError[] {
  return names.flatMap((name) => {
    const { number, datepart } = fieldsOf(name, pairs);
    const [hasNumber, hasDatepart] = [number ?? null, datepart ?? null].map((field) => field !== null);
    if (hasNumber === hasDatepart) return [];
    const missing = hasNumber ? 'datepart' : 'number';
    const message = `'${name}_number' and '${name}_datepart' must be provided together`;
    return [{ field: `${name}_${missing}`, message }];
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
    number: fields[`${name}_number`] as Half<number>,
    datepart: fields[`${name}_datepart`] as Half<Datepart>,
  };
}

function changed(held: Threshold, name: PairName, given: object): Threshold {
  const { number = held.number, datepart = held.datepart } = fieldsOf(name, given);
  return { number, datepart };
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
