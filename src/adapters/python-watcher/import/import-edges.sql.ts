const ITEM = `
    jsonb_to_recordset($1::jsonb) AS item (
      id bigint, source_key text, target_key text, pipeline_id bigint, first_seen date)
    LEFT JOIN address s ON s.key = decode(item.source_key, 'hex')
    LEFT JOIN address t ON t.key = decode(item.target_key, 'hex')
    LEFT JOIN address_edge e ON (e.source_address_id, e.target_address_id, e.pipeline_id) = (s.id, t.id, item.pipeline_id)`;

/** Those of the edges that are not here, also not as removed ones. Uses uq_address_key and pk_address_edge. */
export const FIND_MISSING_EDGES = `SELECT item.id FROM ${ITEM} WHERE e.pipeline_id IS NULL`;

/** Adds them, in the order in which declarations write edges, so that an import and a declaration can't wait for each other. */
export const INSERT_EDGES = `
  INSERT INTO address_edge (source_address_id, target_address_id, pipeline_id, declared, first_seen)
  SELECT s.id, t.id, item.pipeline_id, true, min(item.first_seen)
    FROM ${ITEM}
   WHERE e.pipeline_id IS NULL AND s.id IS NOT NULL AND t.id IS NOT NULL
   GROUP BY s.id, t.id, item.pipeline_id
   ORDER BY s.id, t.id, item.pipeline_id
      ON CONFLICT (source_address_id, target_address_id, pipeline_id) DO NOTHING`;
