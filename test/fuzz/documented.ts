import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Json } from '../support/watcher.js';
import type { Operation } from './requests.js';

/** An answer as received. */
export interface FuzzAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

/** Compares answers with the OpenAPI document. */
export class Documented {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true });
  private readonly validators = new Map<Json, ValidateFunction>();
  private readonly schemas: Json;

  constructor(document: Json) {
    (addFormats as unknown as (ajv: Ajv2020) => void)(this.ajv);
    this.ajv.addFormat('int64', { type: 'number', validate: Number.isSafeInteger });
    this.schemas = closed(document.components.schemas);
  }

  /** The deviation of an answer from the document; undefined where there is none. */
  problemOf({ name, spec }: Operation, { status, contentType, text }: FuzzAnswer): string | undefined {
    const response = spec.responses[status];
    if (!response) return `${name}: the status ${status} is not documented`;
    const media = contentType?.split(';', 1)[0];
    const documented = Object.keys(response.content ?? {});
    if (documented.length === 0) return text === '' ? undefined : `${name}: ${status} is documented to have no body`;
    if (!media || !documented.includes(media))
      return `${name}: ${status} comes as ${media}, documented ${documented.join()}`;
    const { schema } = response.content[media];
    const validate = this.validatorOf(schema);
    if (validate(media.endsWith('json') ? JSON.parse(text) : text)) return undefined;
    return `${name}: the body of ${status} is not as documented: ${this.ajv.errorsText(validate.errors)}`;
  }

  private validatorOf(schema: Json): ValidateFunction {
    const known = this.validators.get(schema);
    if (known) return known;
    // The references of the document lead to `#/components/schemas/...`, so each schema needs these at its root.
    const validate = this.ajv.compile({ ...closed(schema), components: { schemas: this.schemas } });
    this.validators.set(schema, validate);
    return validate;
  }
}

/** The schemas without additional properties: an undocumented field is a finding too. */
function closed(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => key !== 'example')
      .map(([key, value]) => [key, closed(value)]),
  ) as Json;
  const isObject = [copy.type].flat().includes('object') && copy.properties && typeof copy.properties === 'object';
  if (isObject && copy.additionalProperties === undefined) copy.additionalProperties = false;
  return copy;
}
