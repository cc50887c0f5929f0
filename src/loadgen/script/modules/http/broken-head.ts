/** Node's error for bytes that are not a valid HTTP response. */
export interface ParseError {
  readonly code: string;
  readonly rawPacket?: Buffer;
}

const MAX_HEAD_BYTES = 10 * 1024 * 1024;

/** Maximum size of a response head, as in k6. */
export const HTTP_HEAD_LIMIT_BYTES = MAX_HEAD_BYTES;

/**
 * Returns the reason why a response could not be read, in the words of Go's `net/http` that k6
 * scripts know; undefined if Go has none for it.
 */
export function brokenHeadText({ code, rawPacket }: ParseError): string | undefined {
  if (code === 'HPE_HEADER_OVERFLOW')
    return `net/http: server response headers exceeded ${MAX_HEAD_BYTES} bytes; aborted`;
  const text = rawPacket?.toString('latin1') ?? '';
  const [statusLine = '', ...lines] = text.split('\r\n\r\n', 1)[0]?.split(/\r?\n/) ?? [];
  return statusProblem(statusLine) ?? headerProblem(lines) ?? lengthProblem(lines);
}

function statusProblem(line: string): string | undefined {
  const [proto = '', status] = line.split(' ');
  if (status === undefined) return `malformed HTTP response ${JSON.stringify(line)}`;
  if (!/^HTTP\/\d\.\d$/.test(proto)) return `malformed HTTP version ${JSON.stringify(proto)}`;
  return /^\d{3}$/.test(status) ? undefined : `malformed HTTP status code ${JSON.stringify(status)}`;
}

function headerProblem(lines: readonly string[]): string | undefined {
  const line = lines.find((candidate) => candidate !== '' && !/^[ \t]/.test(candidate) && !candidate.includes(':'));
  return line === undefined ? undefined : `malformed MIME header: missing colon: ${JSON.stringify(line)}`;
}

function lengthProblem(lines: readonly string[]): string | undefined {
  const lengths = lines.flatMap((line) => /^content-length:(.*)$/i.exec(line)?.[1]?.trim() ?? []);
  const [first = ''] = lengths;
  if (lengths.some((length) => length !== first)) {
    const shown = lengths.map((length) => JSON.stringify(length)).join(' ');
    return `http: message cannot contain multiple Content-Length headers; got [${shown}]`;
  }
  return lengths.length === 0 || /^\d+$/.test(first) ? undefined : `bad Content-Length ${JSON.stringify(first)}`;
}
