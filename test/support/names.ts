/** The database that every test file clones. */
export const TEMPLATE = 'watcher_template';
