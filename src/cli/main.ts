import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { PJSON } from '@oclif/core/interfaces';
import { rewriteArguments } from './argv.js';
import { asksForVersion, takeK6Command } from './k6-commands.js';
import { isOclifError, unknownCommand, reportError } from './report-error.js';
import { processOutput } from './output.js';

const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Runs the command given by the arguments and sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    const pjson: PJSON = JSON.parse(await readFile(`${PACKAGE_ROOT}package.json`, 'utf8'));
    if (asksForVersion(argv)) printVersion(pjson, argv.includes('--json'));
    else await runCommand(rewriteArguments(takeK6Command(argv)), pjson);
  } catch (error) {
    const shown = isOclifError(error) ? unknownCommand(error, await commandNames()) : error;
    process.exitCode = reportError(shown, processOutput(), { json: false, showStack: process.env.DEBUG !== undefined });
  }
}

/** Prints the version in oclif's format without loading oclif. */
function printVersion({ name, version, oclif }: PJSON, json: boolean): void {
  const { platform, arch, version: node } = process;
  const { stdout } = processOutput();
  if (json) return stdout.write(`${JSON.stringify({ version, node, platform, arch })}\n`);
  stdout.write(`${oclif.bin ?? name}/${version} ${platform}-${arch} node-${node}\n`);
}

/** Names of all commands, as typed after `wsg`. */
async function commandNames(): Promise<string[]> {
  const manifest: { readonly commands: object } = JSON.parse(
    await readFile(`${PACKAGE_ROOT}oclif.manifest.json`, 'utf8'),
  );
  return Object.keys(manifest.commands).map((id) => id.replaceAll(':', ' '));
}

async function runCommand(args: string[], pjson: PJSON): Promise<void> {
  const { run } = await import('@oclif/core/run');
  const { settings } = await import('@oclif/core/settings');
  settings.enableAutoTranspile = false;
  await run(args, { root: PACKAGE_ROOT, pjson, devPlugins: false, userPlugins: false });
}
