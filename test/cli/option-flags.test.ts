import { expect, it } from 'vitest';
import Loadtest from '../../src/commands/loadtest.js';
import { OPTION_CATALOGUE } from '../../src/loadgen/plan/option-catalogue.js';

it('has every flag that the catalogue of options names, with its letter', () => {
  const flags = new Map(
    Object.entries(Loadtest.flags).map(([name, flag]) => [name, 'char' in flag ? flag.char : undefined]),
  );
  for (const { flag } of OPTION_CATALOGUE) {
    if (flag === undefined) continue;
    const [, letter, name = ''] = /^(?:-(\w), )?--([\w-]+)$/.exec(flag) ?? [];
    expect(flags.has(name), flag).toBe(true);
    expect(flags.get(name), flag).toBe(letter);
  }
});
