import { MAX_HEAD_BYTES } from '../../src/gateway/transport/http/http-serve.js';
import { loadUws } from '../../src/gateway/transport/uws/uws-transport.js';

const LONG_QUERY_BYTES = 256 * 1024;

/**
 * The library reads its limit for heads once a process, and test files share processes: it loads
 * here with the largest that any of them wants. Where it cannot load, the tests that need it say
 * so.
 */
await loadUws(MAX_HEAD_BYTES + LONG_QUERY_BYTES).catch(() => undefined);
