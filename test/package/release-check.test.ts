import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { releaseProblems } from '../../scripts/release-check.mjs';

const READY = {
  name: '@owner/wsg',
  version: '1.0.0',
  repository: { type: 'git', url: 'git+https://host.example/owner/wsg.git' },
  homepage: 'https://host.example/owner/wsg#readme',
  bugs: { url: 'https://host.example/owner/wsg/issues' },
  keywords: ['websocket'],
};
const CHANGELOG = '# Changelog\n\n## 1.0.0 (2026-12-01)\n';

it('accepts a package that names its repository, homepage and issues', () => {
  expect(releaseProblems(READY, CHANGELOG)).toEqual([]);
});

it('refuses a package that does not, with every problem', () => {
  const bare = { name: 'wsg', version: '1.0.0' };
  expect(releaseProblems(bare, '## 1.0.0 (unreleased)').map((problem: string) => problem.split(':')[0])).toEqual([
    'name',
    'keywords',
    'repository.url',
    'homepage',
    'bugs.url',
    'version',
  ]);
  expect(releaseProblems({ ...READY, homepage: 'somewhere' }, CHANGELOG)).toEqual([
    'homepage: must be an https URL of the public repository (got "somewhere")',
  ]);
  expect(releaseProblems({ ...READY, version: '2.0.0' }, CHANGELOG)).toEqual([
    'version: CHANGELOG.md must have a section 2.0.0',
  ]);
});

it('runs before npm publish, and package.json has the keywords that people search for', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(manifest.scripts.prepublishOnly).toBe('node scripts/release-check.mjs');
  expect(manifest.keywords).toEqual(expect.arrayContaining(['websocket', 'gateway', 'load-testing', 'k6']));
});
