import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);

/** The paths that `npm publish` would pack: files and the folders above them. */
let packed: ReadonlySet<string>;

beforeAll(async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: ROOT });
  const parsed = JSON.parse(stdout);
  // npm 11 and earlier give a list, later ones an object by name.
  const [{ files }] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  const paths: string[] = files.map(({ path }: { readonly path: string }) => path);
  packed = new Set(paths.flatMap((path) => [path, ...folders(path)]));
}, 60_000);

function folders(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** The files below a folder of the checkout with one of these endings, by path. */
async function texts(folder: string, endings: RegExp): Promise<[path: string, text: string][]> {
  const names = await readdir(join(ROOT, folder), { recursive: true });
  const paths = names.map((name) => join(folder, name)).filter((path) => endings.test(path));
  return Promise.all(
    paths.map(async (path): Promise<[string, string]> => [path, await readFile(join(ROOT, path), 'utf8')]),
  );
}

/** Code without its comments. */
function withoutComments(code: string): string {
  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function pathsIn(text: string): string[] {
  return [...text.matchAll(/\b(?:docs|examples|bench)\/[\w./-]*\w/g)].map(([path]) => path);
}

describe('the packed package', () => {
  it('has every page and example that an error, a log line or a help text names', async () => {
    const sources = await texts('src', /\.ts$/);
    const manifest = await readFile(join(ROOT, 'oclif.manifest.json'), 'utf8');
    const named = [...sources.map(([, text]) => withoutComments(text)), manifest].flatMap(pathsIn);
    expect(named).toContain('docs/reference/configuration.md');
    const missing = named.filter((path) => !packed.has(path) && !packed.has(`bench/results/${path.slice(6)}.md`));
    expect(missing).toEqual([]);
  });

  it('has everything that its pages link to', async () => {
    const pages = [
      ...(await texts('docs', /\.md$/)),
      ...(await texts('examples', /\.md$/)),
      ...(await Promise.all(
        ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map(async (path): Promise<[string, string]> => [
          path,
          await readFile(join(ROOT, path), 'utf8'),
        ]),
      )),
    ];
    const dead = pages.flatMap(([page, text]) =>
      [...text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)]
        .map(([, link = '']) => link)
        .filter((link) => !/^[a-z]+:/.test(link))
        .map((link) => normalize(join(dirname(page), link)).replace(/\/$/, ''))
        .filter((path) => !packed.has(path))
        .map((path) => `${page}: ${path}`),
    );
    expect(dead).toEqual([]);
  });
});

it('no page, example or error installs or runs the name wsg from npm, which is not the project’s', async () => {
  const all = [
    ...(await texts('docs', /\.\w+$/)),
    ...(await texts('examples', /\.\w+$|Dockerfile$|Jenkinsfile$/)),
    ...(await texts('src', /\.ts$/)),
    ['README.md', await readFile(join(ROOT, 'README.md'), 'utf8')] as const,
  ];
  const BY_NAME =
    /(?:npm\s+(?:i|install|add|exec)|npx|yarn(?:\s+global)?\s+add|pnpm\s+(?:add|dlx)|bunx)(?:\s+-\S+)*\s+["']?wsg(?:@[\w.^~]+)?["']?(?=\s|`|'|"|$)/;
  const found = all.flatMap(([path, text]) =>
    text.split('\n').flatMap((line, index) => (BY_NAME.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
  expect(BY_NAME.test('npm install --global wsg')).toBe(true);
  expect(BY_NAME.test('- npx -y wsg@1.2 serve')).toBe(true);
  expect(BY_NAME.test('npm install --global ./wsg-0.1.0.tgz')).toBe(false);
});
