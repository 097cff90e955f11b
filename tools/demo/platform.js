/**
 * The data platform of `npm run demo`: what there is, how long it usually takes, and how it fails. `history.js` lets it
 * run.
 *
 * @typedef {object} Step a pipeline, and its place in a workflow
 * @property {string} name
 * @property {string} type
 * @property {number} [minutes] its usual duration; of a step with stages, the time between and after them
 * @property {number} [rows] the rows that it usually handles
 * @property {Step[][]} [stages] its parts: those of a stage run side by side, a stage follows the one before
 * @property {number} [times] how many runs of it are side by side
 * @property {number} [fails] the share of runs that fail
 * @property {number} [retries] how often a failed run is tried again
 * @property {number} [slower] by which share it gets slower each day
 * @property {number} [fewer] by which share its rows get fewer each day
 * @property {object} [settings] further fields of its registration
 *
 * @typedef {Step & {team: string, every: number, at?: number, jitter?: number}} Workflow `every` and `at` in minutes:
 *   it starts each `every` minutes, `at` minutes after midnight (UTC) or before now if negative
 */

const HOUR = 60;
const DAY = 24 * HOUR;

/** @param {string} name @param {number} minutes @param {number} [rows] @param {object} [more] @returns {Step} */
const extract = (name, minutes, rows, more) => ({
  name: `Extract ${name}`,
  type: 'extraction',
  minutes,
  rows,
  retries: 2,
  ...more,
});
/** @param {string} name @param {number} minutes @param {number} [rows] @param {object} [more] @returns {Step} */
const load = (name, minutes, rows, more) => ({ name: `Load ${name}`, type: 'load', minutes, rows, ...more });
/** @param {string} name @param {number} minutes @param {number} [rows] @param {object} [more] @returns {Step} */
const model = (name, minutes, rows, more) => ({
  name: `model ${name}`,
  type: 'transformation',
  minutes,
  rows,
  ...more,
});

/** @type {Workflow[]} */
export const WORKFLOWS = [
  {
    name: 'Nightly warehouse load',
    type: 'workflow',
    team: 'Data platform',
    every: DAY,
    at: 90,
    minutes: 1,
    settings: { timeliness_number: 4, timeliness_datepart: 'hour', freshness_number: 30, freshness_datepart: 'hour' },
    stages: [
      [
        extract('customers', 6, 120_000, { fails: 0.04 }),
        extract('orders', 14, 480_000, { fails: 0.03 }),
        extract('order lines', 22, 2_100_000),
        extract('products', 3, 18_000),
        extract('payments', 9, 455_000, { fails: 0.05 }),
        extract('returns', 4, 21_000),
      ],
      [
        load('customer dimension', 8, 119_000),
        load('product dimension', 5, 18_000),
        load('order facts', 26, 2_060_000, { fails: 0.02, retries: 1, slower: 0.03 }),
        load('payment facts', 12, 450_000),
      ],
      [model('revenue by day', 7, 3_600), model('customer value', 11, 118_000), model('basket analysis', 18, 96_000)],
    ],
  },
  {
    name: 'Hourly event ingestion',
    type: 'workflow',
    team: 'Product analytics',
    every: HOUR,
    at: -7,
    minutes: 0.3,
    settings: { timeliness_number: 45, timeliness_datepart: 'minute', freshness_number: 3, freshness_datepart: 'hour' },
    stages: [
      [
        extract('web events', 4, 260_000, { fails: 0.01 }),
        extract('app events', 3, 180_000, { fewer: 0.035 }),
        extract('mail events', 1.5, 9_000),
      ],
      [load('sessions', 5, 61_000, { fails: 0.008, retries: 1 })],
      [model('funnel', 2, 4_200)],
    ],
  },
  {
    name: 'dbt build',
    type: 'workflow',
    team: 'Analytics engineering',
    every: 4 * HOUR,
    at: -45,
    minutes: 0.5,
    settings: { namespace: 'dbt', timeliness_number: 1, timeliness_datepart: 'hour' },
    stages: [
      [model('stg_customers', 1, 119_000), model('stg_orders', 2, 460_000), model('stg_payments', 1.5, 450_000)],
      [model('int_orders_enriched', 4, 460_000), model('int_customer_orders', 3, 118_000)],
      [
        model('mart_churn', 6, 118_000, { fails: 0.05 }),
        model('mart_finance', 5, 3_600),
        model('mart_marketing', 4, 52_000),
      ],
      [{ name: 'test not_null and unique', type: 'test', minutes: 2, rows: 0, fails: 0.02 }],
    ],
  },
  {
    name: 'Partner file import',
    type: 'workflow',
    team: 'Partner integrations',
    every: 6 * HOUR,
    at: -110,
    minutes: 0.5,
    stages: [
      [{ name: 'List partner files', type: 'file', minutes: 0.5, rows: 36 }],
      [{ name: 'Import partner file', type: 'file', minutes: 2.2, rows: 8_500, times: 36, fails: 0.004, retries: 1 }],
      [load('partner stock', 3, 300_000)],
    ],
  },
  {
    name: 'Finance close',
    type: 'workflow',
    team: 'Finance data',
    every: DAY,
    at: -190,
    minutes: 1,
    settings: { timeliness_number: 2, timeliness_datepart: 'hour' },
    stages: [
      [extract('ledger', 16, 88_000), extract('invoices', 12, 41_000)],
      [{ name: 'Reconcile accounts', type: 'transformation', minutes: 35, rows: 86_000 }],
      [{ name: 'Publish closing report', type: 'report', minutes: 6, rows: 420 }],
    ],
  },
  {
    name: 'Feature refresh',
    type: 'workflow',
    team: 'Machine learning',
    every: 12 * HOUR,
    at: 300,
    minutes: 1,
    stages: [
      [
        { name: 'Build user features', type: 'feature', minutes: 24, rows: 118_000 },
        { name: 'Build item features', type: 'feature', minutes: 17, rows: 18_000 },
      ],
      [{ name: 'Train recommendation model', type: 'training', minutes: 48, rows: 118_000, fails: 0.08 }],
      [{ name: 'Score recommendations', type: 'feature', minutes: 15, rows: 118_000 }],
    ],
  },
];

