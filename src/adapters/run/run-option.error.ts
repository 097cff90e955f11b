/** An option or setting of `watcher run` that can't be followed. */
export class RunOptionError extends Error {}
