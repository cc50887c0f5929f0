import type { ListenAddress } from '../../core/listen-address.js';
import type { RunSnapshot } from '../../summary/live/run-snapshot.js';
import type { LoadOutput } from './load-outputs.js';
import { LocalServer } from './local-server.js';
import { prometheusText } from '../../summary/exporters/prometheus-text.js';

/** Serves the run so far to Prometheus at `GET /metrics` while it lasts. */
export class PrometheusOutput implements LoadOutput {
  readonly #server: LocalServer;
  #text = '';

  constructor(address: ListenAddress) {
    this.#server = new LocalServer(address, 'out', (request, response) => {
      const isFound = request.url === '/metrics' && request.method === 'GET';
      response.writeHead(isFound ? 200 : 404, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(isFound ? this.#text : 'GET /metrics\n');
    });
  }

  get description(): string {
    return `prometheus (${this.#server.url}/metrics)`;
  }

  start(): Promise<void> {
    return this.#server.start();
  }

  takeSnapshot(snapshot: RunSnapshot): void {
    this.#text = prometheusText(snapshot);
  }

  async stop(): Promise<readonly string[]> {
    await this.#server.stop();
    return [];
  }
}
