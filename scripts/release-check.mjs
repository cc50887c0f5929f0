// Runs before `npm publish`: refuses a package whose metadata would mislead, and lists every problem.
// CONTRIBUTING.md has the steps.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The reasons against publishing this package, one sentence each. */
export function releaseProblems(manifest, changelog) {
  return [...nameProblems(manifest), ...addressProblems(manifest), ...changelogProblems(manifest, changelog)];
}

function nameProblems({ name, keywords = [] }) {
  const problems = [];
  if (!/^@[^/]+\/[^/]+$/.test(name)) {
    problems.push(
      `name: '${name}' must have a scope, because an unscoped name may belong to another project: use '@OWNER/${name}'`,
    );
  }
  if (keywords.length === 0) problems.push('keywords: must not be empty, or a search cannot find the package');
  return problems;
}

function addressProblems({ repository, homepage, bugs }) {
  const fields = { 'repository.url': repository?.url ?? repository, homepage, 'bugs.url': bugs?.url ?? bugs };
  return Object.entries(fields)
    .filter(([, value]) => !/^(git\+)?https:\/\/[^\s/]+\/\S+$/.test(value ?? ''))
    .map(([field, value]) => `${field}: must be an https URL of the public repository (got ${JSON.stringify(value)})`);
}

function changelogProblems({ version }, changelog) {
  const heading = changelog.split('\n').find((line) => line.startsWith(`## ${version}`));
  if (heading === undefined) return [`version: CHANGELOG.md must have a section ${version}`];
  return heading.includes('unreleased')
    ? [`version: CHANGELOG.md must have a date for ${version} (got 'unreleased')`]
    : [];
}

if (process.argv[1] === import.meta.filename) {
  const root = join(import.meta.dirname, '..');
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const problems = releaseProblems(manifest, readFileSync(join(root, 'CHANGELOG.md'), 'utf8'));
  for (const problem of problems) console.error(`cannot publish: ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
