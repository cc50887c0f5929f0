import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { processTree } from './process-tree.mjs';

const START_MS = 10_000;
const STOP_MS = 5_000;

/** Ports of loopback that were free a moment ago. */
export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/**
 * Starts a server that is not Node's, on one core, and waits until it listens and its children run.
 */
export async function startDaemon(command, { core, port }) {
  const [file, ...args] = core === undefined ? command : ['taskset', '-c', String(core), ...command];
  const child = spawn(file, args, { stdio: 'ignore' });
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const deadline = performance.now() + START_MS;
  while (!(await listens(port))) {
    if (isOver() || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${command.join(' ')} does not listen on port ${port}`);
    }
    await wait(50);
  }
  await wait(300);
  return {
    pids: () => processTree(child.pid),
    async stop() {
      if (isOver()) return;
      const exited = once(child, 'exit');
      const tree = processTree(child.pid);
      child.kill('SIGTERM');
      await Promise.race([exited, wait(STOP_MS)]);
      if (isOver()) return;
      for (const pid of tree) kill(pid);
    },
  };
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (isUp) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.on('connect', () => answer(true));
    socket.on('error', () => answer(false));
  });
}
