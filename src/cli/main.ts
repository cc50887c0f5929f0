import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { PJSON } from '@oclif/core/interfaces';
import { rewriteArguments } from './argv.js';
import { isOclifError, usageError } from './oclif-error.js';
import { processOutput } from './output.js';
import { reportError } from './report-error.js';

const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The commands of wsg itself; a test compares them with the manifest. */
export const OWN_COMMANDS: readonly string[] = ['devhelpers', 'doctor', 'loadtest', 'outbox', 'report', 'serve'];

/** Runs the command that the arguments name and sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    const pjson: PJSON = JSON.parse(await readFile(`${PACKAGE_ROOT}package.json`, 'utf8'));
    if (argv[0] === '--version') printVersion(pjson);
    else await runCommand(rewriteArguments(argv), pjson);
  } catch (error) {
    const shown = isOclifError(error) ? usageError(error, undefined) : error;
    process.exitCode = reportError(shown, processOutput(), { json: false, showStack: process.env.DEBUG !== undefined });
  }
}

/** In oclif's form, without loading oclif. */
function printVersion({ name, version }: PJSON): void {
  const { platform, arch, version: node } = process;
  processOutput().stdout.write(`${name}/${version} ${platform}-${arch} node-${node}\n`);
}

/** Plugins help, complete and correct; a command of our own needs none of them, and starts sooner without. */
async function runCommand(args: string[], pjson: PJSON): Promise<void> {
  const { run } = await import('@oclif/core/run');
  const { settings } = await import('@oclif/core/settings');
  settings.enableAutoTranspile = false;
  const isOwn = OWN_COMMANDS.includes(args[0] ?? '');
  const loaded = isOwn ? { ...pjson, oclif: { ...pjson.oclif, plugins: [] } } : pjson;
  await run(args, { root: PACKAGE_ROOT, pjson: loaded, devPlugins: false, userPlugins: false });
}
