import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { productionPackages } from '../support/locked-packages.js';

const ROOT = new URL('../../', import.meta.url);

async function read(path: string): Promise<string> {
  return readFile(new URL(path, ROOT), 'utf8');
}

/** The cells of a table's rows below a heading, up to the next blank line behind it. */
async function tableBelow(heading: string): Promise<string[][]> {
  const page = await read('docs/reference/supply-chain.md');
  const [, section = ''] = page.split(`## ${heading}\n`);
  const lines = section.split('\n').slice(section.split('\n').findIndex((line) => line.startsWith('| --- ')) + 1);
  const rows = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('|')),
  );
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

function names(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

/** The `owner/name` of a manifest's `repository`, in any of its forms. */
function repositoryName(repository: unknown): string {
  const url =
    typeof repository === 'object' && repository !== null && 'url' in repository ? repository.url : repository;
  return String(url)
    .replace(/\.git$/, '')
    .replace(/^github:/, '')
    .split(/[/:]/)
    .slice(-2)
    .join('/');
}

describe('docs/reference/supply-chain.md', () => {
  it('has a row for each dependency of package.json, and no other', async () => {
    const { dependencies } = JSON.parse(await read('package.json'));
    const rows = await tableBelow('Packages that wsg imports');
    expect(rows.flatMap(([name = '']) => names(name))).toEqual(Object.keys(dependencies));
  });

  it('names the repository of each package', async () => {
    for (const [name = '', , repository = ''] of await tableBelow('Packages that wsg imports')) {
      const [packageName] = names(name);
      const manifest = JSON.parse(await read(`node_modules/${packageName}/package.json`));
      expect([packageName, names(repository)[0]]).toEqual([packageName, repositoryName(manifest.repository)]);
    }
  });

  it('names every other package of an installation once, and no other', async () => {
    const { dependencies } = JSON.parse(await read('package.json'));
    const rows = await tableBelow('Packages that those import');
    const listed = rows.flatMap(([, packages = '']) => names(packages));
    const installed = (await productionPackages()).map(({ path }) => path.replace(/^@esbuild\/.*/, '@esbuild/*'));
    const others = new Set(installed.filter((path) => !(path in dependencies)));
    expect(listed.toSorted()).toEqual([...others].toSorted());
  });

  it('names the install script of each package that has one', async () => {
    const rows = await tableBelow('Packages that wsg imports');
    const withScript = rows.filter((row) => row.at(-1) !== 'none').flatMap(([name = '']) => names(name));
    const scripts = (await productionPackages()).filter(({ hasInstallScript }) => hasInstallScript);
    expect(withScript).toEqual(scripts.map(({ path }) => path));
  });

  it('says that uWebSockets.js is an optional peer, and package.json does', async () => {
    const manifest = JSON.parse(await read('package.json'));
    expect(manifest.peerDependenciesMeta).toEqual({ 'uWebSockets.js': { optional: true } });
    expect(manifest.optionalDependencies).toBeUndefined();
    const { version } = JSON.parse(await read('node_modules/uWebSockets.js/package.json'));
    expect(await read('docs/reference/supply-chain.md')).toContain(`uWebSockets.js@npm:uwebsockets@${version}`);
  });
});
