import { createHash } from 'node:crypto';
import type { DialTarget } from './dial-target.js';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
export const UNWANTED_EXTENSION = 'the server chose an extension that was not offered';
/** The beginning of the message for a response that is not HTTP; its first line follows. */
export const NO_HTTP = 'the response is not HTTP: ';
const MAX_HEAD_BYTES = 65_536;
/** Maximum number of bytes that are read from the body of a response that is not an upgrade. */
const MAX_BODY_BYTES = 1024;
const HEAD_END = Buffer.from('\r\n\r\n');

/** Headers of a response in their original order and spelling. */
export type ResponseHeaders = readonly (readonly [name: string, value: string])[];

/** The result of an upgrade request. */
export interface UpgradeOutcome {
  /** The status of the response; 0 if it is invalid. */
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** The beginning of the body of a response that is not an upgrade. */
  readonly body: string;
  /** The reason why the connection is not a WebSocket; undefined if it is. */
  readonly problem?: string;
  /** The offered subprotocol that the server chose; '' for none. */
  readonly subprotocol: string;
  /** The value of Sec-WebSocket-Extensions if the server accepted the offered extension. */
  readonly extensions?: string;
  /** Bytes after the head of the response: the first frames. */
  readonly rest: Buffer;
}

interface Head {
  readonly status: number;
  readonly headers: ResponseHeaders;
}

/** Parses the response to an upgrade request as its bytes arrive. */
export class UpgradeResponse {
  #bytes = Buffer.alloc(0);
  #headEnd = -1;

  readonly #key: string;
  readonly #offer: Pick<DialTarget, 'offersDeflate' | 'subprotocols'>;

  constructor(key: string, offer: Pick<DialTarget, 'offersDeflate' | 'subprotocols'>) {
    this.#key = key;
    this.#offer = offer;
  }

  /**
   * Copies the bytes. Returns the outcome once the head is complete and, for a response that is not
   * an upgrade, its body.
   */
  receive(bytes: Buffer): UpgradeOutcome | undefined {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.#headEnd < 0) this.#headEnd = this.#bytes.indexOf(HEAD_END);
    if (this.#headEnd < 0) {
      if (this.#bytes.length <= MAX_HEAD_BYTES) return undefined;
      return failure({ status: 0, headers: [] }, `the head of the response is longer than ${MAX_HEAD_BYTES} bytes`);
    }
    const head = this.#parseHead();
    const rest = this.#bytes.subarray(this.#headEnd + HEAD_END.length);
    if (head.status === 101 || head.status === 0) return { ...this.#judge(head), rest };
    const length = Number(headerOf(head.headers, 'content-length') ?? Number.POSITIVE_INFINITY);
    return rest.length >= Math.min(length, MAX_BODY_BYTES) ? this.#refused(head, rest) : undefined;
  }

  /** Returns the outcome if the stream ends here; undefined if the head is incomplete. */
  end(): UpgradeOutcome | undefined {
    if (this.#headEnd < 0) return undefined;
    return this.#refused(this.#parseHead(), this.#bytes.subarray(this.#headEnd + HEAD_END.length));
  }

  #refused(head: Head, body: Buffer): UpgradeOutcome {
    const text = unchunked(head, body).toString('utf8', 0, MAX_BODY_BYTES);
    return { ...failure(head, `the server responded with ${head.status} instead of 101`), body: text };
  }

  #parseHead(): Head {
    const lines = this.#bytes.toString('latin1', 0, this.#headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(lines[0] ?? '')?.[1] ?? 0);
    const headers = lines.slice(1).flatMap((line): [string, string][] => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1).trim()]] : [];
    });
    return { status, headers };
  }

  #judge(head: Head): UpgradeOutcome {
    if (head.status === 0) {
      const [firstLine = ''] = this.#bytes.toString('latin1', 0, this.#headEnd).split('\r\n', 1);
      return failure(head, `${NO_HTTP}${JSON.stringify(firstLine)}`);
    }
    const problem = this.#handshakeProblem(head);
    if (problem !== undefined) return failure(head, problem);
    const extensions = headerOf(head.headers, 'sec-websocket-extensions');
    if (extensions !== undefined && !this.#isOffered(extensions)) {
      return failure(head, UNWANTED_EXTENSION);
    }
    const subprotocol = headerOf(head.headers, 'sec-websocket-protocol') ?? '';
    if (!this.#mayChoose(subprotocol)) {
      return failure(head, `the server chose the subprotocol ${subprotocol}, which was not offered`);
    }
    return { ...head, body: '', subprotocol, rest: Buffer.alloc(0), ...(extensions !== undefined && { extensions }) };
  }

  #handshakeProblem({ headers }: Head): string | undefined {
    if (headerOf(headers, 'upgrade')?.toLowerCase() !== 'websocket')
      return 'the response has no "Upgrade: websocket" header';
    if (headerOf(headers, 'sec-websocket-accept') !== acceptOf(this.#key)) {
      return 'the response has a wrong Sec-WebSocket-Accept';
    }
    const isUpgrade = /(?:^|,)\s*upgrade\s*(?:,|$)/i.test(headerOf(headers, 'connection') ?? '');
    return isUpgrade ? undefined : 'the response has no "Connection: Upgrade" header';
  }

  /**
   * Whether the subprotocol is acceptable. As in k6, a server may choose one although none was
   * offered.
   */
  #mayChoose(subprotocol: string): boolean {
    const { subprotocols } = this.#offer;
    return subprotocol === '' || subprotocols.length === 0 || subprotocols.includes(subprotocol);
  }

  #isOffered(extensions: string): boolean {
    return this.#offer.offersDeflate && /^permessage-deflate(\s*;[^,]*)?$/.test(extensions);
  }
}

/** Returns the first header with this lower-case name. */
export function headerOf(headers: ResponseHeaders, name: string): string | undefined {
  return headers.find(([candidate]) => candidate.toLowerCase() === name)?.[1];
}

function failure({ status, headers }: Head, problem: string): UpgradeOutcome {
  return { status, headers, body: '', subprotocol: '', problem, rest: Buffer.alloc(0) };
}

/** Decodes the received part of a chunked body. */
function unchunked({ headers }: Head, body: Buffer): Buffer {
  if (!/chunked/i.test(headerOf(headers, 'transfer-encoding') ?? '')) return body;
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = lineEnd < 0 ? 0 : Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}

function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}
