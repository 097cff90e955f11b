import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { hasLength, must, trim } from '../../platform/http/fields.js';

export const WATERMARK = { type: 'string', maxLength: 1000 } as const;

/**
 * A watermark in a request; the title makes it a schema of its own. It uses `anyOf`, because an integer matches both
 * `integer` and `number`, and formats, because generators map a number without one to a 32-bit float.
 */
const GIVEN_WATERMARK = {
  title: 'Watermark',
  description: 'A position in the source data: text, a number or a boolean. Stored and returned as text.',
  anyOf: [WATERMARK, { type: 'integer', format: 'int64' }, { type: 'number', format: 'double' }, { type: 'boolean' }],
};

/** Keeps all digits of a number: a rounded watermark would make loads repeat or skip data. */
const watermarkText = (value: unknown): unknown => {
  if (JSON.isRawJSON(value)) return value.rawJSON;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : trim(value);
};

/** A watermark field: takes a string, number or boolean, and converts it to a string of at most 1,000 characters. */
export const Watermark = (): PropertyDecorator =>
  applyDecorators(
    // Reads the source object: class-transformer copies values, and a copied raw JSON number loses its type.
    Transform(({ obj, key }) => watermarkText((obj as Record<string, unknown>)[key])),
    must('watermark', 'a string, number or boolean of at most 1000 characters', (value) => hasLength(value, 0, 1000)),
    ApiProperty({ type: () => String, allOf: [GIVEN_WATERMARK] }),
  );
