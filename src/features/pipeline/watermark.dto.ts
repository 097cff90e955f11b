import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { hasLength, must, normalise, trim } from '../../platform/http/fields.js';

export const WATERMARK = { type: 'string', maxLength: 1000 } as const;

/** A watermark: string, number or boolean in, a string of at most 1,000 characters from there on. */
export const Watermark = (): PropertyDecorator =>
  applyDecorators(
    normalise((value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : trim(value))),
    must('watermark', 'a string, number or boolean of at most 1000 characters', (value) => hasLength(value, 0, 1000)),
    ApiProperty({
      type: () => String,
      oneOf: [WATERMARK, { type: 'number' }, { type: 'boolean' }],
    }),
  );
