import type { Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Clearable, Declared, Flag, OneOf, Optional, Whole } from '../../platform/http/fields.js';
import { PatchBody } from '../../platform/http/request-validation.pipe.js';
import { DATEPARTS, type Datepart } from './threshold.entity.js';
import type { PairName, WirePairs } from './threshold-pairs.js';

const NUMBER = { type: 'integer', format: 'int32', minimum: 1, maximum: 100_000 } as const;
const DATEPART = { enum: DATEPARTS, enumName: 'Datepart' } as const;

/** The meaning of each threshold, and an example. */
const TEXTS: Readonly<
  Record<PairName, { readonly means: string; readonly number: number; readonly datepart: Datepart }>
> = {
  freshness: { means: 'How long data may stay unchanged before it is stale', number: 1, datepart: 'day' },
  timeliness: { means: 'How long an execution may take before it is late', number: 30, datepart: 'minute' },
};

/** How a kind of DTO has its pairs. */
interface Form {
  /** Ends the description of the number. */
  readonly rule: string;
  readonly isRequired: boolean;
  readonly number: readonly PropertyDecorator[];
  readonly datepart: readonly PropertyDecorator[];
}

const POST: Form = {
  rule: '. Both or neither.',
  isRequired: false,
  number: [Declared(), Whole(NUMBER)],
  datepart: [Declared(), OneOf(DATEPARTS, 'Datepart')],
};

const PATCH: Form = {
  rule: '. The row may not end up with half a pair.',
  isRequired: false,
  number: [Clearable(), Whole(NUMBER)],
  datepart: [Clearable(), OneOf(DATEPARTS, 'Datepart')],
};

const ROW: Form = {
  rule: '; null where no threshold is set.',
  isRequired: true,
  number: [ApiProperty({ ...NUMBER, nullable: true })],
  datepart: [ApiProperty({ ...DATEPART, nullable: true })],
};

/** Whether the checks are muted, as a PATCH changes it. */
class ChangedMutes extends PatchBody {
  /**
   * True: freshness is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_freshness_check?: boolean;

  /**
   * True: timeliness is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_timeliness_check?: boolean;
}

/** Whether the checks are muted, as a row has it. */
class MutesDto {
  /**
   * True: freshness is not checked.
   * @example false
   */
  @ApiProperty()
  mute_freshness_check!: boolean;

  /**
   * True: timeliness is not checked.
   * @example false
   */
  @ApiProperty()
  mute_timeliness_check!: boolean;
}

/** A base class with thresholds as a POST gives them: each is a pair, both of it or neither. */
export function PostedThresholds<Name extends PairName>(names: readonly Name[]) {
  class Posted {}
  return withPairs<Posted, Partial<WirePairs<Name>>>(Posted, names, POST);
}

/** A base class with thresholds as a PATCH changes them, and whether they are checked; null clears. */
export function PatchedThresholds<Name extends PairName>(names: readonly Name[]) {
  class Patched extends ChangedMutes {}
  return withPairs<Patched, Partial<WirePairs<Name>>>(Patched, names, PATCH);
}

/** A base class with thresholds as a row has them: null where it has none. */
export function Thresholds<Name extends PairName>(names: readonly Name[]) {
  class Row {}
  return withPairs<Row, WirePairs<Name>>(Row, names, ROW);
}

/** A base class with thresholds as a row has them, and whether they are checked. */
export function CheckedThresholds<Name extends PairName>(names: readonly Name[]) {
  class Row extends MutesDto {}
  return withPairs<Row, WirePairs<Name>>(Row, names, ROW);
}

/** Decorates the two fields of each pair: the values that the wire accepts, and their OpenAPI text. */
function withPairs<Base extends object, Fields>(
  dto: Type<Base>,
  names: readonly PairName[],
  { rule, isRequired: required, number, datepart }: Form,
): Type<Base & Fields> {
  for (const name of names) {
    const text = TEXTS[name];
    const unit = `The unit of \`${name}_number\`.`;
    const length = `${text.means}, in \`${name}_datepart\`s${rule}`;
    decorate(dto, `${name}_number`, [ApiProperty({ description: length, example: text.number, required }), ...number]);
    decorate(dto, `${name}_datepart`, [
      ApiProperty({ description: unit, example: text.datepart, required }),
      ...datepart,
    ]);
  }
  return dto as Type<Base & Fields>;
}

/** The decorators in the order in which they would be written above the field. */
function decorate(dto: Type<object>, field: string, decorators: readonly PropertyDecorator[]): void {
  for (const decorator of decorators.toReversed()) decorator(dto.prototype as object, field);
}
