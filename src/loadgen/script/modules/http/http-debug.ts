import { randomUUID } from 'node:crypto';
import type { VuContext } from '../../runtime/vu-context.js';
import type { RoundTrip } from './http-marks.js';
import type { ScriptRequest } from './http-request.js';

/**
 * Logs a request and its response like k6's `--http-debug`: the heads and, with `full`, also the
 * bodies.
 */
export class HttpDebug {
  readonly #fields: Readonly<Record<string, string | number>>;

  readonly #vu: VuContext;
  readonly #isFull: boolean;

  private constructor(vu: VuContext, isFull: boolean) {
    this.#vu = vu;
    this.#isFull = isFull;
    const { group, number, iterationInInstance, tags } = vu;
    const scenario = tags.get('scenario');
    this.#fields = {
      group,
      iter: iterationInInstance,
      request_id: randomUUID(),
      vu: number,
      ...(scenario !== undefined && { scenario }),
    };
  }

  /** Returns undefined if HTTP debugging is off. */
  static of(vu: VuContext): HttpDebug | undefined {
    const { httpDebug } = vu.thread.runtime;
    return httpDebug === undefined ? undefined : new HttpDebug(vu, httpDebug === 'full');
  }

  request({ method, url, body }: ScriptRequest, headers: Readonly<Record<string, string>>): void {
    const { Host: host, ...others } = headers;
    const head = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `Host: ${host}`];
    this.#write('Request', [...head, ...Object.entries(others).map(([name, value]) => `${name}: ${value}`)], body);
  }

  response({ proto, statusText, rawHeaders, body }: RoundTrip): void {
    const lines = [`${proto} ${statusText}`];
    for (let index = 0; index + 1 < rawHeaders.length; index += 2)
      lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
    this.#write('Response', lines, body);
  }

  #write(what: string, lines: readonly string[], body: Buffer | undefined): void {
    const shown = this.#isFull && body !== undefined ? body.toString('utf8') : '';
    const text = `${what}:\n${lines.join('\n')}\n\n${shown}\n`;
    this.#vu.thread.log.write({ level: 'info', text, source: 'http-debug', fields: this.#fields });
  }
}
