import type { Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Clearable, Declared, Flag, OneOf, Optional, Whole } from '../../platform/http/fields.js';
import { PatchBody } from '../../platform/http/request-validation.pipe.js';
import { DATEPARTS, type Datepart } from './threshold.entity.js';
import type { PairName, WirePairs } from './threshold-pairs.js';

const NUMBER = { type: 'integer', format: 'int32', minimum: 1, maximum: 100_000 } as const;
const DATEPART = { enum: DATEPARTS, enumName: 'Datepart' } as const;

/** The OpenAPI text and example of each threshold. */
const TEXTS: Readonly<
  Record<PairName, { readonly means: string; readonly number: number; readonly datepart: Datepart }>
> = {
  freshness: { means: 'How long data may stay unchanged before it is stale', number: 1, datepart: 'day' },
  timeliness: { means: 'How long an execution may take before it is late', number: 30, datepart: 'minute' },
  freshness_warn: {
    means: 'How long data may stay unchanged before a warning, at most as long as the freshness threshold',
    number: 12,
    datepart: 'hour',
  },
  timeliness_warn: {
    means: 'How long an execution may take before a warning, at most as long as the timeliness threshold',
    number: 20,
    datepart: 'minute',
  },
  start_grace: {
    means: 'How long after its `schedule` a run may start before it is missed; 15 minutes by default',
    number: 15,
    datepart: 'minute',
  },
  lost_after: {
    means: 'How long an execution that sends heartbeats may be silent before it is lost',
    number: 10,
    datepart: 'minute',
  },
  retention: {
    means: 'How long trees of executions whose root belongs to it are kept, by their last sign of life',
    number: 90,
    datepart: 'day',
  },
};

/** The form of the pairs in one kind of DTO. */
interface Form {
  /** The end of the number's description. */
  readonly rule: string;
  readonly isRequired: boolean;
  readonly number: readonly PropertyDecorator[];
  readonly datepart: readonly PropertyDecorator[];
}

const POST: Form = {
  rule: '. Give both fields or neither.',
  isRequired: false,
  number: [Declared(), Whole(NUMBER)],
  datepart: [Declared(), OneOf(DATEPARTS, 'Datepart')],
};

const PATCH: Form = {
  rule: '. After the change, both fields must be set or both null.',
  isRequired: false,
  number: [Clearable(), Whole(NUMBER)],
  datepart: [Clearable(), OneOf(DATEPARTS, 'Datepart')],
};

const ROW: Form = {
  rule: '; null if no threshold is set.',
  isRequired: true,
  number: [ApiProperty({ ...NUMBER, nullable: true })],
  datepart: [ApiProperty({ ...DATEPART, nullable: true })],
};

/** The mute flags in a PATCH. */
class ChangedMutes extends PatchBody {
  /**
   * If true, freshness is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_freshness_check?: boolean;

  /**
   * If true, timeliness is not checked.
   * @example false
   */
  @Optional()
  @Flag()
  mute_timeliness_check?: boolean;

  /**
   * If true, runs are not compared with the usual ones, and slow ones are not noticed.
   * @example false
   */
  @Optional()
  @Flag()
  mute_anomaly_check?: boolean;
}

/** The mute flags of a row. */
class MutesDto {
  /**
   * If true, freshness is not checked.
   * @example false
   */
  @ApiProperty()
  mute_freshness_check!: boolean;

  /**
   * If true, timeliness is not checked.
   * @example false
   */
  @ApiProperty()
  mute_timeliness_check!: boolean;

  /**
   * If true, runs are not compared with the usual ones, and slow ones are not noticed.
   * @example false
   */
  @ApiProperty()
  mute_anomaly_check!: boolean;
}

/** A base class with the thresholds in a POST: both fields of a pair, or neither. */
export function PostedThresholds<Name extends PairName>(names: readonly Name[]) {
  class Posted {}
  return withPairs<Posted, Partial<WirePairs<Name>>>(Posted, names, POST);
}

/** A base class with the thresholds and mute flags in a PATCH; null clears a threshold. */
export function PatchedThresholds<Name extends PairName>(names: readonly Name[]) {
  class Patched extends ChangedMutes {}
  return withPairs<Patched, Partial<WirePairs<Name>>>(Patched, names, PATCH);
}

/** A base class with the thresholds of a row, null if not set. */
export function Thresholds<Name extends PairName>(names: readonly Name[]) {
  class Row {}
  return withPairs<Row, WirePairs<Name>>(Row, names, ROW);
}

/** A base class with the thresholds and mute flags of a row. */
export function CheckedThresholds<Name extends PairName>(names: readonly Name[]) {
  class Row extends MutesDto {}
  return withPairs<Row, WirePairs<Name>>(Row, names, ROW);
}

/** Adds validation and OpenAPI text to the two fields of each pair. */
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

/** Takes the decorators in the order in which they would be written above the field. */
function decorate(dto: Type<object>, field: string, decorators: readonly PropertyDecorator[]): void {
  for (const decorator of decorators.toReversed()) decorator(dto.prototype as object, field);
}
