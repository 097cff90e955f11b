/**
 * The chart, rendered: `node tools/manifests.js write` makes deploy/kubernetes out of it, `check` proves
 *
 * - that Helm takes the chart, and refuses values that it must refuse;
 * - that it renders the same each time, and that a changed secret changes the pods;
 * - that the service takes the variables that the pods are given;
 * - that whatever it renders is what Kubernetes' OpenAPI types say: nothing missing, misspelt or of another type;
 * - that its versions are those of package.json, and deploy/kubernetes is what `write` would make.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { helm } from './helm.js';

const CHART = 'deploy/helm/watcher';
const PLAIN = 'deploy/kubernetes/watcher.yaml';
const IMAGE = ['--set', 'image.repository=registry.example.com/watcher'];
const PLAIN_VALUES = [...IMAGE, '--set', 'secret.existing=watcher'];
const SECRET =
  'secret.databaseUrl=postgresql://user:password@host/database,secret.adminKey=an-admin-key-of-many-characters';
/** Two variables out of Secrets that others keep, as CloudNativePG and an operator of keys do. */
const FROM = [
  'secret.from.DATABASE_URL.name=orders-app,secret.from.DATABASE_URL.key=uri',
  'secret.from.WATCHER_ADMIN_KEY.name=keys,secret.from.WATCHER_ADMIN_KEY.key=admin',
];

/** Each branch of the templates is in one of these. */
const RENDERED = {
  plain: PLAIN_VALUES,
  default: [...IMAGE, '--set', SECRET],
  everything: ['--values', `${CHART}/ci/everything.yaml`],
  job: [
    ...IMAGE,
    '--set',
    'secret.existing=mine,migration.mode=job,serviceAccount.create=false,networkPolicy.enabled=false',
  ],
  from: [...IMAGE, '--set', `${FROM.join(',')},migration.mode=job,ca.secret=orders-ca`],
  fromAndOwn: [...IMAGE, '--set', `${FROM[0]},secret.adminKey=an-admin-key-of-many-characters`],
  fromAndExisting: [...IMAGE, '--set', `${FROM[0]},secret.existing=mine,migration.mode=job`],
};

/** The Secrets that a set of values must make, and those that its pods must read: whole ones, and keys of some. */
const SECRETS = {
  plain: ['Deployment: watcher'],
  default: ['Deployment: watcher', 'Secret watcher'],
  job: ['Deployment: mine', 'Job: DATABASE_URL=mine/DATABASE_URL'],
  from: ['Deployment: DATABASE_URL=orders-app/uri WATCHER_ADMIN_KEY=keys/admin', 'Job: DATABASE_URL=orders-app/uri'],
  fromAndOwn: ['Deployment: watcher DATABASE_URL=orders-app/uri', 'Secret watcher'],
  fromAndExisting: ['Deployment: mine DATABASE_URL=orders-app/uri', 'Job: DATABASE_URL=orders-app/uri'],
};

/** Values that must be refused, and what the refusal must speak of. */
const REFUSED = [
  [['--set', 'secret.existing=mine'], /Set image\.repository/],
  [IMAGE, /Set secret\.databaseUrl/],
  [[...IMAGE, '--set', 'secret.databaseUrl=postgres://host'], /Set secret\.adminKey/],
  [[...IMAGE, '--set', FROM[0]], /Set secret\.adminKey/],
  [[...IMAGE, '--set', 'secret.databaseUrl=mysql://host'], /databaseUrl/],
  [[...IMAGE, '--set', 'secret.databaseUrl=postgres://host,secret.adminKey=short'], /adminKey/],
  [[...IMAGE, '--set', 'secret.existing=mine,secret.from.DATABASE_URL.name=other'], /key/],
  [[...IMAGE, '--set', 'secret.existing=mine,replicas=3'], /replicas/],
  [[...IMAGE, '--set', 'secret.existing=mine,migration.mode=never'], /mode/],
  [[...IMAGE, '--set', 'secret.existing=mine,config.PORT=80'], /PORT/],
  [[...IMAGE, '--set', 'secret.existing=mine,config.DATABASE_URL=postgres://host'], /DATABASE_URL/],
  [[...IMAGE, '--set', 'secret.existing=mine,alertRoutes[0].name=x'], /alertRoutes/],
];

const template = (values) => helm('template', 'watcher', CHART, ...values);

/** What people without Helm apply: the same objects, without the marks of Helm. */
function plainManifests() {
  const documents = parseAllDocuments(template(PLAIN_VALUES));
  for (const document of documents) {
    document.commentBefore = null;
    if (document.contents) document.contents.commentBefore = null;
    for (const path of [
      ['metadata', 'labels'],
      ['spec', 'template', 'metadata', 'labels'],
    ]) {
      const labels = document.getIn(path);
      labels?.delete('helm.sh/chart');
      labels?.delete('app.kubernetes.io/managed-by');
    }
  }
  const head = '# Made by `npm run manifests:write` out of deploy/helm/watcher: change the chart, not this file.\n';
  return head + documents.map((document) => document.toString({ directives: false, lineWidth: 120 })).join('---\n');
}

