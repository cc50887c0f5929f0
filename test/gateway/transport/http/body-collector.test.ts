import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { BodyCollector } from '../../../../src/gateway/transport/http/body-collector.js';
import { chooseTransport } from '../../../../src/gateway/transport/choose-transport.js';

const LIMIT = 100_000;

describe('BodyCollector', () => {
  it('returns the body from chunks of any size, whatever length was announced', async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 10 });
    const announcement = fc.constantFrom('none', 'true', 'too little', 'too much');
    await fc.assert(
      fc.asyncProperty(chunks, announcement, fc.boolean(), async (parts, announced, isLastKnown) => {
        const whole = Buffer.concat(parts);
        const lengths = { none: 0, true: whole.length, 'too little': 1, 'too much': LIMIT };
        const body = new BodyCollector(LIMIT, lengths[announced]);
        for (const [index, part] of parts.entries()) {
          const chunk = Uint8Array.from(part);
          body.add(chunk, isLastKnown && index === parts.length - 1);
          chunk.fill(0);
        }
        if (!isLastKnown) body.end();
        const got = await body.done;
        expect(got).toEqual(whole);
      }),
    );
  });

  beforeAll(async () => {
    await chooseTransport('ws');
  });

  it('keeps no more memory than the body, whatever length was announced', async () => {
    const body = new BodyCollector(LIMIT, LIMIT);
    body.add(new Uint8Array(10_000), false);
    body.end();
    expect((await body.done)?.buffer.byteLength).toBe(10_000);
  });

  it('keeps a large body with room for a frame head, and no more', async () => {
    const body = new BodyCollector(LIMIT, LIMIT);
    body.add(new Uint8Array(50_000), false);
    body.end();
    const kept = await body.done;
    expect(kept).toHaveLength(50_000);
    expect(kept?.buffer.byteLength).toBe(50_010);
  });

  it('discards a body that exceeds the limit, is announced as larger or is incomplete', async () => {
    const outgrown = new BodyCollector(10, 0);
    outgrown.add(new Uint8Array(10), false);
    outgrown.add(new Uint8Array(1), true);
    const announced = new BodyCollector(10, 11);
    announced.add(new Uint8Array(1), true);
    const broken = new BodyCollector(10, 10);
    broken.add(new Uint8Array(1), false);
    broken.abort();
    broken.add(new Uint8Array(1), true);
    expect(await Promise.all([outgrown.done, announced.done, broken.done])).toEqual([undefined, undefined, undefined]);
  });

  it('accepts a body of exactly the limit', async () => {
    const body = new BodyCollector(10, 10);
    body.add(new Uint8Array(10), true);
    expect((await body.done)?.length).toBe(10);
  });
});
