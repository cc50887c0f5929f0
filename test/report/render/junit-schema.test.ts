import { describe, expect, it } from 'vitest';
import { compareSpecs, timesAround, type RunSpec } from '../../support/loaded-run.js';
import { renderComparison } from '../../../src/report/render/render-comparison.js';

/**
 * The schema of Jenkins' xUnit plugin (junit-10.xsd): required and optional attributes, and child
 * elements.
 */
const SCHEMA: Readonly<Record<string, { readonly must: string[]; readonly may: string[]; readonly inside: string[] }>> =
  {
    testsuites: { must: [], may: ['name', 'time', 'tests', 'failures', 'errors'], inside: ['testsuite'] },
    testsuite: {
      must: ['name', 'tests', 'failures', 'errors'],
      may: ['group', 'time', 'skipped', 'timestamp', 'hostname', 'id', 'package', 'file', 'log', 'url'],
      inside: ['testsuite', 'properties', 'testcase', 'system-out', 'system-err'],
    },
    testcase: {
      must: ['name'],
      may: ['time', 'classname', 'group'],
      inside: ['skipped', 'error', 'failure', 'system-out', 'system-err'],
    },
    failure: { must: [], may: ['type', 'message'], inside: [] },
    error: { must: [], may: ['type', 'message'], inside: [] },
    skipped: { must: [], may: ['type', 'message'], inside: [] },
    'system-out': { must: [], may: [], inside: [] },
  };
const TAG = /<(?<end>\/?)(?<name>[\w-]+)(?<attributes>(?:\s+\w+="[^"<]*")*)(?<alone>\/?)>/g;

/** Lists the deviations of a document from the schema. */
function misfits(xml: string): readonly string[] {
  const open: string[] = [];
  const found: string[] = [];
  for (const { end, name, attributes, alone } of tagsOf(xml)) {
    if (end !== '') {
      if (open.pop() !== name) found.push(`</${name}> closes nothing`);
      continue;
    }
    found.push(...misplaced(name, open.at(-1)), ...misfitAttributes(name, attributes));
    if (alone === '') open.push(name);
  }
  const rest = xml.replace(/^<\?xml [^>]*\?>/, '').replaceAll(TAG, '');
  return [...found, ...open.map((name) => `<${name}> stays open`), ...(/[<>]/.test(rest) ? ['a stray < or >'] : [])];
}

function tagsOf(xml: string) {
  return [...xml.matchAll(TAG)].map(({ groups: { end = '', name = '', attributes = '', alone = '' } = {} }) => {
    return { end, name, attributes, alone };
  });
}

function misplaced(name: string, parent: string | undefined): readonly string[] {
  return parent === undefined || SCHEMA[parent]?.inside.includes(name) === true ? [] : [`${name} in ${parent}`];
}

function misfitAttributes(name: string, attributes: string): readonly string[] {
  const given = [...attributes.matchAll(/(?<key>\w+)="/g)].map(({ groups }) => groups?.['key'] ?? '');
  const { must = [], may = [] } = SCHEMA[name] ?? {};
  return [
    ...must.filter((key) => !given.includes(key)).map((key) => `${name} without ${key}`),
    ...given.filter((key) => ![...must, ...may].includes(key)).map((key) => `${key} of ${name}`),
  ];
}

/** Not a number: of a generator that was the bottleneck. */
const run = (medianMs: number): RunSpec => ({
  ...(Number.isNaN(medianMs) && { health: 'saturated' as const }),
  times: timesAround(Number.isNaN(medianMs) ? 10 : medianMs, 100),
  counters: { ws_msgs_received: () => 100 },
});

describe('JUnit', () => {
  it.each<readonly [string, number, readonly string[]]>([
    ['regression', 30, ['ws_rtt p(50) < +10%', 'ws_rtt p(95) < +10%']],
    ['inconclusive', 11.2, ['ws_rtt p(50) < +10%', 'ws_rtt p(95) < +10% floor 20ms']],
    ['within budget', 10, ['ws_rtt p(50) < +10%', 'ws_rtt p(95) < 200ms']],
    ['invalid', Number.NaN, ['ws_rtt p(50) < +10%', 'checks rate > 99%']],
    ['unjudged', 10, ['nothing p(50) < +10%', "no{a:'<\"&>'} p(50) < +10%"]],
  ])("is valid by the schema of Jenkins' plugin for a comparison that is %s", (verdict, medianMs, gates) => {
    const comparison = compareSpecs([run(10)], [run(medianMs)], gates);
    expect(comparison.verdict).toBe(verdict);
    for (const isStrict of [false, true]) {
      const xml = renderComparison(comparison, 'junit', { colour: false, columns: 120, isStrict });
      expect(misfits(xml)).toEqual([]);
    }
  });

  it('is not valid with an attribute, a place or an end that the schema lacks', () => {
    const valid = '<testsuites><testsuite name="a" tests="1" failures="0" errors="0"></testsuite></testsuites>';
    expect(misfits(valid)).toEqual([]);
    expect(misfits(valid.replace(' errors="0"', ''))).toEqual(['testsuite without errors']);
    expect(misfits(valid.replace('name=', 'title="b" name='))).toEqual(['title of testsuite']);
    expect(misfits('<testsuites><testcase name="a"/></testsuites>')).toEqual(['testcase in testsuites']);
    expect(misfits('<testsuites><failure></testsuites>')).not.toEqual([]);
  });
});
