import { expect, it } from 'vitest';
import { isPublishable, isTaken, streamSubject } from '../../../../src/gateway/sinks/nats/nats-sink.js';

it.each([
  ['events', 'events'],
  ['a.b.c', 'a.b.c'],
  ['room.{tag.room}', 'room.>'],
  ['room.{tag.room}.x', 'room.>'],
  ['a.b-{json.x:1.2}.c', 'a.>'],
  ['{tag.x}', '>'],
])('the stream of %s takes %s', (template, subject) => {
  expect(streamSubject(template)).toBe(subject);
});

it.each([
  ['a.b', ['a.b'], true],
  ['a.b', ['a.*'], true],
  ['a.b', ['x', '>'], true],
  ['a.b.c', ['a.>'], true],
  ['a', ['a.>'], false],
  ['a.b.c', ['a.*'], false],
  ['a', ['a.*'], false],
  ['a.b', ['a.c', 'b.*'], false],
  ['a.b', [], false],
])('%s at a stream of %j: %s', (subject, subjects, taken) => {
  expect(isTaken(subject, subjects)).toBe(taken);
});

it('a subject has no empty part, no wildcard and no white space', () => {
  for (const subject of ['a', 'a.b', 'ä.b-c:d_e']) expect([subject, isPublishable(subject)]).toEqual([subject, true]);
  for (const subject of ['', '.', 'a.', '.a', 'a..b', 'a.*', '>', 'a b', 'a\r\nb']) {
    expect([subject, isPublishable(subject)]).toEqual([subject, false]);
  }
});
