import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const PATH = /`((?:src|test|scripts|docs|bench|conformance|deploy|examples)\/[^`\s*]+)`/g;
const SYMBOL_IN_FILE = /`(\w+)` in\s+`([^`\s]+\.(?:ts|mjs))`/g;
const SCRIPT = /npm run ([\w:]+)/g;

const page = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

/** All files of the sources and tests, to match names such as `src/gateway/sinks/NAME/NAME-sink.ts`. */
const files = ['src', 'test'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((path) => `${folder}/${path}`),
);

/** Whether a path exists; where it holds NAME, whether two things at least are filed like that. */
function exists(path: string): boolean {
  if (!path.includes('NAME')) return existsSync(join(ROOT, path));
  const [first = '', ...others] = path.replaceAll('.', '\\.').split('NAME');
  const pattern = new RegExp(`^${first}([\\w-]+)${others.join('\\1')}$`);
  return files.filter((file) => pattern.test(file)).length >= 2;
}

describe.each(['CONTRIBUTING.md', 'docs/architecture.md'])('%s', (name) => {
  it('names paths that exist', () => {
    const paths = Array.from(page(name).matchAll(PATH), ([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(10);
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });
});

describe('CONTRIBUTING.md', () => {
  const text = page('CONTRIBUTING.md');

  it('names symbols that are in their files', () => {
    const symbols = [...text.matchAll(SYMBOL_IN_FILE)].map(([, symbol = '', path = '']) => ({ symbol, path }));
    expect(symbols.length).toBeGreaterThan(10);
    const missing = symbols.filter(({ symbol, path }) => !new RegExp(`\\b${symbol}\\b`).test(page(path)));
    expect(missing).toEqual([]);
  });

  it('names scripts that package.json has, and all that are typed', () => {
    const { scripts } = JSON.parse(page('package.json'));
    const named = new Set(Array.from(text.matchAll(SCRIPT), ([, script = '']) => script));
    expect([...named].filter((script) => !(script in scripts))).toEqual([]);
    const typed = ['check', 'generate', 'house', 'snapshot', 'bench', 'conformance'];
    expect(typed.filter((script) => !named.has(script))).toEqual([]);
  });

  it('has a recipe for each thing that is added often, in numbered steps', () => {
    const recipes = text.split(/^## /m).filter((section) => section.startsWith('Add a'));
    expect(recipes.map((recipe) => recipe.split('\n')[0])).toEqual([
      'Add a sink',
      'Add an executor',
      'Add a scenario',
      'Add a flag of `wsg loadtest`',
      'Add a renderer',
    ]);
    for (const recipe of recipes) expect(recipe).toMatch(/^1\. [\s\S]*^2\. [\s\S]*^3\. /m);
  });
});

describe('docs/decisions', () => {
  const names = readdirSync(join(ROOT, 'docs/decisions')).toSorted();
  const decisions = names.map((file) => `docs/decisions/${file}`);

  it('are numbered from 1 without a gap', () => {
    const numbers = names.map((name) => name.slice(0, 4));
    expect(numbers).toEqual(names.map((_, index) => String(index + 1).padStart(4, '0')));
  });

  it.each(decisions)('%s names sources that exist', (name) => {
    const paths = Array.from(page(name).matchAll(PATH), ([, path = '']) => path).filter((path) => /\.\w+$/.test(path));
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });
});
