import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ListenAddress } from '../../core/listen-address.js';
import type { RunHeader } from '../../run-file/records.js';
import { dashboardPage, DASHBOARD_STYLE } from '../../summary/page/dashboard-page.js';
import { DASHBOARD_SCRIPT } from '../../summary/page/dashboard-script.js';
import { dashboardSecond } from '../../summary/page/dashboard-second.js';
import { UPLOT_SCRIPT, UPLOT_STYLE } from '../../summary/page/uplot-assets.js';
import type { RunSnapshot } from '../../summary/live/run-snapshot.js';
import type { LoadOutput } from './load-outputs.js';
import { LocalServer } from './local-server.js';

/** History for a page that is opened late: 4 hours. */
const MAX_SECONDS = 14_400;
/**
 * Maximum number of unsent bytes per page. A slower page is disconnected; it reconnects by itself
 * and receives the history.
 */
const MAX_WAITING_BYTES = 8 * 2 ** 20;

const FILES: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/uplot.js': ['text/javascript', UPLOT_SCRIPT],
  '/uplot.css': ['text/css', UPLOT_STYLE],
  '/dashboard.js': ['text/javascript', DASHBOARD_SCRIPT],
  '/dashboard.css': ['text/css', DASHBOARD_STYLE],
};

const HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; frame-ancestors 'none'",
} as const;

/**
 * Serves a page with charts during the run, from memory. Each second is sent as a Server-Sent
 * Event.
 */
export class DashboardOutput implements LoadOutput {
  readonly description: string = '';
  readonly #server: LocalServer;
  readonly #pages = new Set<ServerResponse>();
  readonly #history: string[] = [];
  #header: RunHeader | undefined;

  constructor(address: ListenAddress) {
    this.#server = new LocalServer(address, 'dashboard', (request, response) => this.#answer(request, response));
  }

  get url(): string {
    return this.#server.url;
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  takeSnapshot(snapshot: RunSnapshot): void {
    this.#header = snapshot.header;
    const second = JSON.stringify(dashboardSecond(snapshot));
    this.#history.push(second);
    if (this.#history.length > MAX_SECONDS) this.#history.shift();
    for (const page of this.#pages) {
      if (page.writableLength > MAX_WAITING_BYTES) page.destroy();
      else page.write(`event: second\ndata: ${second}\n\n`);
    }
  }

  async stop(): Promise<readonly string[]> {
    for (const page of this.#pages) page.end();
    await this.#server.stop();
    return [];
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    const file = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
    if (request.method !== 'GET') send(response, 405, ['text/plain', 'GET only\n']);
    else if (path === '/') send(response, 200, ['text/html', dashboardPage(this.#header)]);
    else if (path === '/events') this.#stream(response);
    else if (file === undefined) send(response, 404, ['text/plain', 'not found\n']);
    else send(response, 200, file);
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream' });
    response.write(`event: history\ndata: [${this.#history.join(',')}]\n\n`);
    this.#pages.add(response);
    response.on('close', () => this.#pages.delete(response));
  }
}

function send(response: ServerResponse, status: number, [type, text]: readonly [string, string]): void {
  response.writeHead(status, { ...HEADERS, 'Content-Type': `${type}; charset=utf-8` });
  response.end(text);
}
