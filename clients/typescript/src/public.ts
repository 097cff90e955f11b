/** The types of the package, the same in Node and in browsers. */
export type * as api from '../generated/types.gen.js';
export type { Amount, Dataset, ParentByExternalId, RunOptions, Threshold, WatermarkValue } from './options.js';
export type { Run } from './run.js';
export type { WatcherOptions } from './settings.js';
export type { ApiRequest } from './transport.js';
