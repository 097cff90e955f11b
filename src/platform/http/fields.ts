import { applyDecorators, type Type } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, ValidateBy, ValidateIf } from 'class-validator';
import { parseJson } from '../values/exact-json.js';
import { hasControlCharacter, tidyText } from '../values/name.js';
import { parseInstant } from './instant.js';
import { ListOf } from './known-fields.js';
import { findUnstorable } from './storable-value.js';

/**
 * The field types of the wire. Each is a decorator that normalises a value, checks it, and describes it in the OpenAPI
 * document. Messages leave out the field's name, because the problem document has it beside the message.
 */

const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const MAX_METADATA_BYTES = 256 * 1024;

/**
 * The schemas of values in the OpenAPI document, for requests and responses. The DTO of a response has
 * `@ApiProperty(ID)`, or plain `@ApiProperty()` where the type is enough: a field without a decorator would be listed
 * after all fields with one.
 */
export const ID = { type: 'integer', format: 'int64', minimum: 1, maximum: MAX_SAFE } as const;
export const COUNT = { type: 'integer', format: 'int64', minimum: 0, maximum: MAX_SAFE } as const;
/** A sum of counts: exact up to the largest count, above it rounded to a double. */
export const SUM = { type: 'number', format: 'double', minimum: 0 } as const;
export const VERSION = { type: 'integer', format: 'int32', minimum: 1 } as const;
export const NAME = { type: 'string', minLength: 1, maxLength: 255 } as const;
export const INSTANT = { type: 'string', format: 'date-time' } as const;
export const MEASURE = { type: 'number', format: 'double', minimum: 0 } as const;
export const HASH = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
export const NAMESPACE = { type: 'string', maxLength: 255 } as const;
export const METADATA = { type: 'object', additionalProperties: true } as const;

interface WholeSchema {
  readonly type: 'integer';
  readonly format: 'int32' | 'int64';
  readonly minimum: number;
  readonly maximum: number;
}

export function must(name: string, message: string, test: (value: unknown) => boolean): PropertyDecorator {
  return ValidateBy({ name, validator: { validate: test, defaultMessage: () => `must be ${message}` } });
}

function normalise(change: (value: unknown) => unknown): PropertyDecorator {
  return Transform(({ value }) => change(value));
}

const tidy = (value: unknown): unknown => (typeof value === 'string' ? tidyText(value) : value);
/** The first `max` characters, counted as PostgreSQL does: code points. */
const cut = (value: unknown, max: number): unknown =>
  typeof value === 'string' && value.length > max ? [...value].slice(0, max).join('') : value;
