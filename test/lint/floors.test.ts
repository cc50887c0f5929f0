import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importRules } from '../../scripts/import-rules.mjs';

const root = join(import.meta.dirname, '../..');

describe('the floors of the house', () => {
  it('are what lint checks: `npm run generate` after each new folder', () => {
    expect(readFileSync(join(root, '.oxlintrc.imports.json'), 'utf8')).toBe(importRules(root));
  });
});
