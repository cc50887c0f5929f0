import { BackendRefusal, clusterRefusal } from '../../core/backend-refusal.js';
import { RedisError } from './redis-error.js';
import type { RedisAddress } from './redis-url.js';
import { RespArray, type RespReply } from './resp-reader.js';

/** A command with which a connection begins. */
export interface IntroductionStep {
  readonly command: readonly string[];
  /** True where a user without the right to it is let in all the same. */
  readonly optional: boolean;
}

/**
 * AUTH, SELECT and a name, as far as the address asks for them; three questions, each of which a
 * user may be forbidden, about what kind of Redis this is; PING tells whether Redis wanted a
 * password, or is still loading.
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

/** Says the most first: access lists cannot forbid HELLO, but a configuration can rename it. */
const QUESTIONS: readonly (readonly string[])[] = [
  ['HELLO'],
  ['INFO', 'server'],
  ['INFO', 'replication'],
  ['CLUSTER', 'INFO'],
];

/**
 * What keeps us out: a Redis that is none of the kinds that events can be given to, or the first
 * answer that says no.
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

/** What HELLO, INFO or CLUSTER INFO say; CLUSTER INFO is an error where there is none. */
function modeOf(reply: RespReply): string | undefined {
  if (reply instanceof RespArray) return memberOf(reply, 'mode');
  if (typeof reply !== 'string') return undefined;
  if (reply.startsWith('cluster_')) return 'cluster';
  return /^(?:redis|server)_mode:(\w+)/m.exec(reply)?.[1];
}

/** Passes when the replica is promoted, or the address stands for the new master. */
function readOnly(said: readonly RespReply[]): RedisError | undefined {
  const texts = said.filter((reply) => typeof reply === 'string');
  const isWritable = texts.some((text) => /^(?:slave|replica)_read_only:0/m.test(text));
  const isReplica =
    texts.some((text) => /^role:(?:slave|replica)\s/m.test(text)) ||
    said.some((reply) => reply instanceof RespArray && memberOf(reply, 'role') === 'replica');
  if (!isReplica || isWritable) return undefined;
  return new RedisError('READONLY it is a replica that takes no writes; the address must be that of the master');
}

/** The value behind a key of a map, which RESP 2 writes as a list. */
function memberOf({ values }: RespArray, key: string): string | undefined {
  const at = values.indexOf(key);
  return at < 0 || at % 2 === 1 ? undefined : String(values[at + 1]);
}
