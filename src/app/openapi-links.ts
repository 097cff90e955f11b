import type { OpenAPIObject } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;

/** A POST that returns an id, and the operations that take this id. */
interface Source {
  /** The path of the POST. */
  readonly from: string;
  /** Every GET on this path and below takes the id in its path. */
  readonly path: string;
  /** Every list with this filter takes the id in it. */
  readonly filter?: string;
  /** The operations that take the id in their body. */
  readonly bodies: readonly Body[];
}

interface Body {
  readonly link: string;
  readonly path: string;
  readonly method: 'post' | 'patch';
  /** The body field that takes the id. */
  readonly field: string;
}

const ID = '$response.body#/id';

const SOURCES: readonly Source[] = [
  {
    from: '/pipeline',
    path: '/pipeline/{id}',
    filter: 'pipeline_id',
    bodies: [
      { link: 'start', path: '/start_pipeline_execution', method: 'post', field: 'pipeline_id' },
      { link: 'patch', path: '/pipeline', method: 'patch', field: 'id' },
    ],
  },
  {
    from: '/pipeline_type',
    path: '/pipeline_type/{id}',
    bodies: [{ link: 'patch', path: '/pipeline_type', method: 'patch', field: 'id' }],
  },
  {
    from: '/start_pipeline_execution',
    path: '/pipeline_execution/{id}',
    filter: 'parent_id',
    bodies: [
      { link: 'startChild', path: '/start_pipeline_execution', method: 'post', field: 'parent_id' },
      { link: 'end', path: '/end_pipeline_execution', method: 'post', field: 'id' },
    ],
  },
];

/**
 * Adds OpenAPI links from each id that a POST returns to the operations that take it. Tools that test a service from
 * its document follow them from a registration to an execution and its tree.
 */
export function linkOperations(document: OpenAPIObject): void {
  for (const source of SOURCES) {
    const links = linksOf(source, document.paths);
    for (const status of ['200', '201']) {
      const response = document.paths[source.from]?.post?.responses[status];
      if (response && !('$ref' in response)) response.links = links;
    }
  }
}

type Links = NonNullable<Exclude<NonNullable<Operation['responses'][string]>, { $ref: string }>['links']>;

function linksOf({ path, filter, bodies }: Source, paths: OpenAPIObject['paths']): Links {
  const links: Links = {};
  for (const [other, { get }] of Object.entries(paths)) {
    if (!get?.operationId) continue;
    const inPath = [...other.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    if (other === path || other.startsWith(`${path}/`)) {
      links[get.operationId] = { operationId: get.operationId, parameters: values(inPath) };
    } else if (inPath.length === 0 && filter !== undefined && takes(get, filter)) {
      links[get.operationId] = { operationId: get.operationId, parameters: values([filter]) };
    }
  }
  for (const body of bodies) {
    const operationId = paths[body.path]?.[body.method]?.operationId;
    if (operationId === undefined) continue;
    // OpenAPI also allows a body built field by field, but openapi-generator accepts only an expression.
    const requestBody = body.field === 'id' ? { requestBody: '$response.body' } : {};
    links[body.link] = { operationId, description: `Takes the \`id\` as \`${body.field}\`.`, ...requestBody };
  }
  return links;
}

const values = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, ID]));

const takes = ({ parameters = [] }: Operation, filter: string): boolean =>
  parameters.some((parameter) => 'name' in parameter && parameter.name === filter);
