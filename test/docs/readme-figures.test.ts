import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '../..');
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

const Result = z.object({
  machine: z.object({ date: z.string() }),
  rows: z.array(z.record(z.string(), z.union([z.string(), z.number()]))),
});

/** Bench results with a lookup: the figure in one column of the row with these cells. */
function readBench(name: string) {
  const { machine, rows } = Result.parse(JSON.parse(readFileSync(join(ROOT, `bench/results/${name}.json`), 'utf8')));
  const figure = (cells: Readonly<Record<string, string | number>>, column: string): number => {
    const row = rows.find((each) => Object.entries(cells).every(([key, value]) => String(each[key]) === String(value)));
    return Number.parseFloat(String(row?.[column]));
  };
  const sum = (column: string): number => rows.reduce((total, row) => total + Number(row[column]), 0);
  return { date: machine.date.slice(0, 10), figure, sum };
}

/** The cells of the README's row that begins with this text. */
function rowOf(what: string): readonly string[] {
  const line = readme.split('\n').find((each) => each.startsWith(`| ${what}`)) ?? '';
  return line.split(' | ').map((cell) => cell.replaceAll('|', '').trim());
}

const fanOut = readBench('fan-out');
const idle = readBench('idle-connections');
const stalled = readBench('stalled-reader');
const scripts = readBench('scripts');
const clock = readBench('clock');
const agreement = readBench('k6-agreement');
const SHARED = 'foo=bar, the same for all';
const onWs = { clients: 1000, 'in flight': 16, server: 'wsg on ws, one pair' };
const growth = (server: string): number => stalled.figure({ server }, 'growth of RSS, MiB');
const memory = (server: string, tags: string): number =>
  idle.figure({ server, tags }, 'kB RSS a connection, 0 to 10,000');
const p50 = { what: 'response time p50 at 7336/s' };

describe('the figures of README.md', () => {
  it.each([
    ['CPU of a message to 1,000 clients', fanOut.figure(onWs, 'of nchan').toFixed(2), fanOut.date],
    ['the same, beside Centrifugo', fanOut.figure(onWs, 'of Centrifugo').toFixed(2), fanOut.date],
    ['the same, of a server that only sends', fanOut.figure(onWs, 'of bare uWS').toFixed(2), fanOut.date],
    [
      'memory of an idle connection',
      (memory('wsg on ws', SHARED) / memory('bare ws', 'none, and no ids')).toFixed(2),
      idle.date,
    ],
    [
      'memory for a client that stops reading',
      `${(growth('wsg on ws, close') / growth('nchan')).toFixed(2)} (\`close\`) to ${(growth('wsg on ws, drop-oldest') / growth('nchan')).toFixed(2)} (\`drop-oldest\`)`,
      stalled.date,
    ],
    [
      'messages that a script receives',
      scripts
        .figure({ load: '(i) one message a segment, 50 k/s offered', 'virtual users': 100 }, 'wsg to ws')
        .toFixed(2),
      scripts.date,
    ],
    ['p50 that `echo` reports', (clock.figure(p50, 'measured') / clock.figure(p50, 'truth')).toFixed(2), clock.date],
  ])('%s: as bench/results has them', (what, ratio, date) => {
    const [, shown, , dated] = rowOf(what);
    expect({ shown, dated }).toEqual({ shown: ratio, dated: date });
  });

  it('count the facts that agree with k6', () => {
    const [agreed, explained, unexplained] = ['agreed', 'differ, explained', 'differ, not explained'].map(
      agreement.sum,
    );
    expect(unexplained).toBe(0);
    const total = ((agreed ?? 0) + (explained ?? 0)).toLocaleString('en');
    const text = `${(agreed ?? 0).toLocaleString('en')} of ${total}; the other ${explained}`;
    expect(rowOf('facts about k6 scripts')[1]).toContain(text);
    expect(rowOf('facts about k6 scripts')[3]).toBe(agreement.date);
  });
});
