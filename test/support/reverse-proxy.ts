import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { buildGo, findGo } from './go-program.js';

const SOURCE = fileURLToPath(new URL('reverse-proxy.go', import.meta.url));

/**
 * Go's `httputil.ReverseProxy`, which has to be built before the tests. Without Go, a stand-in on
 * Node that sends the same header lines in the same order; standard error then says so.
 */
export class ReverseProxies {
  /** Undefined without Go. */
  #program: string | undefined;

  async build(): Promise<void> {
    if (findGo() === undefined) {
      process.stderr.write('There is no Go: a stand-in on Node takes the place of its reverse proxy.\n');
      return;
    }
    this.#program = await buildGo(dirname(SOURCE), basename(SOURCE));
  }

  /** Starts a proxy, which ends with the test, and resolves with its port. */
  start(target: string): Promise<number> {
    return this.#program === undefined ? startStandIn(target) : startProgram(this.#program, target);
  }

  async remove(): Promise<void> {
    if (this.#program !== undefined) await rm(this.#program, { force: true });
  }
}

async function startProgram(program: string, target: string): Promise<number> {
  const proxy = spawn(program, [target], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void proxy.kill());
  for await (const line of createInterface(proxy.stdout)) return Number(line.split(':').at(-1));
  throw new Error('the proxy ended before it listened');
}

async function startStandIn(target: string): Promise<number> {
  const server = createServer({ maxHeaderSize: 1024 * 1024 }, (incoming, answer) => {
    const names = Object.keys(incoming.headers).toSorted();
    const headers = Object.fromEntries(names.map((name) => [name, incoming.headers[name]]));
    const client = incoming.socket.remoteAddress ?? '';
    const forwarded = [incoming.headers['x-forwarded-for'], client].filter((hop) => hop !== undefined).join(', ');
    const options = { method: incoming.method, headers: { ...headers, 'X-Forwarded-For': forwarded } };
    const outgoing = request(`${target}${incoming.url}`, options, (response) => {
      answer.writeHead(response.statusCode ?? 502);
      response.pipe(answer);
    });
    outgoing.on('error', () => answer.writeHead(502).end());
    incoming.pipe(outgoing);
  });
  server.maxHeadersCount = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
