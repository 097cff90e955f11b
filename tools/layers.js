/**
 * The modules of `src` and the allowed imports ("arrows") between them, with reasons. `.dependency-cruiser.js` turns
 * this into rules, and `npm run layers` enforces them.
 *
 * A module is a folder. A new one fails the rules until it is listed here. An import that is not listed fails too: add
 * the arrow with its reason, or avoid the import. Arrows never form a cycle and never lead to a higher floor; loading
 * this file fails if they do. `npm run layers` also fails for an arrow that no import needs any more.
 */

/** From the top down: a module may import modules of its own floor and of those below. */
export const FLOORS = ['adapters', 'features', 'platform'];

/**
 * @typedef {Record<string, string>} Arrows what may be imported -> why
 *
 * @typedef {object} SourceModule
 * @property {string} path its folder
 * @property {string} floor one of {@link FLOORS}
 * @property {Arrows} imports
 * @property {Record<string, string>} [offers] files that others may import beside those that every module offers, with
 *   reasons; `*` for all
 * @property {string[]} [wiring] files that assemble the folders of the module, and may import all of them
 * @property {Record<string, Arrows>} [folders] its sub-folders, and the imports allowed between them; `.` is the files
 *   of the module outside of them; a folder in a folder (`a/b`) is listed separately
 */

