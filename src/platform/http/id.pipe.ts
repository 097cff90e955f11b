import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { DomainError, InvalidRequestError } from '../errors/domain-error.js';
import { ID } from './fields.js';
import { visibleText } from '../values/visible-text.js';

/** How much of what was given is worth repeating. */
const LONGEST_SHOWN = 40;

/**
 * An id in a path: a whole number from 1 on. One beyond all ids is 404 like any other that names nothing; what is no
 * such number is 422. Both say what was given.
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