export const trim = (value: unknown): unknown => (typeof value === 'string' ? value.trim() : value);
const isWhole = (value: unknown, min: number, max: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max;
/** Characters as PostgreSQL counts them: code points. */
export const hasLength = (value: unknown, min: number, max: number): boolean => {
  if (typeof value !== 'string') return false;
  const length = value.length > max ? [...value].length : value.length;
  return length >= min && length <= max;
};

/** The field may be left out; in a PATCH an explicit null is wrong. */
export const Optional = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** The field may be left out; in a PATCH an explicit null clears it. */
export const Clearable = (): PropertyDecorator => applyDecorators(IsOptional(), ApiProperty({ nullable: true }));

/** The fields of each DTO for which null in a POST differs from an absent field. */
const DECLARED = new WeakMap<object, Set<string>>();

/** The field may be left out or be null; null differs from an absent field, also in a POST. */
export const Declared = (): PropertyDecorator =>
  applyDecorators(Clearable(), (target: object, field: string | symbol) => {
    const fields = DECLARED.get(target) ?? new Set<string>();
    DECLARED.set(target, fields.add(String(field)));
  });

/** Whether null in a POST is kept for a field of a DTO (see {@link Declared}). */
export function isDeclared(dto: object, field: string): boolean {
  for (let type: object | null = dto; type; type = Object.getPrototypeOf(type) as object | null) {
    if (DECLARED.get(type)?.has(field)) return true;
  }
  return false;
}

/** Text of `min` to `max` characters, trimmed and brought to NFC. */
export const Text = (min: number, max: number): PropertyDecorator =>
  applyDecorators(
    normalise(tidy),
    must('text', `text of ${min} to ${max} characters`, (value) => hasLength(value, min, max)),
    ApiProperty({ type: 'string', minLength: min, maxLength: max }),
  );

/** A name: text of 1 to `max` characters without control characters, trimmed, in NFC. */
export const Name = (max = 255): PropertyDecorator =>
  applyDecorators(
    Text(1, max),
    must('name', 'free of control characters', (value) => typeof value !== 'string' || !hasControlCharacter(value)),
  );

/** The namespace of a name: as a name, but possibly empty. */
export const Namespace = (): PropertyDecorator =>
  applyDecorators(
    Text(0, 255),
    must('name', 'free of control characters', (value) => typeof value !== 'string' || !hasControlCharacter(value)),
  );

/** Text, trimmed and brought to NFC, and cut at `max` characters in place of a refusal. */
export const CutText = (max: number): PropertyDecorator =>
  applyDecorators(
    normalise((value) => cut(tidy(value), max)),
    must('text', 'text', (value) => typeof value === 'string'),
    ApiProperty({ type: 'string' }),
  );

/** A whole number within the limits of its schema, never coerced from text. */
export const Whole = (schema: WholeSchema): PropertyDecorator =>
  applyDecorators(
    must('whole', `a whole number from ${schema.minimum} to ${schema.maximum}`, (value) =>
      isWhole(value, schema.minimum, schema.maximum),
    ),
    ApiProperty(schema),
  );

/** A number of rows: 0 to 2^53-1. */
export const Count = (): PropertyDecorator => Whole(COUNT);

/** An id in a body; an unknown id is answered with 404. */
export const Id = (): PropertyDecorator => Whole(ID);

/** Up to `max` ids in a body, as an array. */
export const Ids = (max: number): PropertyDecorator =>
  applyDecorators(
    must(
      'ids',
      `an array of up to ${max} whole numbers from ${ID.minimum} to ${ID.maximum}`,
      (value) =>
        Array.isArray(value) && value.length <= max && value.every((item) => isWhole(item, ID.minimum, ID.maximum)),
    ),
    ApiProperty({ type: 'array', items: ID, maxItems: max }),
  );

/** Up to `max` objects in a body; `itemsOf` checks each by the DTO `type`. */
export const Items = (type: Type<object>, max: number): PropertyDecorator =>
  applyDecorators(
    must('items', `an array of up to ${max} objects`, (value) => Array.isArray(value) && value.length <= max),
    ApiProperty({ type: [type], maxItems: max }),
    ListOf(type),
  );

/** A number from 0 on, not necessarily whole. */
export const Measure = (): PropertyDecorator =>
  applyDecorators(
    must('measure', 'a number from 0 on', (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0),
    ApiProperty(MEASURE),
  );

const instantOf = (value: unknown): unknown =>
  typeof value === 'string' ? (parseInstant(value.trim()) ?? value) : value;
/** A plus in a query is decoded as a space; after a time it can only be the sign of an offset. */
const withPlus = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace(/(\d[Tt ]\d{2}:\d{2}\S*) (\d{2}(?::?\d{2})?)$/, '$1+$2') : value;
const AnInstant = (): PropertyDecorator =>
  applyDecorators(
    must('instant', 'an ISO 8601 time such as 2026-01-31T08:00:00Z, in the years 1 to 9999', (v) => v instanceof Date),
    ApiProperty(INSTANT),
  );

/** A moment in ISO 8601, in UTC where it has no offset; becomes a Date. */
export const Instant = (): PropertyDecorator => applyDecorators(normalise(instantOf), AnInstant());

/** A moment in a query, where the plus of an offset need not be encoded. */
export const QueryInstant = (): PropertyDecorator =>
  applyDecorators(
    normalise((value) => instantOf(withPlus(value))),
    AnInstant(),
  );

const DAY_MS = 86_400_000;

/**
 * The moment of an event: not before 1970, which refuses the zero dates of other languages, and at most a day ahead,
 * which allows for clocks and time zones.
 */
export const Happened = (): PropertyDecorator =>
  applyDecorators(
    must('happened', 'from 1970 on, and at most 24 hours ahead', (value) => {
      if (!(value instanceof Date)) return true;
      return value.getTime() >= 0 && value.getTime() <= Date.now() + DAY_MS;
    }),
    Instant(),
  );

/** An arbitrary JSON object of at most 256 kB as JSON. */
export const Metadata = (): PropertyDecorator =>
  applyDecorators(
    must(
      'metadata',
      'a JSON object of at most 256 kB',
      (value) =>
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        Buffer.byteLength(JSON.stringify(value)) <= MAX_METADATA_BYTES,
    ),
    ApiProperty(METADATA),
  );

/** A JSON object that metadata may hold, as text in a query; becomes the object. */
export const QueryObject = (): PropertyDecorator =>
  applyDecorators(
    normalise((value) => (typeof value === 'string' ? (parsedJson(value) ?? value) : value)),
    must(
      'object',
      'a JSON object that metadata may hold, such as {"owner":"sales"}',
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    ),
    ApiProperty({ type: 'string' }),
  );

/** The value; undefined if it is not valid, or PostgreSQL can't store it. */
function parsedJson(text: string): unknown {
  try {
    const value: unknown = parseJson(text);
    return findUnstorable(value) === undefined ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Text of a given form. */
export const Matching = (pattern: RegExp, what: string): PropertyDecorator =>
  applyDecorators(
    must('matching', what, (value) => typeof value === 'string' && pattern.test(value)),
    ApiProperty({ type: 'string', pattern: pattern.source }),
  );

/** True or false, never coerced. */
export const Flag = (): PropertyDecorator =>
  applyDecorators(
    must('flag', 'true or false', (value) => typeof value === 'boolean'),
    ApiProperty({ type: 'boolean' }),
  );

/** One of a closed set of strings; `name` is its schema in the OpenAPI document. */
export const OneOf = (values: readonly string[], name: string): PropertyDecorator =>
  applyDecorators(
    must('one_of', `one of ${values.join(', ')}`, (value) => values.includes(value as string)),
    ApiProperty({ enum: [...values], enumName: name }),
  );

/** As {@link OneOf}, for a parameter of a query that may be repeated; becomes an array. */
export const SomeOf = (values: readonly string[], name: string): PropertyDecorator =>
  applyDecorators(
    normalise((value) => [value]),
    must(
      'some_of',
      `one of ${values.join(', ')}, once or more often`,
      (value) => Array.isArray(value) && value.length <= 100 && value.every((item) => values.includes(item as string)),
    ),
    ApiProperty({ enum: [...values], enumName: name, isArray: true }),
  );

const wholeOf = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;

/** A whole number in a query string. */
export const QueryWhole = (min: number, max: number): PropertyDecorator =>
  applyDecorators(
    normalise(wholeOf),
    Whole({ type: 'integer', format: max > 2 ** 31 - 1 ? 'int64' : 'int32', minimum: min, maximum: max }),
  );

/** An id in a query string. */
export const QueryId = (): PropertyDecorator => applyDecorators(normalise(wholeOf), Id());

/** True or false in a query string. */
export const QueryFlag = (): PropertyDecorator =>
  applyDecorators(
    normalise((value) => (value === 'true' ? true : value === 'false' ? false : value)),
    Flag(),
  );
