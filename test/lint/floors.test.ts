import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { floorsPicture } from '../../scripts/floors-picture.mjs';
import { importRules } from '../../scripts/import-rules.mjs';

const root = join(import.meta.dirname, '../..');

describe('the floors of the house', () => {
  it('are what lint checks: `npm run generate` after each new folder', () => {
    expect(readFileSync(join(root, '.oxlintrc.imports.json'), 'utf8')).toBe(importRules(root));
  });

  it('are what docs/architecture.md shows: `npm run generate` after each change of the table', () => {
    expect(readFileSync(join(root, 'docs/architecture.md'), 'utf8')).toContain('](pictures/floors.svg)');
    expect(readFileSync(join(root, 'docs/pictures/floors.svg'), 'utf8')).toBe(floorsPicture());
  });
});
