/** See `watcher_backlog`. */
export const FIND_BACKLOG = `SELECT b.work, b.waiting FROM watcher_backlog() b`;
