import type { Endpoint } from '../../src/gateway/connection/endpoint.js';

/** An endpoint with these tags for each new connection. */
export function testEndpoint(setTags: Readonly<Record<string, string>> = {}): Endpoint {
  return {
    path: '/t',
    maxMessageBytes: 1024,
    idleTimeoutS: 60,
    maxBufferedBytes: 1024 * 1024,
    compression: false,
    setTags: new Map(Object.entries(setTags)),
    includeTags: [],
    policy: 'close',
    maxQueueBytes: 64 * 1024,
    lowWaterBytes: 4096,
  };
}
