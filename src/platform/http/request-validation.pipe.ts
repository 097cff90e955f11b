import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { DomainError, type FieldError, InvalidRequestError } from '../errors/domain-error.js';
import { isDeclared } from './fields.js';
import { fieldsOf } from './known-fields.js';
import { findUnstorable } from './storable-value.js';

/** Bodies of a PATCH extend this: there, an explicit null clears a field instead of meaning "not given". */
export abstract class PatchBody {}

/** Bodies that may be left out extend this: none is the same as an empty object. */
export abstract class OptionalBody {}

/** Bodies of a PATCH that may be left out extend this. */
export abstract class OptionalPatchBody extends PatchBody {}

type Fields = Record<string, unknown>;

/**
 * Turns a body or a query into its DTO by the wire's rules: unknown fields are left out, null in a
 * POST means "not given", text that no database can hold is refused, and the rest is what the
 * DTO's own field decorators say (see `fields.ts`). Throws {@link InvalidRequestError}.
 *
 * Nest's own ValidationPipe is not used: it hands whole bodies to class-transformer, which
 * recurses as deep as the client likes and loses keys such as `constructor` from metadata.
 */
@Injectable()
export class RequestValidationPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if ((type !== 'body' && type !== 'query') || !metatype || metatype === Object) return value;
    const isOptional = metatype.prototype instanceof OptionalBody || metatype.prototype instanceof OptionalPatchBody;
    const isAbsent = (value ?? '') === '' && isOptional;
    const given = this.known(isAbsent ? {} : this.object(value, type), metatype);
    const entries = Object.entries(given);
    const scalars = Object.fromEntries(entries.filter(([, field]) => !isObject(field) || JSON.isRawJSON(field)));
    const objects = Object.fromEntries(entries.filter(([, field]) => isObject(field) && !JSON.isRawJSON(field)));
    const dto: Fields = Object.assign(plainToInstance(metatype as Type<object>, scalars), objects);
    for (const field of Object.keys(scalars)) {
      // What is no watermark, which has become text, holds no number beyond a double's.
      if (JSON.isRawJSON(scalars[field]) && typeof dto[field] !== 'string') dto[field] = NaN;
    }
    this.refuse(this.errorsOf(dto));
    return dto;
  }

  private object(value: unknown, type: 'body' | 'query'): Fields {
    if (type === 'body' && (value === undefined || value === null || value === '')) {
      throw new DomainError('malformed', 'body_missing', 'The request needs a body: a JSON object.');
    }
    if (!isObject(value) || Array.isArray(value)) {
      throw new InvalidRequestError([{ field: type, message: 'must be a JSON object' }]);
    }
    return value as Fields;
  }

  /** The fields that the DTO knows, those given as null in a POST left out. */
  private known(value: Fields, metatype: Type): Fields {
    const keepsNull = metatype.prototype instanceof PatchBody;
    const given: Fields = {};
    const errors: FieldError[] = [];
    for (const field of fieldsOf(metatype)) {
      if (!Object.hasOwn(value, field)) continue;
      const content = value[field];
      const isNullKept = keepsNull || isDeclared(metatype.prototype as object, field);
      if (content === undefined || (content === null && !isNullKept)) continue;
      const problem = findUnstorable(content);
      if (problem) errors.push({ field, message: problem });
      given[field] = content;
    }
    this.refuse(errors);
    return given;
  }

  private errorsOf(dto: object): FieldError[] {
    return validateSync(dto, { stopAtFirstError: true, forbidUnknownValues: false }).map((error) => ({
      field: error.property,
      message: Object.values(error.constraints ?? {})[0] ?? 'is wrong',
    }));
  }

  private refuse(errors: readonly FieldError[]): void {
    if (errors.length > 0) throw new InvalidRequestError(errors);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
