import type { WebhookSinkConfig } from '../../src/gateway/sinks/webhook/webhook-sink.js';

/** The default configuration for this URL, without a secret. */
export function webhookConfig(url: string, changed: Partial<WebhookSinkConfig> = {}): WebhookSinkConfig {
  return {
    url,
    secret: undefined,
    headers: {},
    maxBatchEvents: 500,
    maxBatchBytes: 1024 * 1024,
    timeoutMs: 10_000,
    ...changed,
  };
}
