import { MAX_HEAD_BYTES } from '../../src/gateway/transport/http/http-serve.js';
import { loadUws } from '../../src/gateway/transport/uws/uws-transport.js';

const LONG_QUERY_BYTES = 256 * 1024;

/**
 * Loads uWebSockets.js with the largest limit for heads that any test needs. The library reads that
 * limit once per process, and test files share processes. Where it cannot be loaded, the tests that
 * need it say so.
 */
await loadUws(MAX_HEAD_BYTES + LONG_QUERY_BYTES).catch(() => undefined);
