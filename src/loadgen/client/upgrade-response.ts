import { createHash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const MAX_HEAD_BYTES = 65_536;
const HEAD_END = Buffer.from('\r\n\r\n');

/** What came of an upgrade request. */
export interface UpgradeOutcome {
  /** Of the answer; 0 when it could not be understood. */
  readonly status: number;
  /** Why the connection is no WebSocket; undefined when it is one. */
  readonly problem?: string;
  /** Bytes that followed the answer's head: already frames. */
  readonly rest: Buffer;
}

/** Reads the answer to one upgrade request as its bytes arrive. */
export class UpgradeResponse {
  private head = Buffer.alloc(0);

  constructor(private readonly key: string) {}

  /** Takes a copy of the bytes; the outcome as soon as the whole head has come. */
  receive(bytes: Buffer): UpgradeOutcome | undefined {
    this.head = Buffer.concat([this.head, bytes]);
    const end = this.head.indexOf(HEAD_END);
    if (end < 0) {
      if (this.head.length <= MAX_HEAD_BYTES) return undefined;
      return { status: 0, problem: `the answer's head is longer than ${MAX_HEAD_BYTES} bytes`, rest: Buffer.alloc(0) };
    }
    const lines = this.head.toString('latin1', 0, end).split('\r\n');
    return { ...this.judge(lines), rest: this.head.subarray(end + HEAD_END.length) };
  }

  private judge(lines: readonly string[]): Omit<UpgradeOutcome, 'rest'> {
    const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(lines[0] ?? '')?.[1] ?? 0);
    if (status === 0) return { status, problem: 'the answer is no HTTP' };
    if (status !== 101) return { status, problem: `the server answered ${status} instead of 101` };
    const headers = parseHeaders(lines);
    if (headers.get('upgrade')?.toLowerCase() !== 'websocket') {
      return { status, problem: 'the answer names no upgrade to websocket' };
    }
    if (headers.get('sec-websocket-accept') !== acceptOf(this.key)) {
      return { status, problem: 'the answer has a wrong Sec-WebSocket-Accept' };
    }
    if (headers.has('sec-websocket-extensions')) {
      return { status, problem: 'the server chose an extension that was not offered' };
    }
    return { status };
  }
}

function parseHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return headers;
}

function acceptOf(key: string): string {
  return createHash('sha1')
    .update(key + GUID)
    .digest('base64');
}
