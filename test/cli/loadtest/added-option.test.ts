import { Parser } from '@oclif/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flagsOf, optionsOf } from '../../../src/cli/loadtest/option-flags.js';
import { OPTION_CATALOGUE, optionRow } from '../../../src/loadgen/options/index.js';
import {
  environmentLayers,
  flagLayer,
  mergeLayers,
  objectLayer,
  type Layer,
} from '../../../src/loadgen/options/option-layers.js';
import { OptionReader } from '../../../src/loadgen/options/option-reader.js';
import { OptionValues } from '../../../src/loadgen/options/option-values.js';
import { readDuration, type OptionEntry } from '../../../src/loadgen/options/option.js';

const jitter: OptionEntry<number> = {
  name: 'jitter',
  fate: 'plan',
  help: 'Maximum random delay of a message; none by default.',
  variable: 'JITTER',
  flag: { name: 'jitter', kind: 'text', value: 'DURATION', group: 'CONNECTION' },
  read: readDuration(0),
};

function valueOf(layers: readonly Layer[], reader = new OptionReader()): number | undefined {
  return new OptionValues(mergeLayers(layers, reader), reader).value(jitter);
}

describe('an option that is added by one entry', () => {
  let remove: () => void;

  beforeAll(() => {
    remove = OPTION_CATALOGUE.add(jitter);
  });

  afterAll(() => remove());

  it('is a flag of the command line, with its line of help', async () => {
    const flags = flagsOf(OPTION_CATALOGUE.all);
    expect(flags['jitter']).toMatchObject({
      description: 'Maximum random delay of a message; none by default.',
      helpValue: 'DURATION',
      helpGroup: 'CONNECTION',
    });
    const parsed = await Parser.parse(['--jitter', '2s'], { flags });
    expect(valueOf([flagLayer(optionsOf(parsed.flags))])).toBe(2000);
  });

  it('is read from its variables, from scripts and from files', () => {
    const reader = new OptionReader();
    expect(valueOf(environmentLayers({ WSG_JITTER: '3s', K6_JITTER: '4s' }))).toBe(3000);
    expect(valueOf(environmentLayers({ K6_JITTER: '4s' }))).toBe(4000);
    expect(valueOf([objectLayer({ JITTER: '5s' }, { path: 'options', origin: '' }, reader)])).toBe(5000);
    expect(reader.warnings).toEqual([]);
  });

  it('has its problems named with their origin', () => {
    const reader = new OptionReader();
    expect(valueOf(environmentLayers({ K6_JITTER: 'soon' }), reader)).toBeUndefined();
    expect(reader.problems).toEqual(["jitter (K6_JITTER): 'soon' must be a duration such as 30s or 1m30s"]);
  });

  it('has a row in the reference', () => {
    expect(optionRow(jitter)).toBe(
      '| `jitter` | `--jitter` | `JITTER` | plan | Maximum random delay of a message; none by default. |',
    );
  });
});

it('reads no option twice, so that no problem is reported twice', () => {
  const reader = new OptionReader();
  const options = new OptionValues(new Map(), reader);
  options.value(jitter);
  expect(() => options.value(jitter)).toThrow('the option jitter is read twice');
});
