/**
 * Which folder of src may import which. `npm run layers` holds it, and CI runs that.
 *
 * A new folder of src fails the first rule until it is named here: put a feature into `features` above everything it
 * imports, with a word on why it stands there.
 */

/** From the top down: each may import those after it, and the foundations. */
const features = [
  'monitoring', // judges what the three below have recorded
  'hierarchy', // asks about trees of executions
  'execution', // what ran, for which pipeline
  'pipeline', // what may run
  'idempotency', // what a repeated request is answered: knows no pipeline
  'access', // who may ask for anything at all: knows no pipeline
  'observability', // what operators ask of the service itself: knows no pipeline
];

/** Known to every feature, knowing none. */
const foundations = ['common', 'database', 'config', 'errors'];

const folder = (names) => `^src/(${names.join('|')})/`;

/** One rule for each feature: it does not import those above it. */
const downwards = features.slice(1).map((feature, index) => ({
  name: `${feature}-knows-nobody-above`,
  severity: 'error',
  comment:
    `Imports run one way: ${features.join(' -> ')} -> ${foundations.join(', ')}. A module that knows who uses it can ` +
    'neither be read nor changed alone.',
  from: { path: folder([feature]) },
  to: { path: folder(features.slice(0, index + 1)) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'folder-has-a-layer',
      severity: 'error',
      comment: 'A folder that is not in the lists above may import anything, unnoticed. Name it there.',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: folder([...features, ...foundations]) },
    },
    {
      name: 'folder-has-a-layer-too',
      severity: 'error',
      comment: 'The same for a folder that imports without being imported.',
      from: { path: '^src/[^/]+/', pathNot: folder([...features, ...foundations]) },
      to: {},
    },
    ...downwards,
    {
      name: 'foundations-know-no-feature',
      severity: 'error',
      comment: 'What every feature stands on must not move when one of them does.',
      from: { path: folder(foundations) },
      to: { path: folder(features) },
    },
    {
      name: 'config-knows-nobody',
      severity: 'error',
      comment: 'The environment is read before anything else exists.',
      from: { path: '^src/config/' },
      to: { path: '^src/', pathNot: '^src/config/' },
    },
    {
      name: 'no-reaching-into-a-module',
      severity: 'error',
      comment:
        'A module is known by its service, module, entity, DTOs, mappers and errors. Its repository and its SQL are how ' +
        'it works: who calls them passes by its rules and binds its tables.',
      from: { path: folder(features) },
      to: {
        path: folder(features),
        pathNot: ['^src/$1/', '\\.(service|module|entity|dto|mapper|errors)\\.ts$'],
      },
    },
    {
      name: 'nobody-imports-the-root',
      severity: 'error',
      comment: 'main, the application module and its set-up put the parts together; a part that needs them is a cycle.',
      from: { path: '^src/[^/]+/' },
      to: { path: '^src/[^/]+\\.ts$' },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment:
        'In a cycle of ES modules one side sees `undefined`, which Nest reports as an injection it cannot resolve.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'src-ships-alone',
      severity: 'error',
      comment: 'The image holds src compiled, and nothing of the tests, the benchmarks and the tools.',
      from: { path: '^src/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^(test|bench|examples|tools|dist)/' },
    },
    {
      name: 'src-runs-on-dependencies',
      severity: 'error',
      comment: 'The image is installed with --omit=dev: what only devDependencies name is not there.',
      from: { path: '^(src/|ormconfig\\.ts$)', pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'environment-only-in-config',
      severity: 'error',
      comment: 'The linter forbids `process.env` outside src/config; this closes the way round it.',
      from: { path: '^src/', pathNot: '^src/config/' },
      to: { path: '^(node:)?process$' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'An import that leads nowhere was checked against no rule.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // A type import binds two modules as much as any other.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|tmp)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
