import type { QueryRunner } from 'typeorm';
import { EXECUTION_VIEWS } from './execution.js';
import { PIPELINE_VIEWS } from './pipeline.js';
import { TREE_VIEWS } from './tree.js';

/** In an order in which each finds those that it reads. */
const OFFERED = [PIPELINE_VIEWS, EXECUTION_VIEWS, TREE_VIEWS];

/**
 * Makes the views and functions what this folder says, each in place: people's grants, and their own views upon them,
 * stay. So a view only ever gets more columns, at its end, and a function that must answer with other columns gets
 * another name.
 */
export async function replaceViews(runner: QueryRunner): Promise<void> {
  for (const statement of OFFERED.flatMap(({ statements }) => statements)) await runner.query(statement);
}

const VIEWS = OFFERED.flatMap(({ views }) => views).join(', ');
const FUNCTIONS = OFFERED.flatMap(({ functions }) => functions).join(', ');

/** Removes them all; refused by PostgreSQL where something is built upon one. */
export async function dropViews(runner: QueryRunner): Promise<void> {
  await runner.query(`DROP VIEW IF EXISTS ${VIEWS}`);
  await runner.query(`DROP FUNCTION IF EXISTS ${FUNCTIONS}`);
}
