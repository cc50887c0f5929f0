import { z } from 'zod';
import type { BatchOutcome, CallOutcome, ConnectionStatus, TreeOutcome } from '../bus/bus.js';
import type { ListingPage } from './open-listings.js';

const pairs = z.array(z.tuple([z.string(), z.string()]));
const tally = z.array(z.tuple([z.string(), z.number()]));
const answer = z.object({
  error: z.string().optional(),
  silent: z.array(z.string()).default([]),
  counts: tally.default([]),
  refused: pairs.default([]),
  totals: z.array(z.number()).default([]),
  connections: z.array(z.tuple([z.string(), pairs])).default([]),
  hasMore: z.boolean().default(false),
  tree: z.array(z.tuple([z.string(), z.array(z.string())])).default([]),
  isKnown: z.boolean().default(false),
});

/** The answer of the supervisor to a call that a worker handed to it. */
export type RelayedAnswer = z.infer<typeof answer>;

/** Encodes an answer; what is left out is empty. */
export function encodeRelayed(given: z.input<typeof answer>): Buffer {
  return Buffer.from(JSON.stringify(given));
}

/** Decodes an answer. Throws the error that the call failed with. */
export function decodeRelayed(body: Uint8Array): RelayedAnswer {
  const read = answer.parse(JSON.parse(Buffer.from(body).toString()));
  if (read.error !== undefined) throw new Error(read.error);
  return read;
}

/** The fields of the answer to a call that reached connections. */
export function outcomeFields({ counts, silent, refused }: CallOutcome) {
  return { counts: [...counts], silent: [...silent], refused: [...refused] };
}

/** The fields of the answer to a batch. */
export function batchFields({ totals, silent, refused }: BatchOutcome) {
  return { totals: [...totals], silent: [...silent], refused: [...refused] };
}

/** The fields of a page of a listing. */
export function pageFields({ connections, hasMore, silent }: ListingPage) {
  return { connections: connections.map(toEntry), hasMore, silent: [...silent] };
}

/** The fields of the answer to a call for the tags in use. */
export function treeFields({ tree, silent }: TreeOutcome) {
  return { tree: Array.from(tree, toBranch), silent: [...silent] };
}

function toBranch([key, values]: readonly [string, readonly string[]]): [string, string[]] {
  return [key, [...values]];
}

function toEntry({ id, tags }: ConnectionStatus): [string, [string, string][]] {
  return [id, [...tags]];
}
