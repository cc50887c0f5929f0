import { describe, expect, it } from 'vitest';
import { printPlan } from '../../../src/cli/loadtest/load-results.js';
import { parseLoadOptions } from '../../../src/loadgen/index.js';
import { recordingOutput } from '../../support/recording-output.js';

const PLAN = parseLoadOptions({ stages: ['10s:4', '10s:0'], vus: '2' });

function printed(json: boolean): string {
  const output = recordingOutput();
  printPlan(PLAN, { output, json });
  return output.stdout.text();
}

describe('printPlan', () => {
  it('prints the plan as JSON alone for programs', () => {
    expect(JSON.parse(printed(true))).toEqual(JSON.parse(JSON.stringify(PLAN)));
  });

  it('draws the schedule behind it for people', () => {
    const [, ...chart] = printed(false).split('\n\n');
    expect(chart.join('\n\n')).toMatch(/^default {2}[▁-█ ]{60} {2}up to 4 VUs\n {9}0s +20s\n$/);
  });
});
