import { randomBytes } from 'node:crypto';
import { brotliCompressSync, brotliDecompressSync, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { asText, bytesOf, isObject, encodeValues } from '../../runtime/values.js';

/** A file in a multipart body: k6's `http.file`. */
export class FileData {
  readonly data: unknown;
  readonly filename: string;
  readonly content_type: string;

  constructor(content: unknown, filename?: unknown, contentType?: unknown) {
    this.data = content;
    this.filename = filename === undefined ? randomBytes(8).toString('hex') : asText(filename);
    this.content_type = contentType === undefined ? 'application/octet-stream' : asText(contentType);
  }
}

/** The body of a request and its default content type. */
export interface RequestBody {
  readonly bytes: Buffer;
  readonly contentType?: string;
}

/**
 * Encodes a body. Texts and bytes are unchanged. An object becomes a form, multipart if it contains
 * a file. Returns undefined for no body.
 */
export function requestBody(body: unknown): RequestBody | undefined {
  if (body === undefined || body === null) return undefined;
  const bytes = bytesOf(Array.isArray(body) ? asText(body) : body);
  if (bytes !== undefined) return { bytes };
  if (!isObject(body)) return { bytes: Buffer.from(asText(body)) };
  const fields = Object.entries(body);
  return fields.some(([, value]) => value instanceof FileData) ? multipart(fields) : urlEncoded(fields);
}

function urlEncoded(fields: readonly [string, unknown][]): RequestBody {
  const values = Object.fromEntries(
    fields.map(([name, value]) => [name, Array.isArray(value) ? value.map(goText) : goText(value)]),
  );
  return { bytes: Buffer.from(encodeValues(values)), contentType: 'application/x-www-form-urlencoded' };
}

/** Formats a value as Go would print it. */
function goText(value: unknown): string {
  return value === null || value === undefined ? '<nil>' : asText(value);
}

function multipart(fields: readonly [string, unknown][]): RequestBody {
  const boundary = `wsg${randomBytes(16).toString('hex')}`;
  const parts = fields.map(([name, value]) => {
    const isFile = value instanceof FileData;
    const fileName = isFile ? `; filename="${value.filename}"` : '';
    const type = isFile ? `Content-Type: ${value.content_type}\r\n` : '';
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${fileName}\r\n${type}\r\n`;
    const content = isFile ? bytesOf(value.data) : Buffer.from(asText(value));
    return Buffer.concat([Buffer.from(head), content ?? Buffer.alloc(0), Buffer.from('\r\n')]);
  });
  const bytes = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
  return { bytes, contentType: `multipart/form-data; boundary=${boundary}` };
}

/** Compresses with each given algorithm (`gzip`, `deflate`, `br`) in order. */
export function compressBody(bytes: Buffer, algorithms: readonly string[]): Buffer {
  return algorithms.reduce((compressed, algorithm) => {
    if (algorithm === 'gzip') return gzipSync(compressed);
    if (algorithm === 'deflate') return deflateSync(compressed);
    if (algorithm === 'br') return brotliCompressSync(compressed);
    throw new Error(`unknown compression algorithm ${algorithm}; supported are gzip, deflate and br`);
  }, bytes);
}

/** Decodes the content encoding of a response, as far as it is known. */
export function decompressBody(bytes: Buffer, contentEncoding: string): Buffer {
  const encodings = contentEncoding.split(',').map((name) => name.trim().toLowerCase());
  return encodings.reduceRight((plain, encoding) => {
    if (plain.length === 0) return plain;
    if (encoding === 'gzip') return gunzipSync(plain);
    if (encoding === 'deflate') return inflateSync(plain);
    return encoding === 'br' ? brotliDecompressSync(plain) : plain;
  }, bytes);
}
