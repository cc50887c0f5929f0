import { expect, it } from 'vitest';
import { loadHeaderText } from '../../src/cli/load-header.js';

const HEADER = {
  scenario: 'snapshot',
  target: 'ws://127.0.0.1:5000/connect',
  headline: '1 scenario, 10 max VUs, 35s max duration (incl. graceful stop)',
  scenarios: ['default: 10 looping VUs for 5s (gracefulStop: 30s)'],
  isDefaultLoad: false,
};

it('lays the header out as k6 does, below a banner of five lines', () => {
  const lines = loadHeaderText(HEADER).split('\n');
  expect(lines.slice(6)).toEqual([
    '',
    '',
    '     execution: local',
    '        script: snapshot (built in)',
    '        target: ws://127.0.0.1:5000/connect',
    '        output: -',
    '',
    '     scenarios: (100.00%) 1 scenario, 10 max VUs, 35s max duration (incl. graceful stop):',
    '              * default: 10 looping VUs for 5s (gracefulStop: 30s)',
    '',
    '',
  ]);
});

it('says when the load is the default', () => {
  expect(loadHeaderText({ ...HEADER, isDefaultLoad: true })).toContain('          load: the default');
});
