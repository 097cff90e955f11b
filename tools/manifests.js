/**
 * The chart, rendered: `node tools/manifests.js write` makes deploy/kubernetes out of it, `check` proves
 *
 * - that Helm takes the chart, and refuses values that it must refuse;
 * - that whatever it renders is what Kubernetes' OpenAPI types say: nothing missing, misspelt or of another type;
 * - that its versions are those of package.json, and deploy/kubernetes is what `write` would make.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';
import { helm } from './helm.js';

const CHART = 'deploy/helm/watcher';
const PLAIN = 'deploy/kubernetes/watcher.yaml';
const PLAIN_VALUES = ['--set', 'secret.existing=watcher'];

/** Each branch of the templates is in one of these. */
const RENDERED = {
  plain: PLAIN_VALUES,
  default: ['--set', 'secret.databaseUrl=postgresql://user:password@host/database'],
  everything: ['--values', `${CHART}/ci/everything.yaml`],
  job: ['--set', 'secret.existing=mine,migration.mode=job,serviceAccount.create=false,networkPolicy.enabled=false'],
};

/** Values that must be refused, and what the refusal must speak of. */
const REFUSED = [
  [[], /Set secret\.databaseUrl/],
  [['--set', 'secret.databaseUrl=mysql://host'], /databaseUrl/],
  [['--set', 'secret.databaseUrl=postgres://host,secret.adminKey=short'], /adminKey/],
  [['--set', 'secret.existing=mine,replicas=3'], /replicas/],
  [['--set', 'secret.existing=mine,migration.mode=never'], /mode/],
  [['--set', 'secret.existing=mine,config.DATABASE_URL=postgres://host'], /DATABASE_URL/],
  [['--set', 'secret.existing=mine,alertRoutes[0].name=x'], /alertRoutes/],
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
    ...typeErrors(manifests),
    ...(await schemaErrors(manifests)),
    ...(readFileSync(PLAIN, 'utf8') === plainManifests() ? [] : [`${PLAIN} is old: npm run manifests:write`]),
  ];
  console.log([...errors, `${manifests.length} manifests, ${errors.length} errors`].join('\n'));
  process.exitCode = errors.length > 0 ? 1 : 0;
}

if (process.argv[2] === 'write') writeFileSync(PLAIN, plainManifests());
else await check();
