/** Turns the modules and arrows of `tools/layers.js` into rules; `npm run layers` holds them, and CI runs that. */
import { MODULES } from './tools/layers.js';

const escape = (text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
const modules = Object.entries(MODULES);

/** The files that put the modules together: they may import all of them, and no module imports them. */
const ROOT = '^src/(app/|[^/]+$)';

/** The files of a module: all in its folder, but for those of a module that lies in it. */
const within = ({ path }, paths = modules.map(([, other]) => other.path)) => {
  const inner = paths.filter((other) => other.startsWith(`${path}/`));
  return inner.length === 0
    ? `^${escape(path)}/`
    : `^${escape(path)}/(?!(${inner.map((other) => escape(other.slice(path.length + 1))).join('|')})/)`;
};

/** Every module offers these: its service, module, entity, DTOs, mappers, events and errors. */
const OFFERED = '\\.(service|module|entity|dto|mapper|events|errors)\\.ts$';

/** One rule a module: it imports itself, and what its arrows say. */
const arrows = modules.map(([name, module]) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment:
    `${name} (${module.floor}) may import: ${Object.keys(module.imports).join(', ') || 'no other module'}. ` +
    'A module that knows more than it needs can neither be read nor changed alone. The list is in tools/layers.js.',
  from: { path: within(module) },
  to: {
    path: '^src/.+/',
    pathNot: [within(module), ...Object.keys(module.imports).map((other) => within(MODULES[other]))],
  },
}));

/** One rule a module that does not offer all its files. */
const offers = modules
  .filter(([, { offers = {} }]) => !('*' in offers))
  .map(([name, module]) => ({
    name: `${name}-is-known-by-what-it-offers`,
    severity: 'error',
    comment:
      'A module is known by its service, module, entity, DTOs, mappers, events and errors. Its repository and its SQL ' +
      'are how it works: a caller of them passes by its rules and binds its tables.',
    from: { path: '^src/', pathNot: [within(module), ROOT] },
    to: {
      path: within(module),
      pathNot: [OFFERED, ...Object.keys(module.offers ?? {}).map((file) => `^${escape(module.path)}/${escape(file)}$`)],
    },
  }));

/**
 * The files of a folder of a module, but for those of a listed folder that lies in it; `.` is those outside of its
 * folders, the wiring left out.
 */
const ofFolder = ({ path, wiring = [], folders = {} }, folder) => {
  if (folder === '.') return `^${escape(path)}/(?!(${['', ...wiring].map(escape).join('|')})$)[^/]+$`;
  return within(
    { path: `${path}/${folder}` },
    Object.keys(folders).map((other) => `${path}/${other}`),
  );
};

/** The rules for the sub-folders of a module. */
const folders = modules
  .filter(([, module]) => module.folders)
  .flatMap(([name, module]) =>
    Object.entries(module.folders).map(([folder, imports]) => ({
      name: `${name}-${folder === '.' ? 'files' : folder}-imports`,
      severity: 'error',
      comment: `Of ${name}, this may import: ${Object.keys(imports).join(', ') || 'only itself'} (tools/layers.js).`,
      from: { path: ofFolder(module, folder) },
      to: {
        path: within(module),
        pathNot: [ofFolder(module, folder), ...Object.keys(imports).map((other) => ofFolder(module, other))],
      },
    })),
  );

/** A module without a list of folders has none; one with a list has no others. */
const unlisted = modules.flatMap(([name, module]) => {
  const rule = {
    name: `${name}-has-listed-folders`,
    severity: 'error',
    comment: 'A folder that tools/layers.js does not list could import anything of its module, unnoticed.',
  };
  const listed = Object.keys(module.folders ?? {}).map((folder) => ofFolder(module, folder));
  const unknown = { path: `${within(module)}[^/]+/`, ...(listed.length > 0 && { pathNot: listed }) };
  return [
    { ...rule, from: unknown, to: {} },
    { ...rule, name: `${rule.name}-too`, from: {}, to: unknown },
  ];
});

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'console-and-clients-are-apart',
      severity: 'error',
      comment: 'Console and clients know the service by its OpenAPI document alone, and nothing knows them.',
      from: { path: '^(console|src|clients)/' },
      to: { path: '^(console|src|clients)/', pathNot: '^$1/' },
    },
    {
      name: 'folder-is-a-module',
      severity: 'error',
      comment: 'A folder that is no module of tools/layers.js may import anything, unnoticed. Name it there.',
      from: { path: '^src/', pathNot: [ROOT, ...modules.map(([, module]) => within(module))] },
      to: {},
    },
    {
      name: 'folder-is-a-module-too',
      severity: 'error',
      comment: 'The same for a folder that is imported without importing.',
      from: {},
      to: { path: '^src/', pathNot: [ROOT, ...modules.map(([, module]) => within(module))] },
    },
    ...arrows,
    ...offers,
    ...folders,
    ...unlisted,
    {
      name: 'nobody-imports-the-root',
      severity: 'error',
      comment: 'main, cli and app put the parts together; a part that needs them is a cycle.',
      from: { path: '^src/', pathNot: ROOT },
      to: { path: ROOT },
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
      comment: 'The linter forbids `process.env` outside of config; this closes the way round it.',
      from: { path: '^src/', pathNot: within(MODULES.config) },
      to: { path: '^(node:)?process$' },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'An import that leads nowhere was checked against no rule.',
      // These programs run where the package of the client is installed.
      from: { pathNot: '^test/clients/programs/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    // A type import binds two modules as much as any other.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|tmp|clients/[^/]+/dist)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
