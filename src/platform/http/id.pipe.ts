import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { InvalidRequestError } from '../errors/domain-error.js';

/**
 * An id in a path. A whole number too large for any id becomes -1, which names nothing and so
 * is answered with 404 like any other unknown id; anything else is 422.
 */
@Injectable()
export class IdPipe implements PipeTransform<string, number> {
  transform(value: string, { data = 'id' }: ArgumentMetadata): number {
    if (!/^-?\d+$/.test(value)) throw new InvalidRequestError([{ field: data, message: 'must be a whole number' }]);
    const id = Number(value);
    return Number.isSafeInteger(id) ? id : -1;
  }
}
