#!/usr/bin/env node
/** The `watcher` command. Each subcommand is imported only when it runs, to keep the start of the others fast. */
interface Command {
  /** The command and its arguments, as the usage text shows them. */
  readonly usage: string;
  readonly summary: string;
  /** Takes the arguments after the command's name; resolves to the exit code, or undefined if it keeps running. */
  run(args: readonly string[]): Promise<number | undefined>;
  /** Whether it also runs on a Node that is too old for the service. */
  readonly onAnyNode?: true;
}

/** What this file uses of tools/runtime.js, which is not compiled. */
interface Runtime {
  isChosen(): boolean;
  chooseNode(): string;
  become(node: string, args: readonly string[]): undefined;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    usage: 'serve',
    summary: 'start the service, configured by environment variables',
    run: async (args) => {
      if (args.length > 0) return refuse(`serve takes no arguments, and got '${args.join(' ')}'`);
      await import('./main.js');
      return undefined;
    },
  },
  run: {
    usage: 'run [options] [--] COMMAND [ARGUMENT ...]',
    summary: 'run a command and report it as an execution (run --help)',
    run: async (args) => (await import('./adapters/run/run-command.js')).runCommandLine(args),
    onAnyNode: true,
  },
  key: {
    usage: 'key create|list|revoke …',
    summary: 'create, list and revoke API keys',
    run: async (args) => (await import('./app/key-command.js')).runKeyCommandLine(args),
  },
  import: {
    usage: 'import --from URL [--dry-run]',
    summary: 'copy the database of the older Python service (import --help)',
    run: async (args) => (await import('./app/import-command.js')).runImportCommandLine(args),
  },
  shard: {
    usage: 'shard [--shards N | --undo] [--dry-run]',
    summary: 'distribute the executions over a Citus cluster (shard --help)',
    run: async (args) => (await import('./app/shard-command.js')).runShardCommandLine(args),
  },
};

const FAILED = 1;
const WRONG_USAGE = 2;

function usage(): string {
  const width = Math.max(...Object.values(COMMANDS).map((command) => command.usage.length));
  const lines = Object.values(COMMANDS).map(({ usage, summary }) => `  watcher ${usage.padEnd(width)}  ${summary}`);
  return ['usage:', ...lines, ''].join('\n');
}

function refuse(reason: string): number {
  process.stderr.write(`watcher: ${reason}\n${usage()}`);
  return WRONG_USAGE;
}

async function main([name, ...args]: readonly string[]): Promise<number | undefined> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(usage());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) return refuse(`there is no command '${name}'`);
  return command.onAnyNode ? command.run(args) : onChosenNode(() => command.run(args));
}

/** Runs a part of the service here, or the same command line on the Node that the scripts of package.json use. */
async function onChosenNode(run: () => Promise<number | undefined>): Promise<number | undefined> {
  const file = new URL('../../tools/runtime.js', import.meta.url);
  const runtime = (await import(file.href)) as Runtime;
  if (runtime.isChosen()) return run();
  try {
    return runtime.become(runtime.chooseNode(), [...process.execArgv, ...process.argv.slice(1)]);
  } catch (error) {
    process.stderr.write(`watcher: ${error instanceof Error ? error.message : String(error)}\n`);
    return FAILED;
  }
}

const code = await main(process.argv.slice(2));
if (code !== undefined) process.exitCode = code;
