import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { DomainError, InvalidRequestError } from '../errors/domain-error.js';
import { ID } from './fields.js';
import { visibleText } from '../values/visible-text.js';

/** The most characters of a wrong id that the message repeats. */
const LONGEST_SHOWN = 40;

/**
 * An id in a path: a whole number from 1 on. A number above the largest id is 404, like any unknown id; every other
 * text is 422. Both messages repeat the given text.
 */
@Injectable()
export class IdPipe implements PipeTransform<string, number> {
  transform(value: string, { data = 'id' }: ArgumentMetadata): number {
    const id = /^\d+$/.test(value) ? Number(value) : NaN;
    if (Number.isSafeInteger(id) && id >= ID.minimum) return id;
    const shown = value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value;
    if (/^[1-9]\d*$/.test(value)) throw new DomainError('not_found', 'not_found', `There is nothing with id ${shown}.`);
    const message = `must be a whole number from ${ID.minimum} to ${ID.maximum}, and is ${visibleText(shown)}`;
    throw new InvalidRequestError([{ field: data, message }]);
  }
}
