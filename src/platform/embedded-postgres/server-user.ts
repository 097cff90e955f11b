import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Binaries } from './binaries.js';
import { WAYS_OUT, type DataFolder } from './data-folder.js';
import { EmbeddedServerError } from './embedded-server-error.js';
import { Launcher, type Owner } from './launcher.js';

/** The weaker capability first; a container often has only the second. Either lets the server enter closed folders. */
const CAPABILITIES = ['dac_read_search', 'dac_override'] as const;
const NOBODY: Owner = { uid: 65_534, gid: 65_534 };

/**
 * Chooses the user that runs the server. PostgreSQL refuses to run as root; root therefore runs it as an existing
 * user: the owner of the cluster, else `postgres`, else `nobody`. No system user is ever created.
 *
 * The service may be installed where that user has no access (/root is mode 0700). Then the server keeps its user and
 * gets one capability of root for access, by util-linux `setpriv`.
 */
export async function chooseLauncher(folder: DataFolder, binaries: Binaries): Promise<Launcher> {
  const clusterOwner = await ownerOf(folder.cluster);
  const self = process.getuid?.();
  if (self !== 0) {
    if (self !== undefined && clusterOwner !== undefined && clusterOwner.uid !== self) {
      throw new EmbeddedServerError(
        `The database in ${folder.cluster} belongs to the system user ${clusterOwner.uid}, and this is ${self}: ` +
          `run as root or as that user, or ${WAYS_OUT}.`,
      );
    }
    return new Launcher();
  }
  const owner = clusterOwner !== undefined && clusterOwner.uid !== 0 ? clusterOwner : await lentUser();
  const barred = (await closedTo(owner, binaries.postgres)) ?? (await closedTo(owner, folder.root));
  if (barred === undefined && (await canRun(new Launcher(owner), binaries))) return new Launcher(owner);

  for (const capability of CAPABILITIES) {
    const launcher = new Launcher(owner, setpriv(owner, capability));
    if (await canRun(launcher, binaries)) return launcher;
  }
  throw new EmbeddedServerError(
    barred === undefined
      ? `PostgreSQL does not run as root, and here it cannot be run as the system user ${owner.uid} either: run as ` +
          'an ordinary user, or set DATABASE_URL to a PostgreSQL server of your own.'
      : `PostgreSQL does not run as root, and the system user ${owner.uid} that it would run as may not enter ` +
          `${barred}: open that folder (chmod o+x), run as an ordinary user, or ${WAYS_OUT}.`,
  );
}

async function ownerOf(path: string): Promise<Owner | undefined> {
  return stat(path).then(
    ({ uid, gid }) => ({ uid, gid }),
    () => undefined,
  );
}

async function lentUser(): Promise<Owner> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const name of ['postgres', 'nobody']) {
    const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(users) ?? [];
    if (uid !== undefined && Number(uid) !== 0) return { uid: Number(uid), gid: Number(gid) };
  }
  return NOBODY;
}

/** The topmost part of the path that this user may not enter (or, at its end, read and execute); undefined if none. */
async function closedTo(owner: Owner, path: string): Promise<string | undefined> {
  const above = dirname(path);
  const barred = above === path ? undefined : await closedTo(owner, above);
  if (barred !== undefined) return barred;
  const { uid, gid, mode } = await stat(path);
  const may = uid === owner.uid ? mode >> 6 : gid === owner.gid ? mode >> 3 : mode;
  return (may & 1) === 1 ? undefined : path;
}

function setpriv({ uid, gid }: Owner, capability: string): string[] {
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    // Otherwise access(2), which PostgreSQL uses to find its programs, would ignore the capability.
    '--securebits=+no_setuid_fixup',
    `--inh-caps=+${capability}`,
    `--ambient-caps=+${capability}`,
  ];
}

/** Whether initdb finds all its parts; `--version` would not do, since it prints before any check. */
async function canRun(launcher: Launcher, { initdb }: Binaries): Promise<boolean> {
  return launcher.run(initdb, ['--show', '--pgdata=probe', '--locale=C']).then(
    ({ code }) => code === 0,
    () => false,
  );
}
