import { idlePlaceholder, parseTemplate } from '../template/template.js';
import type { ConfigFile } from './config-schema.js';

/** A sentence about one key. */
export interface KeyWarning {
  readonly path: readonly string[];
  readonly text: string;
}

/** Placeholders of sinks that are on which can give nothing but their default. */
export function templateWarnings({ endpoints, ...file }: ConfigFile): KeyWarning[] {
  const { stream_redis: redis, stream_amqp: amqp, stream_nats: nats } = file;
  const variables = new Set(endpoints.flatMap((endpoint) => Object.keys(endpoint.json_extract_vars)));
  const keys = [
    { isOn: redis.addr !== '', path: ['stream_redis', 'stream_name'], template: redis.stream_name },
    { isOn: amqp.addr !== '', path: ['stream_amqp', 'routing_key'], template: amqp.routing_key },
    { isOn: nats.addr !== '', path: ['stream_nats', 'subject'], template: nats.subject },
  ];
  return keys
    .filter(({ isOn }) => isOn)
    .flatMap(({ path, template }) => idleSentences(template, variables).map((text) => ({ path, text })));
}

function idleSentences(template: string, variables: ReadonlySet<string>): string[] {
  return parseTemplate(template).flatMap((part) => {
    const why = typeof part === 'string' ? undefined : idlePlaceholder(part, variables);
    return typeof part === 'string' || why === undefined
      ? []
      : [`'${part.text}' ${why}: it always gives '${part.fallback}'`];
  });
}
