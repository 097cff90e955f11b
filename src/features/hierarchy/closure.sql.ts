import { prepared } from '../../platform/database/prepared-statements.js';

/** The closure rows among executions that are new: each with itself, and with those above it that are new as well. */
export const INSERT_AMONG_NEW = prepared(`
  INSERT INTO pipeline_execution_closure (parent_execution_id, child_execution_id, depth)
  SELECT item.parent_id, item.child_id, item.depth
    FROM unnest($1::bigint[], $2::bigint[], $3::int[]) AS item (parent_id, child_id, depth)`);

/**
 * The same, and the rows of new executions with those that existed before: `$4` is the lowest of these above the new
 * execution `$5`, and `$6` how many levels it is above. Uses pk_pipeline_execution_closure.
 */
export const INSERT_CLOSURE = prepared(`${INSERT_AMONG_NEW}
  UNION ALL
  SELECT above.parent_execution_id, item.id, above.depth + item.levels
    FROM unnest($4::bigint[], $5::bigint[], $6::int[]) AS item (known_id, id, levels)
    JOIN pipeline_execution_closure above ON above.child_execution_id = item.known_id`);
