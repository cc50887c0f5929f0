import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const LINK = /\]\(([^)\s]+)\)/g;

const below = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
    .map((path) => `${folder}/${path}`);

const pages = new Map(
  ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...below('deploy'), ...below('docs'), ...below('examples')].map(
    (path) => [path, readFileSync(join(ROOT, path), 'utf8')],
  ),
);

/** The anchor that GitHub gives to a heading. */
function anchorOf(heading: string): string {
  const text = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
  return text.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');
}

const anchors = new Map(
  [...pages].map(([path, text]) => {
    const headings = text.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#{1,6} (.+)$/gm);
    return [path, new Set(Array.from(headings, ([, heading = '']) => anchorOf(heading.trim())))];
  }),
);

function isDead(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path)).replace(/\/$/, '');
  if (!existsSync(join(ROOT, target))) return true;
  return anchor !== undefined && anchors.get(target)?.has(anchor) !== true;
}

it('every link of a page leads to a file, and to a heading where it names one', () => {
  const links = [...pages].flatMap(([page, text]) =>
    Array.from(text.matchAll(LINK), ([, link = '']) => ({ page, link })).filter(({ link }) => !/^[a-z]+:/.test(link)),
  );
  expect(links.filter(({ link }) => link.includes('#')).length).toBeGreaterThan(20);
  expect(links.filter(({ page, link }) => isDead(page, link))).toEqual([]);
});
