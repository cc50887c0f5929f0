import { queryObjects } from 'node:v8';
import { expect, it } from 'vitest';
import * as library from 'ws';
import { onTransport } from '../transport-fixture.js';

/**
 * How many readers of the library there are, those of other tests in this process included. Its
 * types leave the class out.
 */
function readers(): number {
  const reader: unknown = Reflect.get(library, 'Receiver');
  if (typeof reader !== 'function') throw new Error('the ws library has no Receiver any more');
  return queryObjects(reader, { format: 'count' });
}

onTransport('ws', 'an idle connection', (bench) => {
  it('has no reader of the library until it is closed', async () => {
    const fixture = await bench.start();
    const before = readers();
    const clients = [await bench.raw(fixture), await bench.raw(fixture), await bench.raw(fixture)];
    const connection = await fixture.handler.next('open');
    expect(clients).toHaveLength(3);
    const idle = readers();
    // Those of other tests may have gone meanwhile.
    expect(idle).toBeLessThanOrEqual(before);
    connection.socket.end('drain');
    expect(readers()).toBe(idle + 1);
  });
});
