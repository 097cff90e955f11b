/** The largest count, which a 32-bit float, or a 53-bit one that was rounded, can't hold. */
const MOST = 9_007_199_254_740_991;

/**
 * What a program says that a user wrote with a generated client, whatever its language. It registers a pipeline with the
 * watermark 5.5, runs it as a tree of two, of which the child fails, and once more; compares the two runs, lists what
 * failed and clears the watermark.
 */
export const ROUND_TRIP = {
  registered: { active: true, watermark: null },
  child: { parent_is_root: true, status: 'failed', error_message: 'no connection' },
  root: { status: 'succeeded', inserts: MOST, total_rows: MOST, files: 12 },
  /** The numeric `next_watermark` of the root, as text. */
  watermark: String(MOST),
  /** The PATCH sends null for the watermark, and nothing for what it leaves as it is. */
  cleared: { watermark: null, next_watermark: '5.5', freshness_number: 1, freshness_datepart: 'day' },
  tree: { nodes: 2, children: [{ depth: 1, status: 'failed' }] },
  comparison: [
    { change: 'failed_there', execution_is_root: true, has_other: true },
    { change: 'added', execution_is_root: false, has_other: false },
  ],
  /** How many a list filtered by the status `failed` has. */
  failed: 2,
  /** The code of the problem that follows a wrong request. */
  refused: 'validation_failed',
};
