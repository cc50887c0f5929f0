import { expect, it } from 'vitest';
import { createClassicLogger } from '../../../src/gateway/log/classic-logger.js';
import { ManualClock } from '../../support/manual-clock.js';

function lines(wallStart = new Date(2024, 3, 9, 0, 4, 31).getTime()) {
  const written: string[] = [];
  const log = createClassicLogger({ write: (line) => written.push(line), clock: new ManualClock(wallStart) });
  return { log, written };
}

it('prefixes each line with local time as wsgateway does', () => {
  const { log, written } = lines();
  log.info('gateway.listening', { address: '127.0.0.1:5000' });
  expect(written).toEqual(['2024/04/09 00:04:31 Listening on 127.0.0.1:5000\n']);
});

it.each([
  [
    'gateway.starting',
    { config: 'config.yml', openFiles: 1024, threads: 1, cpus: 10 },
    'Starting wsgateway. CONFIG=config.yml NOFILES=1024 GOMAXPROCS=1 NUMCPU=10',
  ],
  ['mirror.connecting', { address: 'h:6379' }, 'Connecting to redis for connection data at h:6379'],
  ['sink.connecting', { sink: 'redis', address: 'h:6379' }, 'Connecting to redis for streaming at h:6379'],
  [
    'sink.connecting',
    { sink: 'amqp', address: 'amqp://guest:***@h:5672/' },
    'Connecting via AMQP for streaming at amqp://guest:***@h:5672/',
  ],
  ['sink.connecting', { sink: 'nats', address: 'nats://h' }, 'sink.connecting sink=nats address=nats://h'],
  ['endpoint.created', { path: '/connect' }, 'Creating websocket endpoint at path /connect'],
  ['access.whitelist', { networks: ['127.0.0.1/8', '::1/128'] }, 'Internal whitelist [127.0.0.1/8 ::1/128]'],
  [
    'helper.connections',
    { connections: 50, goroutines: 54, memoryKb: 35947 },
    'Connections: 50 Goroutines: 54 memory: 35947',
  ],
  ['helper.sent', { worker: 0, count: 50, tookMs: 0.100625 }, '[0] Sending 50 messages took 100.625µs'],
])('%s has the line of the old program', (event, fields, line) => {
  const { log, written } = lines();
  log.info(event, fields);
  expect(written).toEqual([`2024/04/09 00:04:31 ${line}\n`]);
});

it('an event that wsgateway does not have prints its fields, and no field can forge a line', () => {
  const { log, written } = lines();
  log.warn('access.refused', { peer: '10.0.0.1', path: '/a\nb', count: 3, list: ['x'] });
  expect(written).toEqual(['2024/04/09 00:04:31 access.refused peer=10.0.0.1 path="/a\\nb" count=3 list=["x"]\n']);
});

it('a field cannot reach a terminal as a control sequence', () => {
  const { log, written } = lines();
  log.warn('access.refused', { path: '/\u009b2J\u007f\u2028', list: ['\u009b'] });
  expect(written[0]).toContain(' path="/\\u009b2J\\u007f\\u2028" list=["\\u009b"]\n');
});

it('debug lines are left out', () => {
  const { log, written } = lines();
  log.debug('transport.socket-failed');
  expect(written).toEqual([]);
});

it('lines below the level are left out', () => {
  const written: string[] = [];
  const log = createClassicLogger({ write: (line) => written.push(line), level: 'warn' });
  log.debug('a');
  log.info('b');
  log.warn('c');
  log.error('d');
  expect(written.map((line) => line.trim().at(-1))).toEqual(['c', 'd']);
});
