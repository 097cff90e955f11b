import type { Type } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import type { FastifyInstance } from 'fastify';
import { type FieldError, InvalidRequestError } from '../errors/domain-error.js';
import { prefers } from './prefer.js';

/** The names that a request may use: in its query, and in its body if it has one. */
interface KnownFields {
  readonly query?: ReadonlySet<string>;
  readonly body?: ReadonlySet<string>;
  /** The same for the objects of the lists in a body, by the names of the lists. */
  readonly lists?: ReadonlyMap<string, ReadonlySet<string>>;
  /** The same for each item of a body that is an array. */
  readonly items?: ReadonlySet<string>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    knownFields?: KnownFields;
  }
}

/** How many unknown names an answer repeats, and how many characters of each. */
const MOST_NAMED = 20;
const LONGEST_NAMED = 64;

/** Nest's `ROUTE_ARGS_METADATA`, and the beginning of its keys; the framework does not export them. */
const ROUTE_ARGUMENTS = '__routeArguments__';
const [BODY, QUERY] = ['3:', '4:'];

/** The metadata of a field that is a list of objects: their DTO. */
const LIST_OF = Symbol('list of');

const names = new Map<Type, readonly string[]>();

/** Marks a field of a DTO as a list of objects. */
export const ListOf =
  (type: Type<object>): PropertyDecorator =>
  (prototype, field) =>
    Reflect.defineMetadata(LIST_OF, type, prototype, field);

/** The fields of a request's DTO: those with a rule. */
export function fieldsOf(metatype: Type): readonly string[] {
  let fields = names.get(metatype);
  if (!fields) {
    const rules = getMetadataStorage().getTargetValidationMetadatas(metatype, '', false, false);
    fields = [...new Set(rules.map(({ propertyName }) => propertyName))];
    names.set(metatype, fields);
  }
  return fields;
}

/**
 * The fields of a controller's method, by the DTOs of its parameters. A route without a query DTO has no parameters.
 */
export function knownFields(controller: object, method: string | symbol, items?: Type): KnownFields {
  const types = (Reflect.getMetadata('design:paramtypes', controller, method) ?? []) as Type[];
  const given = (Reflect.getMetadata(ROUTE_ARGUMENTS, controller.constructor, method) ?? {}) as Record<
    string,
    { readonly index: number }
  >;
  const typeOf = (kind: string): Type | undefined => {
    const argument = Object.entries(given).find(([key]) => key.startsWith(kind));
    return argument && types[argument[1].index];
  };
  const [body, query] = [typeOf(BODY), typeOf(QUERY)];
  return {
    query: new Set(query ? fieldsOf(query) : []),
    ...(body && body !== Object && { body: new Set(fieldsOf(body)), lists: listsOf(body) }),
    ...(items && { items: new Set(fieldsOf(items)) }),
  };
}

function listsOf(body: Type): Map<string, ReadonlySet<string>> {
  const lists = new Map<string, ReadonlySet<string>>();
  for (const field of fieldsOf(body)) {
    const type = Reflect.getMetadata(LIST_OF, body.prototype as object, field) as Type | undefined;
    if (type) lists.set(field, new Set(fieldsOf(type)));
  }
  return lists;
}

/**
 * Refuses unknown query parameters: a typo in a filter must not return everything. Unknown fields of a body are named
 * in the header `Ignored-Fields`, and refused where the client prefers `handling=strict`.
 */
export function registerKnownFields(fastify: FastifyInstance): void {
  fastify.addHook('preValidation', (request, reply, done) => {
    const { query, body, lists = [], items } = request.routeOptions.config.knownFields ?? {};
    if (query && request.url.includes('?')) {
      const unknown = Object.keys(request.query as object).filter((name) => !query.has(name));
      if (unknown.length > 0) return done(refusal(unknown, 'is no parameter of this request'));
    }
    const unknown = items ? unknownIn(request.body, items) : body ? unknownIn([request.body], body) : [];
    for (const [list, known] of lists) {
      const given = isObject(request.body) ? (request.body as Record<string, unknown>)[list] : undefined;
      unknown.push(...unknownIn(given, known).map((name) => `${list}.${name}`));
    }
    if (unknown.length === 0) return done();
    const isStrict = prefers(request.headers['prefer'], 'handling', 'strict');
    if (isStrict) return done(refusal(unknown, 'is no field of this request'));
    reply.header('ignored-fields', unknown.slice(0, MOST_NAMED).map(headerText).join(', '));
    return done();
  });
}

/** The names that the objects of a body have and should not, each once. */
function unknownIn(body: unknown, known: ReadonlySet<string>): string[] {
  const objects = Array.isArray(body) ? body.filter(isObject) : [];
  return [...new Set(objects.flatMap((object) => Object.keys(object).filter((name) => !known.has(name))))];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refusal(unknown: readonly string[], message: string): InvalidRequestError {
  const errors: FieldError[] = unknown
    .slice(0, MOST_NAMED)
    .map((name) => ({ field: name.slice(0, LONGEST_NAMED).toWellFormed(), message }));
  return new InvalidRequestError(errors);
}

/** A name for use in a header: percent-encoded unless it is a plain word. */
function headerText(name: string): string {
  return encodeURIComponent(name.slice(0, LONGEST_NAMED).toWellFormed());
}