/** What the compiler says of the manifests as literals of the types that were generated from Kubernetes' OpenAPI. */
function typeErrors(manifests) {
  const lines = manifests.map(({ name, manifest }, index) => {
    const module = `kubernetes-models/${manifest.apiVersion}/${manifest.kind}`;
    return `// ${name}\nexport const m${index}: import('${module}').I${manifest.kind} = ${JSON.stringify(manifest)};`;
  });
  const file = 'manifests.virtual.ts';
  const options = { strict: true, noEmit: true, skipLibCheck: true, types: [], ...MODULES };
  const host = ts.createCompilerHost(options);
  const fileExists = host.fileExists.bind(host);
  const getSourceFile = host.getSourceFile.bind(host);
  host.fileExists = (path) => path === file || fileExists(path);
  host.getSourceFile = (path, ...rest) =>
    path === file ? ts.createSourceFile(file, lines.join('\n'), ts.ScriptTarget.ESNext) : getSourceFile(path, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const line = diagnostic.file ? diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start).line : 0;
    return `${lines.join('\n').split('\n')[line - 1]}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`;
  });
}
const MODULES = { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };

/** What the validators of the same package say: formats and ranges, which types can't express. */
async function schemaErrors(manifests) {
  const errors = [];
  for (const { name, manifest } of manifests) {
    const { [manifest.kind]: Model } = await import(`kubernetes-models/${manifest.apiVersion}`);
    try {
      new Model(manifest).validate();
    } catch (error) {
      errors.push(`${name}: ${error.message}`);
    }
  }
  return errors;
}

function refusalErrors() {
  return REFUSED.flatMap(([values, reason]) => {
    try {
      template(values);
      return [`${values.join(' ')}: taken, but must be refused`];
    } catch (error) {
      return reason.test(String(error.stderr))
        ? []
        : [`${values.join(' ')}: refused for another reason: ${error.stderr}`];
    }
  });
}

/** Rendered without a cluster, as Argo CD does: an unchanged release stays as it is, a changed secret changes the pods. */
function stabilityErrors() {
  const errors = Object.entries(RENDERED)
    .filter(([, values]) => template(values) !== template(values))
    .map(([set]) => `${set}: each rendering is another`);
  const pods = (change) => {
    const manifests = parseAllDocuments(template([...RENDERED.default, ...change])).map((document) => document.toJS());
    return JSON.stringify(manifests.find(({ kind }) => kind === 'Deployment').spec.template);
  };
  const changes = [
    ['--set', 'secret.adminKey=another-key-of-many-characters'],
    ['--set', 'secret.databaseUrl=postgresql://user:another@host/database'],
    ['--set', 'secret.values.SLACK_WEBHOOK_URL=https://hooks.example.com/b'],
  ];
  const unnoticed = changes.filter((change) => pods(change) === pods([]));
  return [...errors, ...unnoticed.map(([, change]) => `${change}: the pods don't notice`)];
}

function secretErrors(manifests) {
  return Object.entries(SECRETS).flatMap(([set, expected]) => {
    const own = manifests.filter(({ name }) => name.startsWith(`${set}: `)).map(({ manifest }) => manifest);
    const found = own.flatMap(secretsOf).toSorted();
    return isDeepStrictEqual(found, expected) ? [] : [`${set}: ${found.join(', ')}, not ${expected.join(', ')}`];
  });
}

function secretsOf({ kind, metadata, spec }) {
  if (kind === 'Secret') return [`Secret ${metadata.name}`];
  const [container] = spec?.template?.spec.containers ?? [];
  if (!container) return [];
  const whole = (container.envFrom ?? []).map(({ secretRef }) => secretRef.name);
  const keys = container.env
    .filter(({ valueFrom }) => valueFrom)
    .map(({ name, valueFrom: { secretKeyRef } }) => `${name}=${secretKeyRef.name}/${secretKeyRef.key}`);
  return [`${kind}: ${[...whole, ...keys].join(' ')}`];
}

/** What the service says of the variables that its pods are given as they are. */
async function variableErrors(manifests) {
  const { readConfig } = await import('../dist/src/platform/config/config.js');
  return manifests
    .filter(({ manifest }) => manifest.kind === 'Deployment')
    .flatMap(({ name, manifest }) => {
      const given = manifest.spec.template.spec.containers[0].env.filter(({ value }) => value !== undefined);
      try {
        readConfig(Object.fromEntries(given.map(({ name: variable, value }) => [variable, value])));
        return [];
      } catch (error) {
        return [`${name}: ${error.message}`];
      }
    });
}

function versionErrors() {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const chart = parseAllDocuments(readFileSync(`${CHART}/Chart.yaml`, 'utf8'))[0].toJS();
  return ['version', 'appVersion']
    .filter((key) => chart[key] !== version)
    .map((key) => `${CHART}/Chart.yaml: ${key} is ${chart[key]}, package.json says ${version}`);
}

async function check() {
  const manifests = Object.entries(RENDERED).flatMap(([set, values]) =>
    parseAllDocuments(template(values))
      .map((document) => document.toJS())
      .filter(Boolean)
      .map((manifest) => ({ name: `${set}: ${manifest.kind} ${manifest.metadata?.name}`, manifest })),
  );
  helm('lint', CHART, '--strict', ...PLAIN_VALUES);
  const errors = [
    ...versionErrors(),
    ...refusalErrors(),
    ...stabilityErrors(),
    ...secretErrors(manifests),
    ...(await variableErrors(manifests)),
    ...typeErrors(manifests),
    ...(await schemaErrors(manifests)),
    ...(readFileSync(PLAIN, 'utf8') === plainManifests() ? [] : [`${PLAIN} is old: npm run manifests:write`]),
  ];
  console.log([...errors, `${manifests.length} manifests, ${errors.length} errors`].join('\n'));
  process.exitCode = errors.length > 0 ? 1 : 0;
}

if (process.argv[2] === 'write') writeFileSync(PLAIN, plainManifests());
else await check();
