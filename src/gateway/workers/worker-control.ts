import { z } from 'zod';

/**
 * Messages that start, watch and end a worker process. They travel over Node's channel between the
 * processes; events and calls travel over the link.
 */

const listenAddress = z.object({ host: z.string(), port: z.number() });

/** A route that the supervisor serves, and that workers hand over to it. */
const handedRoute = z.object({ path: z.string(), method: z.enum(['GET', 'POST']), open: z.boolean() });

const workerStart = z.object({
  kind: z.literal('start'),
  /** Number of the worker, from 1 to `workers`. A worker that replaces another has its number. */
  worker: z.number(),
  workers: z.number(),
  /** The configuration before validation, as the supervisor read it, so that both read the same. */
  given: z.object({ values: z.record(z.string(), z.unknown()), baseDir: z.string() }),
  /** The node number in use, which may be leased. */
  node: z.number(),
  /** The address of clients, never with port 0. */
  listen: listenAddress,
  /** Path of the unix socket of the link. */
  linkPath: z.string(),
  /** Path of the unix socket on which the supervisor answers requests that workers hand over. */
  handoverPath: z.string(),
  handedRoutes: z.array(handedRoute),
  log: z.object({ format: z.enum(['json', 'classic']), level: z.enum(['debug', 'info', 'warn', 'error']) }),
});

const toWorker = z.discriminatedUnion('kind', [
  workerStart,
  /** Reload files besides the configuration; answered with `reloaded`. */
  z.object({ kind: z.literal('reload') }),
  /** Accept no more connections and close all within `spreadMs`; answered with `empty`. */
  z.object({ kind: z.literal('drain'), spreadMs: z.number() }),
  /** End; sent when every event of the worker has been flushed. */
  z.object({ kind: z.literal('stop') }),
]);

const fromWorker = z.discriminatedUnion('kind', [
  /** The worker reads messages from now on; answered with `start`. */
  z.object({ kind: z.literal('loaded') }),
  z.object({ kind: z.literal('listening') }),
  z.object({
    kind: z.literal('failed'),
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    problems: z.array(z.string()),
  }),
  /** Sent each second while the worker's event loop turns. */
  z.object({ kind: z.literal('beat') }),
  z.object({ kind: z.literal('reloaded') }),
  /** All connections are closed, and the supervisor has acknowledged their events. */
  z.object({ kind: z.literal('empty') }),
]);

/** Configuration of a worker, sent to its process. */
export type WorkerStart = z.infer<typeof workerStart>;
/** A message from the supervisor. */
export type ToWorker = z.infer<typeof toWorker>;
/** A message from a worker. */
export type FromWorker = z.infer<typeof fromWorker>;

/** Reads a message from the supervisor; undefined for anything else. */
export function readToWorker(message: unknown): ToWorker | undefined {
  return toWorker.safeParse(message).data;
}

/** Reads a message from a worker; undefined for anything else. */
export function readFromWorker(message: unknown): FromWorker | undefined {
  return fromWorker.safeParse(message).data;
}
