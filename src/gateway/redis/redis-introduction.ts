import { BackendRefusal, clusterRefusal } from '../../core/backend-refusal.js';
import { RedisError } from './redis-error.js';
import type { RedisAddress } from './redis-url.js';
import { RespArray, type RespReply } from './resp-reader.js';

/** A command at the beginning of a connection. */
export interface IntroductionStep {
  readonly command: readonly string[];
  /** True when the connection works without the right to this command. */
  readonly optional: boolean;
}

/**
 * AUTH, SELECT and CLIENT SETNAME, as far as the address asks for them. Then three questions about
 * the kind of server, each of which the user may have no right to ask. PING fails when the server
 * needs a password or is still loading.
 */
export function introductionSteps({ username, password, db, clientName }: RedisAddress): IntroductionStep[] {
  const steps: IntroductionStep[] = [];
  if (password !== undefined) {
    const user = username === undefined ? [] : [username];
    steps.push({ command: ['AUTH', ...user, password], optional: false });
  }
  for (const command of QUESTIONS) steps.push({ command, optional: true });
  if (db > 0) steps.push({ command: ['SELECT', String(db)], optional: false });
  if (clientName !== undefined) steps.push({ command: ['CLIENT', 'SETNAME', clientName], optional: true });
  steps.push({ command: ['PING'], optional: true });
  return steps;
}

/** HELLO first, as it says the most: an ACL cannot forbid it, but a configuration can rename it. */
const QUESTIONS: readonly (readonly string[])[] = [
  ['HELLO'],
  ['INFO', 'server'],
  ['INFO', 'replication'],
  ['CLUSTER', 'INFO'],
];

/**
 * The reason why the connection cannot be used: a kind of server that is not supported, or the
 * first error reply.
 */
export function introductionRefusal(
  steps: readonly IntroductionStep[],
  replies: readonly RespReply[],
): BackendRefusal | RedisError | undefined {
  const said = replies.filter((_, index) => isQuestion(steps[index]));
  return unfitMode(said) ?? firstRefusal(steps, replies) ?? readOnly(said);
}

function isQuestion(step: IntroductionStep | undefined): boolean {
  return step !== undefined && QUESTIONS.includes(step.command);
}

function firstRefusal(steps: readonly IntroductionStep[], replies: readonly RespReply[]): RedisError | undefined {
  for (const [index, reply] of replies.entries()) {
    if (!(reply instanceof RedisError)) continue;
    const step = steps[index];
    if (isQuestion(step) && reply.code !== 'NOAUTH') continue;
    if (reply.code !== 'NOPERM' || step?.optional !== true) return reply;
  }
  return undefined;
}

function unfitMode(said: readonly RespReply[]): BackendRefusal | undefined {
  const modes = said.map(modeOf);
  if (modes.includes('cluster')) return clusterRefusal();
  if (!modes.includes('sentinel')) return undefined;
  return new BackendRefusal('it is a Sentinel, which keeps no data: name the port of the Redis that it watches');
}

/** Reads HELLO, INFO or CLUSTER INFO. CLUSTER INFO is an error on a server without a cluster. */
function modeOf(reply: RespReply): string | undefined {
  if (reply instanceof RespArray) return memberOf(reply, 'mode');
  if (typeof reply !== 'string') return undefined;
  if (reply.startsWith('cluster_')) return 'cluster';
  return /^(?:redis|server)_mode:(\w+)/m.exec(reply)?.[1];
}

/** Temporary: a replica may be promoted, or the address may come to name the new master. */
function readOnly(said: readonly RespReply[]): RedisError | undefined {
  const texts = said.filter((reply) => typeof reply === 'string');
  const isWritable = texts.some((text) => /^(?:slave|replica)_read_only:0/m.test(text));
  const isReplica =
    texts.some((text) => /^role:(?:slave|replica)\s/m.test(text)) ||
    said.some((reply) => reply instanceof RespArray && memberOf(reply, 'role') === 'replica');
  if (!isReplica || isWritable) return undefined;
  return new RedisError('READONLY it is a replica that takes no writes; the address must be that of the master');
}

/** The value of a key in a map, which RESP 2 writes as a list. */
function memberOf({ values }: RespArray, key: string): string | undefined {
  const at = values.indexOf(key);
  return at < 0 || at % 2 === 1 ? undefined : String(values[at + 1]);
}
