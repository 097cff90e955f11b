import type { QueryRunner } from 'typeorm';
import { DAY_VIEWS } from './days.js';
import { ANOMALY_VIEWS } from './anomaly.js';
import { DELETION_VIEWS } from './deletion.js';
import { EXECUTION_VIEWS } from './execution.js';
import { FAILURE_VIEWS } from './failures.js';
import { LINEAGE_VIEWS } from './lineage.js';
import { OVERVIEW_VIEWS } from './overview.js';
import { PIPELINE_VIEWS } from './pipeline.js';
import { RETENTION_VIEWS } from './retention.js';
import { RUNNING_VIEWS } from './running.js';
import { STATE_VIEWS } from './states.js';
import { TREE_VIEWS } from './tree.js';

/** Ordered so that each follows those that it reads. */
const OFFERED = [
  PIPELINE_VIEWS,
  EXECUTION_VIEWS,
  RUNNING_VIEWS,
  STATE_VIEWS,
  TREE_VIEWS,
  OVERVIEW_VIEWS,
  DAY_VIEWS,
  RETENTION_VIEWS,
  DELETION_VIEWS,
  LINEAGE_VIEWS,
  ANOMALY_VIEWS,
  FAILURE_VIEWS,
];

/**
 * Replaces the views and functions by those of this folder, each in place: grants, and views that depend on them, are
 * kept. So a view may only gain columns at its end, and a function that must return other columns needs another name.
 */
export async function replaceViews(runner: QueryRunner): Promise<void> {
  for (const statement of OFFERED.flatMap(({ statements }) => statements)) await runner.query(statement);
}

const VIEWS = OFFERED.flatMap(({ views }) => views).join(', ');
const FUNCTIONS = OFFERED.flatMap(({ functions }) => functions).join(', ');

/** Drops them all; PostgreSQL refuses this if another object depends on one. */
export async function dropViews(runner: QueryRunner): Promise<void> {
  await runner.query(`DROP VIEW IF EXISTS ${VIEWS}`);
  await runner.query(`DROP FUNCTION IF EXISTS ${FUNCTIONS}`);
}
