import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { PJSON } from '@oclif/core/interfaces';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';
import { rewriteArguments } from './argv.js';
import { isOclifError, usageError } from './oclif-error.js';
import { processOutput } from './output.js';
import { reportError } from './report-error.js';

const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The commands of wsg itself; a test compares them with the manifest. */
export const OWN_COMMANDS: readonly string[] = ['devhelpers', 'loadtest', 'report', 'serve'];

/** Runs the command that the arguments name and sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  const args = rewriteArguments(argv);
  settings.enableAutoTranspile = false;
  try {
    await run(args, { root: PACKAGE_ROOT, pjson: await readPackage(args[0]), devPlugins: false, userPlugins: false });
  } catch (error) {
    const shown = isOclifError(error) ? usageError(error, undefined) : error;
    process.exitCode = reportError(shown, processOutput(), { json: false, showStack: process.env.DEBUG !== undefined });
  }
}

/** Plugins help, complete and correct; a command of our own and the version need none of them, and start sooner without. */
async function readPackage(command: string | undefined): Promise<PJSON> {
  const pjson: PJSON = JSON.parse(await readFile(`${PACKAGE_ROOT}package.json`, 'utf8'));
  const isOwn = command === '--version' || (command !== undefined && OWN_COMMANDS.includes(command));
  return isOwn ? { ...pjson, oclif: { ...pjson.oclif, plugins: [] } } : pjson;
}
