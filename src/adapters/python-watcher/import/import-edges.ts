import { copyRows, type Remark } from './copy-rows.js';
import { datasetKeyOf } from './import-datasets.js';
import { FIND_MISSING_EDGES, INSERT_EDGES } from './import-edges.sql.js';
import type { PipelineIds } from './import-pipelines.js';
import type { ImportContext } from './import-step.js';
import type { SourceCounts, SourceEdge } from './source.js';

/**
 * Imports what pipelines declare to read and write; returns whether all is here. An edge that is here stays as it is,
 * also one that has been removed: the pipeline has declared something else since.
 */
export function importEdges(context: ImportContext, pipelines: PipelineIds, counts: SourceCounts): Promise<boolean> {
  return copyRows(
    context,
    {
      what: 'edges',
      read: (after, limit) => context.source.edges(after, limit),
      remarkOf: (row) => remarkOf(row, pipelines),
      toItem: (row: SourceEdge) => ({
        id: row.id,
        source_key: datasetKeyOf({ id: row.source_address_id, name: row.source_name ?? '' }),
        target_key: datasetKeyOf({ id: row.target_address_id, name: row.target_name ?? '' }),
        pipeline_id: pipelines.get(row.pipeline_id),
        first_seen: row.first_seen,
      }),
      findMissing: async (manager, items) => {
        const rows = await manager.query<{ id: number }[]>(FIND_MISSING_EDGES, [JSON.stringify(items)]);
        const missing = new Set(rows.map(({ id }) => id));
        return items.filter(({ id }) => missing.has(id));
      },
      insert: async (manager, items) => {
        await manager.query(INSERT_EDGES, [JSON.stringify(items)]);
      },
    },
    counts.edges,
  );
}

function remarkOf({ pipeline_id, source_name, target_name }: SourceEdge, pipelines: PipelineIds): Remark | undefined {
  if (!pipelines.has(pipeline_id)) return { text: 'refused, because their pipeline does not exist', isRefused: true };
  if (source_name === null || target_name === null)
    return { text: 'refused, because an address does not exist', isRefused: true };
  return undefined;
}
