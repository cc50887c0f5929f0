import { z } from 'zod';
import { maskUrl } from '../../../core/masked-url.js';
import { template } from '../../template/template.js';
import { brokerAddrs } from '../broker-addr.js';
import { defineSink, required } from '../sink-definition.js';
import { NatsSink, type NatsSinkConfig } from './nats-sink.js';

const streamName = z
  .string()
  .regex(/^[^\s.*>/\\]+$/, { error: 'is not a stream name: no white space and none of . * > / \\' });

/**
 * A subject that may be a template. The check replaces each placeholder by one character, so it
 * finds problems that no value of a placeholder can resolve.
 */
const subjectTemplate = z
  .string()
  .refine((subject) => /^[^\s.*>]+(\.[^\s.*>]+)*$/.test(subject.replaceAll(/\{[^{}]*\}/g, 'x')), {
    error: 'is not a subject: no white space, no wildcard and no empty token between dots',
  });

const keys = z
  .object({
    addr: brokerAddrs('nats', 'tls').describe(
      '`nats://` or `tls://` URL, or several with commas, with credentials; off when empty.',
    ),
    stream: streamName.default('connectionevents').describe('JetStream stream; created when it does not exist.'),
    subject: template(subjectTemplate).describe('Subject; may be a template.').default('connectionevents'),
    required,
  })
  .prefault({})
  .describe('NATS JetStream sink.');

/** NATS JetStream. */
export const natsDefinition = defineSink({
  name: 'nats',
  keys,
  secretKeys: ['addr'],
  resolve: ({ addr, stream, subject }): NatsSinkConfig | undefined =>
    addr === '' ? undefined : { addr, stream, subject },
  address: ({ addr }) => maskUrl(addr),
  destination: { key: 'subject', template: ({ subject }) => subject, finish: withoutEmptyTokens },
  mayRefuse: true,
  create: (config, deps) => new NatsSink(config, deps),
});

/** NATS refuses a subject with two dots in a row, or one at an end. */
function withoutEmptyTokens(subject: string): string {
  return subject.replace(/(^|\.)(?=\.|$)/g, (_, dot: string) => (subject === '' ? '' : `${dot}_`));
}
