import { expect, it } from 'vitest';
import { LimitedLog } from '../../src/core/limited-log.js';
import { ManualClock } from '../support/manual-clock.js';
import { RecordingLogger } from '../support/recording-logger.js';

it('logs one line a second and counts what it left out', () => {
  const logger = new RecordingLogger();
  const clock = new ManualClock();
  const log = new LimitedLog(logger, clock);
  for (let i = 0; i < 5; i += 1) log.warn('access.refused', { peer: String(i) });
  clock.advance(1000);
  log.warn('access.refused', { peer: 'next' });
  clock.advance(1000);
  log.warn('access.refused', { peer: 'last' });
  expect(logger.lines.map(({ fields }) => fields)).toEqual([
    { peer: '0' },
    { peer: 'next', leftOut: 4 },
    { peer: 'last' },
  ]);
});
