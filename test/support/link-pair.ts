import { connect, createServer, type Server, type Socket } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { FrameLink } from '../../src/gateway/workers/frame-link.js';

interface LinkSockets {
  readonly input: Socket;
  readonly output: Socket;
}

/** Two ends of a link over real unix sockets. They are closed when the test ends. */
export async function linkPair(worker = 1) {
  const folder = await mkdtemp(join(tmpdir(), 'wsg-link-'));
  const [up, down] = [await socketPair(join(folder, 'up')), await socketPair(join(folder, 'down'))];
  await rm(folder, { recursive: true });
  const ofSupervisor: LinkSockets = { input: up.far, output: down.near };
  const ofWorker: LinkSockets = { input: down.far, output: up.near };
  const link = {
    supervisor: new FrameLink({ ...ofSupervisor, worker }),
    worker: new FrameLink({ ...ofWorker, worker }),
  };
  onTestFinished(() => {
    link.supervisor.destroy('the test ends');
    link.worker.destroy('the test ends');
  });
  const socketsOf = (end: FrameLink): LinkSockets => (end === link.supervisor ? ofSupervisor : ofWorker);
  const chunksOf = (end: FrameLink) => {
    const chunks = { count: 0 };
    socketsOf(end).input.on('data', () => (chunks.count += 1));
    return chunks;
  };
  return { ...link, socketsOf, chunksOf };
}

async function socketPair(path: string): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const server: Server = createServer();
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const near = connect(path);
  const far = await accepted;
  server.close();
  return { near, far };
}
