import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { hasLength, must, trim } from '../../platform/http/fields.js';

export const WATERMARK = { type: 'string', maxLength: 1000 } as const;

/**
 * A watermark as a request may give it; the title makes it one schema of the document. `anyOf`, because a whole number is
 * an `integer` and a `number`; with formats, because generators take a number without one for a 32-bit float.
 */
const GIVEN_WATERMARK = {
  title: 'Watermark',
  description: 'A position in the data of the source: text, a number or a boolean. Kept, and answered, as text.',
  anyOf: [WATERMARK, { type: 'integer', format: 'int64' }, { type: 'number', format: 'double' }, { type: 'boolean' }],
};

/** A number keeps all its digits: a watermark that changes is data loaded twice or never. */
const watermarkText = (value: unknown): unknown => {
  if (JSON.isRawJSON(value)) return value.rawJSON;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : trim(value);
};

/** A watermark: string, number or boolean in, a string of at most 1,000 characters from there on. */
export const Watermark = (): PropertyDecorator =>
  applyDecorators(
    // From the source: class-transformer copies an object, and an exact number would be none afterwards.
    Transform(({ obj, key }) => watermarkText((obj as Record<string, unknown>)[key])),
    must('watermark', 'a string, number or boolean of at most 1000 characters', (value) => hasLength(value, 0, 1000)),
    ApiProperty({ type: () => String, allOf: [GIVEN_WATERMARK] }),
  );
