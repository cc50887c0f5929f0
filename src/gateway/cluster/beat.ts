import { z } from 'zod';
import type { NodeBoot } from './engines/engine-link.js';

const boot = z.tuple([z.number(), z.number()]).transform(([node, since]): NodeBoot => ({ node, boot: since }));

const beat = z.object({
  /** Distinguishes two processes that started in the same millisecond. */
  nonce: z.string(),
  host: z.string(),
  version: z.string(),
  /** Whether it still starts, and has not heard all others yet. */
  isJoining: z.boolean(),
  /** Whether its beats come back to it: else calls do not reach it either, although it is heard. */
  hearsItself: z.boolean(),
  /** The first word of its `/readyz`. */
  state: z.string(),
  connections: z.number(),
  workers: z.number(),
  /** `host:port` of its internal API for other programs, if one is configured. */
  address: z.string().optional(),
  /** Time after its end during which its log may still deliver events; 0: it has no log. */
  closesAfterMs: z.number(),
  upMs: z.number(),
  /** Asks every other node to say that it counts the sender. */
  asks: z.boolean(),
  /** Nodes that the sender counts from now on: it waits for their answers to all later calls. */
  counts: z.array(boot).readonly(),
  /** Other nodes that the sender hears, said to one that joins. */
  hears: z.array(boot).readonly(),
  /** Nodes that the sender does not count any more. */
  forgot: z.array(boot).readonly(),
});

/** The state of a node, sent by it each second. */
export type Beat = z.infer<typeof beat>;

export function encodeBeat({ counts, hears, forgot, ...fields }: Beat): Uint8Array {
  const lists = { counts: counts.map(pair), hears: hears.map(pair), forgot: forgot.map(pair) };
  return Buffer.from(JSON.stringify({ ...fields, ...lists }));
}

/** Decodes a beat; undefined for a body that is not one. */
export function decodeBeat(body: Uint8Array): Beat | undefined {
  try {
    return beat.parse(JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()));
  } catch {
    return undefined;
  }
}

function pair({ node, boot: since }: NodeBoot): [number, number] {
  return [node, since];
}
