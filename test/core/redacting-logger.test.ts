import { expect, it } from 'vitest';
import { redactingLogger } from '../../src/core/redacting-logger.js';
import { RecordingLogger } from '../support/recording-logger.js';

function logged(fields: Readonly<Record<string, unknown>>): unknown {
  const log = new RecordingLogger();
  redactingLogger(log).warn('some.event', fields);
  return log.lines[0]?.fields;
}

it.each([
  'password',
  'Authorization',
  'set-cookie',
  'api_key',
  'apiKey',
  'x-api-key',
  'hmacSecret',
  'access_token',
  'credentials',
])('a field called %s is hidden', (name) => {
  expect(logged({ [name]: 'marked' })).toEqual({ [name]: '***' });
});

it.each([
  ['connect to amqp://user:marked@host:5672/v failed', 'connect to amqp://***@host:5672/v failed'],
  ['redis://:ma/rk#ed@host/0', 'redis://***@host/0'],
  ['nats://marked@host', 'nats://***@host'],
  ['GET /ws?room=1&token=marked&x=2', 'GET /ws?room=1&token=***&x=2'],
  ['sent Authorization: Bearer marked.token', 'sent Authorization: Bearer ***'],
  [`bad eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln token`, 'bad *** token'],
])('a secret inside the text %s is hidden', (text, shown) => {
  expect(logged({ reason: text })).toEqual({ reason: shown });
});

it('lists and what is nested are looked through', () => {
  expect(logged({ servers: ['nats://a:b@h'], options: { inner: { secret: 's', port: 1 } } })).toEqual({
    servers: ['nats://***@h'],
    options: { inner: { secret: '***', port: 1 } },
  });
});

it('does not change text that is not a secret', () => {
  const masked = 'amqp://guest:***@host:5672/';
  const fields = {
    masked,
    address: '127.0.0.1:5000',
    path: '/connect',
    url: 'http://host:80/a?b=c',
    count: 3,
    open: true,
  };
  expect(logged(fields)).toEqual(fields);
});

it('an object that holds itself ends somewhere', () => {
  const loop: Record<string, unknown> = {};
  loop['self'] = loop;
  expect(JSON.stringify(logged({ loop }))).toContain('***');
});
