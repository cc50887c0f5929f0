import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core/config';
import { settings } from '@oclif/core/settings';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Converts a value to JSON and back. */
function asJson(value: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value));
}

async function shippedCommands(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(`${ROOT}oclif.manifest.json`, 'utf8')).commands;
}

describe('oclif.manifest.json', () => {
  it('matches the commands; `npm run generate` writes it', async () => {
    settings.enableAutoTranspile = false;
    const plugin = new Plugin({ root: ROOT, type: 'core', ignoreManifest: true, errorOnManifestCreate: true });
    await plugin.load();
    expect(asJson(plugin.manifest.commands)).toEqual(await shippedCommands());
  });
});
