import type { Type } from '@nestjs/common';
import { type FieldError, InvalidRequestError } from '../errors/domain-error.js';
import { RequestValidationPipe } from './request-validation.pipe.js';

const pipe = new RequestValidationPipe();

/** The most wrong fields that a refusal names. */
const MOST_NAMED = 20;

/** The objects of a body's list, each checked like a body of its own. Throws {@link InvalidRequestError}. */
export function itemsOf<T extends object>(field: string, values: readonly unknown[], metatype: Type<T>): T[] {
  const errors: FieldError[] = [];
  const items: T[] = [];
  for (const [index, value] of values.entries()) {
    if (errors.length >= MOST_NAMED) break;
    try {
      items.push(itemOf(value, metatype));
    } catch (error) {
      if (!(error instanceof InvalidRequestError)) throw error;
      const at = `${field}[${index}]`;
      for (const wrong of error.fields ?? []) {
        errors.push({ field: wrong.field === 'body' ? at : `${at}.${wrong.field}`, message: wrong.message });
      }
    }
  }
  if (errors.length > 0) throw new InvalidRequestError(errors.slice(0, MOST_NAMED));
  return items;
}

function itemOf<T extends object>(value: unknown, metatype: Type<T>): T {
  // What is missing is wrong here, not malformed.
  return pipe.transform(value ?? [], { type: 'body', metatype }) as T;
}