/** Pipelines that run alone. The exchange rates stopped three days ago, and nobody has noticed yet. @type {(Workflow & {silentFor?: number})[]} */
export const ALONE = [
  {
    name: 'Exchange rates',
    type: 'extraction',
    team: 'Finance data',
    every: DAY,
    at: 15,
    minutes: 0.4,
    rows: 168,
    silentFor: 3 * DAY,
    settings: {
      freshness_number: 2,
      freshness_datepart: 'day',
      freshness_warn_number: 30,
      freshness_warn_datepart: 'hour',
    },
  },
  {
    name: 'Weather forecast',
    type: 'extraction',
    team: 'Data platform',
    every: 3 * HOUR,
    at: -30,
    minutes: 0.7,
    rows: 2_400,
    fails: 0.03,
    retries: 1,
  },
  { name: 'Warehouse backup', type: 'maintenance', team: 'Data platform', every: DAY, at: 30, minutes: 38 },
];

/** It usually takes minutes, but its run of the present does not end. @type {Workflow} */
export const SLOW = {
  name: 'Search index refresh',
  type: 'maintenance',
  team: 'Data platform',
  every: HOUR,
  at: -55,
  minutes: 4,
  rows: 18_000,
};

/**
 * Steps that take longer, or handle fewer rows, by the workflow and the number of the run from the last one back.
 *
 * @type {Record<string, Record<number, Record<string, {time?: number, rows?: number}>>>}
 */
export const UNUSUAL = {
  'Hourly event ingestion': { 1: { 'Load sessions': { time: 6 } } },
  'Weather forecast': { 0: { 'Weather forecast': { rows: 0.12 } } },
};

/** One large run: a year of events loaded again, day by day, each day in parts. @type {Workflow} */
export const BACKFILL = {
  name: 'Backfill of events',
  type: 'workflow',
  team: 'Product analytics',
  every: 0,
  minutes: 1,
  stages: Array.from({ length: 6 }, () => [
    {
      name: 'Backfill one day',
      type: 'backfill',
      minutes: 0.2,
      times: 8,
      stages: [[{ name: 'Load part of a day', type: 'backfill', minutes: 3, rows: 40_000, times: 30, fails: 0.001 }]],
    },
  ]),
};

/** What failures say, by the type of the pipeline. @type {Record<string, string[]>} */
export const ERRORS = {
  extraction: [
    'ConnectionError: HTTPSConnectionPool(host=\'crm.example.com\', port=443): Read timed out. (read timeout=60)\n  File "/app/extract.py", line 88, in fetch\n    page = session.get(url, params=params, timeout=60)',
    'psycopg.OperationalError: connection to server at "orders-replica" (10.0.4.12), port 5432 failed: FATAL: terminating connection due to administrator command',
  ],
  transformation: [
    'Database Error in model mart_churn (models/marts/mart_churn.sql)\n  column "last_order_at" does not exist\n  LINE 14:   datediff(day, c.last_order_at, current_date) as days_since\n  compiled code at target/run/analytics/models/marts/mart_churn.sql',
    'Query exceeded the memory limit: 24.0 GB of 24.0 GB used in HashAggregate\n  query id 01b2-7f3c, warehouse TRANSFORM_M',
  ],
  test: [
    'Failure in test unique_mart_finance_day (models/marts/schema.yml)\n  Got 3 results, configured to fail if != 0',
  ],
  file: [
    "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 20412: invalid continuation byte\n  file s3://partners/acme/stock_2026.csv, line 8231",
  ],
  load: [
    'duplicate key value violates unique constraint "fact_orders_pkey"\n  DETAIL: Key (order_id, line)=(88123, 4) already exists.',
  ],
  training: ['RuntimeError: CUDA out of memory. Tried to allocate 2.40 GiB (GPU 0; 15.78 GiB total capacity)'],
  other: ['The process ended with exit code 137 (killed, probably out of memory)'],
};
