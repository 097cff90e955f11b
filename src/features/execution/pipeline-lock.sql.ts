/**
 * The pipelines lock, one for all: 'pipe' in ASCII. A transaction of starts holds it in shared mode from before its
 * first read of a pipeline; one that deletes a pipeline holds it exclusively. So a pipeline that a start has read is
 * there when its execution is committed, without a lock on its row for each start. A transaction that takes the tree
 * lock too takes it afterwards.
 */
export const PIPELINES = 0x70_69_70_65;

/** For deletions. Waits. */
export const LOCK_PIPELINES = `SELECT pg_advisory_xact_lock(${PIPELINES})`;
