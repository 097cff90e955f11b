import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { DomainError, type FieldError, InvalidRequestError } from '../errors/domain-error.js';
import { isDeclared } from './fields.js';
import { fieldsOf } from './known-fields.js';
import { findUnstorable } from './storable-value.js';
import { rememberValidationRules } from './validation-rules.js';

rememberValidationRules();

/** The base of the bodies of PATCH: an explicit null clears a field instead of meaning "not given". */
export abstract class PatchBody {}

/** The base of bodies that may be left out: no body means an empty object. */
export abstract class OptionalBody {}

/** The base of bodies of PATCH that may be left out. */
export abstract class OptionalPatchBody extends PatchBody {}

type Fields = Record<string, unknown>;

/**
 * Turns a body or a query into its DTO. Unknown fields are left out, null in a POST means "not given", and text that
 * PostgreSQL cannot store is refused; the decorators of the fields check the rest (see `fields.ts`). Throws
 * {@link InvalidRequestError}.
 *
 * Nest's ValidationPipe is not used: it passes whole bodies to class-transformer, which recurses as deep as the body
 * nests, and loses keys such as `constructor` from metadata.
 */
@Injectable()
export class RequestValidationPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if ((type !== 'body' && type !== 'query') || !metatype || metatype === Object) return value;
    const isOptional = metatype.prototype instanceof OptionalBody || metatype.prototype instanceof OptionalPatchBody;
    const isAbsent = (value ?? '') === '' && isOptional;
    const given = this.known(isAbsent ? {} : this.object(value, type), metatype);
    const scalars: Fields = {};
    const objects: Fields = {};
    const exact: string[] = [];
    for (const field of Object.keys(given)) {
      const isExact = JSON.isRawJSON(given[field]);
      if (isExact) exact.push(field);
      (isObject(given[field]) && !isExact ? objects : scalars)[field] = given[field];
    }
    const dto: Fields = Object.assign(plainToInstance(metatype as Type<object>, scalars), objects);
    for (const field of exact) {
      // Watermarks have become text by now; no other field takes a number beyond a double.
      if (typeof dto[field] !== 'string') dto[field] = NaN;
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

  /** The fields of the DTO that the client gave, without those that are null in a POST. */
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
