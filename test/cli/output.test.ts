import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createTextSink } from '../../src/cli/output.js';

class Terminal extends PassThrough {
  readonly isTTY = true;
  readonly columns = 120;
}

describe('a text sink', () => {
  it('colours on a terminal only, and not when NO_COLOR or a dumb terminal forbid it', () => {
    expect(createTextSink(new Terminal(), {}).useColor).toBe(true);
    expect(createTextSink(new PassThrough(), {}).useColor).toBe(false);
    expect(createTextSink(new Terminal(), { NO_COLOR: '1' }).useColor).toBe(false);
    expect(createTextSink(new Terminal(), { NO_COLOR: '' }).useColor).toBe(true);
    expect(createTextSink(new Terminal(), { TERM: 'dumb' }).useColor).toBe(false);
  });

  it('draws over what it wrote on a terminal that can, colours or not', () => {
    expect(createTextSink(new Terminal(), { NO_COLOR: '1' }).canRedraw).toBe(true);
    expect(createTextSink(new Terminal(), { TERM: 'dumb' }).canRedraw).toBe(false);
    expect(createTextSink(new PassThrough(), {}).canRedraw).toBe(false);
  });

  it('knows the width of its terminal, and leaves room for every table elsewhere', () => {
    expect(createTextSink(new Terminal(), {}).columns).toBe(120);
    expect(createTextSink(new PassThrough(), {}).columns).toBe(160);
    expect(createTextSink(Object.assign(new Terminal(), { columns: 0 }), {}).columns).toBe(80);
  });

  it('goes quiet when its reader has gone', () => {
    const stream = new PassThrough();
    const sink = createTextSink(stream, {});
    sink.write('kept');
    stream.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    sink.write('dropped');
    expect(String(stream.read())).toBe('kept');
  });

  it('lets only a bounded amount wait for a reader that has stopped', () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const sink = createTextSink(stream, {}, { maxWaitingBytes: 1000 });
    for (let i = 0; i < 100; i += 1) sink.write('x'.repeat(100));
    expect(stream.writableLength + stream.readableLength).toBeLessThan(1500);
  });

  it('passes every other failure of its stream on', () => {
    const stream = new PassThrough();
    createTextSink(stream, {});
    expect(() => stream.emit('error', Object.assign(new Error('full'), { code: 'ENOSPC' }))).toThrow('full');
  });
});
