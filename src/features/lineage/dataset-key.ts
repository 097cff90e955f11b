import { hash } from 'node:crypto';
import { canonicalJson } from '../../platform/values/exact-json.js';
import { nameKey } from '../../platform/values/name.js';

/** The parts that a dataset's name may have, and what else its code may declare, under their wire names. */
const DECLARED_FIELDS = ['database_name', 'schema_name', 'table_name', 'primary_key', 'address_metadata'] as const;

/** What a dataset's code declares of it. */
export interface DatasetDeclaration {
  readonly database_name?: string | null | undefined;
  readonly schema_name?: string | null | undefined;
  readonly table_name?: string | null | undefined;
  readonly primary_key?: string | null | undefined;
  readonly address_metadata?: Record<string, unknown> | null | undefined;
}

/** A system and the group of systems that it belongs to. */
export interface TypeName {
  readonly name: string;
  readonly group: string;
}

/** A dataset as a request names it. */
export interface AskedDataset {
  readonly namespace: string;
  readonly name: string;
  readonly type: TypeName;
  readonly declaration: DatasetDeclaration;
}

/**
 * The key of a dataset (hex): SHA-256 of namespace and name. Without a namespace names compare without case, as in the
 * older service; within one exactly, because paths of object stores differ by case.
 */
export function datasetKey(namespace: string, name: string): string {
  return hash('sha256', `${namespace}\0${namespace === '' ? nameKey(name) : name}`);
}

/** Whether anything is declared; what declares nothing changes nothing. */
export function declaresAnything(declaration: DatasetDeclaration): boolean {
  return DECLARED_FIELDS.some((field) => declaration[field] !== undefined);
}

/** SHA-256 (hex) of a declaration; null and left out are the same. */
export function declarationHash({ type, declaration }: AskedDataset): string {
  const fields = DECLARED_FIELDS.flatMap((field) => (declaration[field] == null ? [] : [[field, declaration[field]]]));
  return hash('sha256', canonicalJson({ type: nameKey(type.name), ...Object.fromEntries(fields) }));
}

const SPLIT_GROUPS: ReadonlySet<string> = new Set(['database', 'warehouse']);
const LONGEST_PART = 255;

/** Database, schema and table of a name such as `analytics.public.users`; undefined for others. */
export function partsOf(name: string, group: string): readonly [string, string, string] | undefined {
  if (!SPLIT_GROUPS.has(nameKey(group))) return undefined;
  const parts = name.split('.');
  const isSplit = parts.length === 3 && parts.every((part) => part !== '' && [...part].length <= LONGEST_PART);
  return isSplit ? (parts as [string, string, string]) : undefined;
}

const GROUPS: readonly (readonly [group: string, systems: string])[] = [
  [
    'database',
    `athena awsathena azurecosmos azuresynapse bigquery cassandra clickhouse cockroachdb databricks db2 duckdb hive jdbc
     mongodb mssql mysql oracle postgres postgresql redshift snowflake spanner sqlite sqlserver teradata trino
     unitycatalog`,
  ],
  ['file', 'abfs abfss adl dbfs file gcs gs hdfs s3 s3a s3n wasb wasbs'],
  ['stream', 'eventhub kafka kinesis nats pubsub pulsar'],
];
const GROUP_OF: ReadonlyMap<string, string> = new Map(
  GROUPS.flatMap(([group, systems]) => systems.split(/\s+/).map((system): [string, string] => [system, group])),
);

/** The type of a dataset that is only named: the scheme of its namespace or name. */
export function typeOfName(namespace: string, name: string): TypeName {
  const scheme = schemeOf(namespace) ?? (namespace === '' ? schemeOf(name) : namespace);
  const system = scheme !== undefined && /^[a-z][a-z0-9+._-]{0,49}$/i.test(scheme) ? scheme.toLowerCase() : undefined;
  if (system === undefined) return { name: 'dataset', group: 'other' };
  return { name: system, group: GROUP_OF.get(system) ?? 'other' };
}

function schemeOf(text: string): string | undefined {
  return /^([a-z][a-z0-9+._-]*):\/\//i.exec(text)?.[1];
}

/** The pattern of the keys of names that contain a text. */
export function patternOf(text: string): string {
  return `%${nameKey(text).replace(/[\\%_]/g, '\\$&')}%`;
}
