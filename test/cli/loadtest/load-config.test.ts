import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLoadConfig } from '../../../src/cli/loadtest/load-request.js';
import { WsgError } from '../../../src/core/error.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

async function write(path: string, text: string): Promise<string> {
  await writeFile(path, text);
  return path;
}

describe('readLoadConfig', () => {
  it("takes the flag's file before WSG_CONFIG, K6_CONFIG and k6's own", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'k6'));
    const own = await write(join(folder, 'k6/config.json'), '{"vus":4}');
    const [flag, wsg, k6] = await Promise.all(
      ['flag', 'wsg', 'k6'].map((name, index) => write(join(folder, `${name}.json`), `{"vus":${index + 1}}`)),
    );
    const env = { XDG_CONFIG_HOME: folder, WSG_CONFIG: wsg, K6_CONFIG: k6 };
    expect(await readLoadConfig(flag, env)).toEqual({ path: flag, options: { vus: 1 } });
    expect(await readLoadConfig(undefined, env)).toEqual({ path: wsg, options: { vus: 2 } });
    expect(await readLoadConfig(undefined, { ...env, WSG_CONFIG: '' })).toEqual({ path: k6, options: { vus: 3 } });
    expect(await readLoadConfig(undefined, { XDG_CONFIG_HOME: folder })).toEqual({ path: own, options: { vus: 4 } });
  });

  it("does without k6's own, but not without one that was named, and not with a file that is not JSON", async () => {
    const folder = await temporaryFolder();
    const env = { XDG_CONFIG_HOME: folder };
    expect(await readLoadConfig(undefined, env)).toBeUndefined();
    const missing = readLoadConfig(join(folder, 'missing.json'), env);
    await expect(missing).rejects.toThrow(WsgError);
    await expect(missing).rejects.toThrow('missing.json cannot be read');
    const broken = await write(join(folder, 'broken.json'), '{vus');
    await expect(readLoadConfig(broken, env)).rejects.toThrow('broken.json is not valid JSON');
  });
});