/** @type {Record<string, SourceModule>} */
export const MODULES = {
  errors: {
    path: 'src/platform/errors',
    floor: 'platform',
    offers: { '*': 'the base class of every refusal, below all modules that refuse' },
    imports: {},
  },
  values: {
    path: 'src/platform/values',
    floor: 'platform',
    offers: { '*': 'exact numbers in JSON, names that compare by Unicode, text in which everything can be seen' },
    imports: {},
  },
  config: {
    path: 'src/platform/config',
    floor: 'platform',
    offers: { '*': 'the settings, and the error for an invalid one' },
    imports: {},
  },
  'embedded-postgres': {
    path: 'src/platform/embedded-postgres',
    floor: 'platform',
    offers: { '*': 'the database reads the address of the server, the start runs the server' },
    imports: {},
  },
  database: {
    path: 'src/platform/database',
    floor: 'platform',
    offers: { '*': 'features use transactions, batches and named errors' },
    imports: {
      config: 'the URL, the size of the pool and the time limits',
      'embedded-postgres': 'the command line finds the database that the service started',
      errors: 'a violated constraint or a lost connection becomes a refusal',
      values: 'jsonb is read without loss; a migration gives names their keys',
    },
    folders: {
      '.': {
        migrations: 'the data source lists them',
        sharding: 'an empty database of a cluster is distributed after the migrations',
      },
      migrations: { views: 'a migration replaces the views in place' },
      sharding: { migrations: 'its exclusive lock waits as theirs do' },
      views: {},
    },
  },
  jobs: {
    path: 'src/platform/jobs',
    floor: 'platform',
    imports: {
      config: 'whether this process migrates the schema of the jobs',
      database: 'a job is added in the transaction of its subject',
      errors: 'without its schema the service refuses a job',
    },
  },
  events: {
    path: 'src/platform/events',
    floor: 'platform',
    offers: { '*': 'the kinds of event that features declare' },
    imports: {
      database: 'events are delivered inside a transaction, or after it',
      jobs: 'a job delivers an event after the commit, so that it is never lost',
    },
  },
  batching: {
    path: 'src/platform/batching',
    floor: 'platform',
    offers: { '*': 'the work of a batch, its limits, and reads in groups' },
    imports: {
      database: 'a batch is a transaction, or a read',
    },
  },
  http: {
    path: 'src/platform/http',
    floor: 'platform',
    offers: { '*': 'controllers and DTOs use the types of fields, pages and answers' },
    imports: {
      database: 'the filter turns an error of the database into a problem document',
      errors: 'the filter turns kinds of refusal into statuses',
      values: 'bodies are read without loss, names are tidied, and refusals show what they repeat',
    },
  },
  auth: {
    path: 'src/platform/auth',
    floor: 'platform',
    offers: {
      'caller.ts': 'the caller of a request',
      'current-caller.ts': 'the caller as a parameter of a controller',
      'requires.ts': 'every route says what it requires',
      'session-cookie.ts': 'the cookie of a session is set at the login, and read with each request',
    },
    imports: {
      http: 'a route that requires a key documents its refusals; a cookie depends on the public URL',
      config: 'keys of the environment, the issuer, the limits',
      database: 'keys are rows',
      errors: 'its refusals',
      values: 'names of keys and of callers',
    },
  },
  observability: {
    path: 'src/platform/observability',
    floor: 'platform',
    offers: { 'request-context.ts': 'the id of the request, which refusals of its parts show' },
    imports: {
      auth: 'the routes of health and metrics declare their scopes',
      http: 'the routes document their answers',
      config: 'the format of the log, the collector of traces',
      batching: 'batches are observed',
      database: 'health reports the state of the migrations',
      errors: 'health refuses while the service is not ready',
    },
    folders: { '.': { tracing: 'a batch has a span' }, tracing: {} },
  },
  idempotency: {
    path: 'src/platform/idempotency',
    floor: 'platform',
    imports: {
      http: 'an answer is kept and repeated',
      batching: 'requests with keys and without share batches',
      database: 'a key and its effect share a transaction',
      jobs: 'old keys are swept by a job',
      errors: 'a refusal is repeated as well; a reused key is refused',
      observability: 'batches are observed',
    },
  },
  changes: {
    path: 'src/features/changes',
    floor: 'features',
    offers: { 'change-log.ts': 'what a transaction changes is noted', 'change-cursor.ts': 'the moments of answers' },
    imports: {
      auth: 'its route declares its scope',
      batching: 'pages that ask the same share a read',
      http: 'its fields and answers',
      database: 'its reads, and a statement that is prepared',
      errors: 'the refusal of a cursor',
      jobs: 'old hints are swept by a job',
    },
  },
  pipeline: {
    path: 'src/features/pipeline',
    floor: 'features',
    offers: {
      'pipeline-key.ts': 'the key of a name and a namespace',
      'configuration.ts': 'the hash of an imported configuration',
    },
    imports: {
      auth: 'its routes declare their scopes',
      http: 'its fields, pages and answers',
      batching: 'reads that arrive together share a statement',
      changes: 'it notes which pipelines changed',
      config: 'the pattern of names',
      events: 'it declares the events of pipelines',
      database: 'its transactions, and the constraints that its names violate',
      errors: 'its refusals',
      idempotency: 'its POST requests can be repeated',
      values: 'the keys of names, and the exact JSON that is hashed',
    },
  },
  execution: {
    path: 'src/features/execution',
    floor: 'features',
    wiring: ['execution.module.ts'],
    offers: {
      'execution-status.ts': 'the statuses and their meanings',
      'pipeline-lock.sql.ts': 'an import reserves ids while no start draws one',
    },
    imports: {
      events: 'it declares the events of executions',
      jobs: 'a job delivers events after a commit',
      auth: 'its routes declare their scopes',
      http: 'its fields, pages and answers',
      batching: 'reads that arrive together share a statement',
      config: 'the most starts and ends of a batch',
      database: 'its transactions',
      errors: 'its refusals',
      values: 'an end is hashed',
      idempotency: 'its POST requests can be repeated, and share batches',
      observability: 'it declares its metrics',
      changes: 'it notes which executions changed',
      pipeline: 'an execution is a run of a pipeline: it moves the watermark, and has the deadline of a threshold',
    },
    folders: {
      '.': {},
      heartbeats: { '.': 'a heartbeat is of an execution, and a lost execution ends' },
      'pipeline-history': { '.': 'the modules whose executions move a watermark only forward' },
      records: { '.': 'a record is an execution; places, deadlines and expected executions' },
      'pipeline-series': { '.': 'the status of a point' },
    },
  },
  hierarchy: {
    path: 'src/features/hierarchy',
    floor: 'features',
    wiring: ['hierarchy.module.ts'],
    imports: {
      auth: 'its routes declare their scopes',
      http: 'its fields and pages',
      database: 'its transactions',
      changes: 'it notes moves and deletions, and shows what changed in a tree',
      execution: 'the nodes of its trees; it listens to each insert',
      pipeline: 'the names of the pipelines in a tree',
    },
    folders: {
      '.': {},
      questions: { '.': 'the size of the trees that are read, and the depth of a node' },
      deletion: {},
      timeline: { '.': 'the depth of a node' },
    },
  },
  overview: {
    path: 'src/features/overview',
    floor: 'features',
    imports: {
      auth: 'its route declares its scope',
      batching: 'pages that ask the same share a read',
      http: 'its fields and answers',
      database: 'its reads',
    },
  },
  reports: {
    path: 'src/features/reports',
    floor: 'features',
    imports: {
      auth: 'its route declares its scope',
      http: 'its fields and pages',
      database: 'its reads',
      errors: 'the refusal of a date',
      values: 'pipelines are found by their names',
      pipeline: 'a report is about pipelines',
    },
  },
  retention: {
    path: 'src/features/retention',
    floor: 'features',
    imports: {
      auth: 'its routes declare their scopes',
      config: 'how long executions are kept',
      database: 'its transactions',
      errors: 'its refusals',
      http: 'its fields and answers',
      idempotency: 'a run by POST can be repeated',
      jobs: 'a run is a job',
      observability: 'it declares its metrics',
      execution: 'it deletes executions',
      pipeline: 'the sums of a day belong to a pipeline; it deletes idle ones',
    },
  },
  search: {
    path: 'src/features/search',
    floor: 'features',
    imports: {
      auth: 'its route declares its scope',
      http: 'its fields and answers',
      database: 'its reads',
      execution: 'executions are found by their ids',
      lineage: 'datasets are found by their names',
      pipeline: 'pipelines are found by their names',
    },
  },
  lineage: {
    path: 'src/features/lineage',
    floor: 'features',
    offers: { 'dataset-key.ts': 'a dataset as a request names it' },
    imports: {
      auth: 'its routes declare their scopes',
      http: 'its fields, pages and answers',
      database: 'its transactions',
      errors: 'its refusals',
      values: 'the keys of names, and the exact JSON that is hashed',
      idempotency: 'its POST requests can be repeated',
      changes: 'pages are told of changed edges',
      jobs: 'old edges are deleted by a job',
      execution: 'executions read and write datasets; it listens to deletions',
      monitoring: 'it says what incidents affect',
      pipeline: 'pipelines own edges; impact shows how they are doing',
    },
  },
  batch: {
    path: 'src/features/batch',
    floor: 'features',
    imports: {
      auth: 'its route declares its scope',
      http: 'its operations are checked like bodies, and refused like requests',
      database: 'its transaction',
      errors: 'the refusals of operations',
      execution: 'starts, ends and heartbeats are operations',
      idempotency: 'a batch can be repeated',
      observability: 'a refusal of an operation has the id of the request',
      pipeline: 'registrations are operations',
    },
  },
  monitoring: {
    path: 'src/features/monitoring',
    floor: 'features',
    wiring: ['monitoring.module.ts', 'monitoring-metrics.ts', 'monitoring-sweep.service.ts'],
    imports: {
      auth: 'its routes declare their scopes',
      http: 'its fields, pages and answers',
      config: 'the schedule of the checks, the channels of alerts',
      events: 'it declares the events of incidents',
      jobs: 'checks and deliveries are jobs',
      database: 'its transactions',
      errors: 'its refusals',
      values: 'a message shows everything, and a route finds a pipeline by its name',
      execution: 'failures are heard of as executions end; the deadlines of executions are settled before a check',
      hierarchy: 'a failed tree has root causes',
      idempotency: 'a check by POST can be repeated',
      observability: 'it declares its metrics',
      pipeline: 'an incident is about a pipeline, and keeps the threshold that was violated',
    },
    folders: {
      '.': {},
      incidents: {},
      alerts: {
        incidents: 'alerts are about incidents, and listen to their changes',
        'alerts/message': 'the outbox writes messages',
        'alerts/route': 'routes select the targets of an alert',
      },
      'alerts/route': {
        incidents: 'routes match kind and severity',
      },
      'alerts/message': {
        incidents: 'a message shows incidents as the API does',
        'alerts/route': 'the channel decides the form of a message',
      },
      'alerts/delivery': {
        incidents:
          'no event opens an incident at PagerDuty that is already resolved; a message says what incidents affect',
        alerts: 'it delivers the waiting alerts of the outbox',
        'alerts/message': 'it builds messages for e-mail and PagerDuty one by one',
        'alerts/route': 'a target is looked up when its alert is sent',
      },
      checks: {
        incidents: 'a check publishes events for the incidents that it opened and resolved',
      },
    },
  },
  anomalies: {
    path: 'src/features/anomalies',
    floor: 'features',
    offers: { 'metric.ts': 'the metrics of the older rules' },
    imports: {
      auth: 'its routes declare their scopes',
      http: 'its fields, pages and answers',
      config: 'the schedule of the check, and how old an end may be for a message',
      jobs: 'the check for slow executions is a job',
      database: 'its transactions',
      errors: 'its refusals',
      execution: 'runs are judged after their ends, and flagged',
      idempotency: 'a dismissal can be repeated',
      monitoring: 'its findings are incidents',
      pipeline: 'runs are compared within their pipeline',
    },
  },
  console: {
    path: 'src/adapters/console',
    floor: 'adapters',
    imports: {
      auth: 'people log in with keys; its routes declare their scopes',
      http: 'its fields and answers, and the prefix of its page',
      jobs: 'sessions that have expired are swept by a job',
      errors: 'its refusals',
    },
  },
  openlineage: {
    path: 'src/adapters/openlineage',
    floor: 'adapters',
    wiring: ['openlineage.module.ts'],
    imports: {
      auth: 'its routes declare their scopes',
      config: 'the size of its batches, and its options',
      database: 'its transactions',
      errors: 'its refusals',
      execution: 'runs are executions',
      hierarchy: 'a tree may not get too deep',
      http: 'its answers',
      idempotency: 'its POST requests can be repeated, and share batches',
      lineage: 'runs read and write datasets',
      observability: 'it declares its metrics',
      pipeline: 'jobs are pipelines',
      values: 'claims are compared as exact JSON',
    },
    folders: {
      '.': {
        event: 'an event is parsed before it waits for its batch',
        receive: 'a batch is written; the rows of deleted runs go',
      },
      receive: {
        event: 'events are written',
        state: 'runs are derived from what was heard of them',
      },
      state: { event: 'events are folded, and their times compared' },
      event: {},
    },
  },
  'python-watcher': {
    path: 'src/adapters/python-watcher',
    floor: 'adapters',
    imports: {
      anomalies: 'the older rules are kept there, and the flags of an execution are anomalies',
      auth: 'its routes declare their scopes',
      errors: 'its refusals',
      http: 'its fields, pages and answers',
      idempotency: 'its POST requests can be repeated',
      lineage: 'addresses are datasets',
      reports: 'the daily report',
      retention: 'the clean-up',
      database: 'the importer reads and writes databases',
      values: 'the importer gives names their keys',
      pipeline: 'the refusals of names and pipelines; the importer creates pipelines',
      execution: 'the flags of an execution; the importer creates executions',
    },
    folders: { '.': {}, import: {} },
  },
  run: {
    path: 'src/adapters/run',
    floor: 'adapters',
    // A client like any other: it knows the service by its HTTP API.
    imports: {},
  },
};

refuseCycles('modules', Object.fromEntries(Object.entries(MODULES).map(([name, { imports }]) => [name, imports])));
for (const [name, { folders = {}, imports, floor }] of Object.entries(MODULES)) {
  refuseCycles(`folders of ${name}`, folders);
  for (const other of Object.keys(imports)) {
    if (!MODULES[other]) throw new Error(`${name} may import ${other}, which is not a module`);
    if (FLOORS.indexOf(MODULES[other].floor) < FLOORS.indexOf(floor)) throw new Error(`${name} -> ${other} leads up`);
  }
}

/** @param {string} what @param {Record<string, Arrows>} graph */
function refuseCycles(what, graph) {
  const done = new Set();
  const visit = (node, path) => {
    if (path.includes(node)) throw new Error(`the ${what} form a cycle: ${[...path, node].join(' -> ')}`);
    if (done.has(node)) return;
    for (const next of Object.keys(graph[node] ?? {})) visit(next, [...path, node]);
    done.add(node);
  };
  for (const node of Object.keys(graph)) visit(node, []);
}
