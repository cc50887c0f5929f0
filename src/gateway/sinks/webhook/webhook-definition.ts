import { validateHeaderName, validateHeaderValue } from 'node:http';
import { z } from 'zod';
import { maskUrl } from '../../../core/masked-url.js';
import { brokerAddr } from '../broker-addr.js';
import { defineSink, required } from '../sink-definition.js';
import { WebhookSink, type WebhookSinkConfig } from './webhook-sink.js';

const MIB = 1024 * 1024;
/** Headers that the sink sets itself, and those that belong to the connection. */
const OWN_HEADERS = /^(content-type|content-length|transfer-encoding|connection|host|x-wsg-.*)$/i;

const headers = z.record(
  z.string().superRefine((name, context) => {
    const problem = OWN_HEADERS.test(name) ? 'is set by the sink' : headerProblem(() => validateHeaderName(name));
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  }),
  // Values are often secrets, so no message may contain one.
  z.string().refine((value) => headerProblem(() => validateHeaderValue('x', value)) === undefined, {
    error: 'must hold no characters that HTTP does not allow in a header',
  }),
);

const keys = z
  .object({
    url: brokerAddr('http', 'https').describe('`http://` or `https://` URL that gets batches by POST; off when empty.'),
    secret: z.string().default('').describe('Key of the HMAC-SHA256 signature of each request; unsigned when empty.'),
    headers: headers.default({}).describe('Headers of each request.'),
    max_batch_events: z.int().min(1).max(10_000).default(500).describe('Events per request.'),
    max_batch_bytes: z.int().min(1024).default(MIB).describe('Bytes per request; a larger event is sent alone.'),
    timeout_s: z.number().min(0.1).max(300).default(10).describe('Timeout of a request.'),
    required,
  })
  .prefault({})
  .describe('Webhook sink.');

/** An HTTP endpoint that takes batches of events. */
export const webhookDefinition = defineSink({
  name: 'webhook',
  keys,
  secretKeys: ['url', 'secret', 'headers'],
  resolve: ({ url, ...sink }): WebhookSinkConfig | undefined => {
    if (url === '') return undefined;
    return {
      url,
      secret: sink.secret || undefined,
      headers: sink.headers,
      maxBatchEvents: sink.max_batch_events,
      maxBatchBytes: sink.max_batch_bytes,
      timeoutMs: sink.timeout_s * 1000,
    };
  },
  address: ({ url }) => maskUrl(url),
  mayRefuse: true,
  create: (config, deps) => new WebhookSink(config, deps),
});

function headerProblem(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch {
    return 'is not a header name';
  }
}
