import { connect, createServer, type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as later } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/**
 * Forwards bytes of a client to the server; `offset` is their position in all that this client has
 * sent.
 */
export type Forward = (server: Socket, bytes: Buffer, offset: number) => Promise<void>;

/**
 * Starts a TCP proxy that decides in which segments a client's bytes reach the server. Answers go
 * back unchanged. It ends with the test.
 */
export async function startRelay(targetPort: number, forward: Forward): Promise<number> {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const server = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, server]) sockets.add(socket.on('error', () => undefined));
    server.pipe(client);
    server.once('close', () => client.destroySoon());
    void forwardAll(client, server, forward);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

async function forwardAll(client: Socket, server: Socket, forward: Forward): Promise<void> {
  let offset = 0;
  try {
    for await (const bytes of client) {
      await forward(server, bytes, offset);
      offset += bytes.length;
    }
    server.end();
  } catch {
    server.destroy();
  }
}

/**
 * Cuts the client's bytes in two at this position. The server has read the first part before the
 * second is sent.
 */
export function cutAt(position: number): Forward {
  return async (server, bytes, offset) => {
    const cut = position - offset;
    if (cut <= 0 || cut >= bytes.length) {
      server.write(bytes);
      return;
    }
    server.write(bytes.subarray(0, cut));
    await turnOfTheLoop();
    server.write(bytes.subarray(cut));
  };
}

/** Sends segments of `segmentBytes`, one every `intervalMs`, as over a network. */
export function paced(segmentBytes: number, intervalMs: number): Forward {
  return async (server, bytes) => {
    let dueMs = performance.now();
    for (let at = 0; at < bytes.length; at += segmentBytes) {
      while (performance.now() < dueMs) await later(Math.max(1, dueMs - performance.now()));
      server.write(bytes.subarray(at, at + segmentBytes));
      dueMs = performance.now() + intervalMs;
    }
  };
}

/**
 * Waits for a poll phase of the event loop, in which a server in this process reads what was
 * written before.
 */
async function turnOfTheLoop(): Promise<void> {
  await turn();
  await turn();
}
