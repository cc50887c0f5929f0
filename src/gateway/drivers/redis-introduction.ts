import { RedisError } from './redis-error.js';
import type { RedisAddress } from './redis-url.js';
import type { RespReply } from './resp-reader.js';

/** A command with which a connection begins. */
export interface IntroductionStep {
  readonly command: readonly string[];
  /** True where a user without the right to it is let in all the same. */
  readonly optional: boolean;
}

/** AUTH, SELECT and a name, as far as the address asks for them; PING tells whether Redis wanted a password, or is still loading. */
export function introductionSteps({ username, password, db, clientName }: RedisAddress): IntroductionStep[] {
  const steps: IntroductionStep[] = [];
  if (password !== undefined) {
    const user = username === undefined ? [] : [username];
    steps.push({ command: ['AUTH', ...user, password], optional: false });
  }
  if (db > 0) steps.push({ command: ['SELECT', String(db)], optional: false });
  if (clientName !== undefined) steps.push({ command: ['CLIENT', 'SETNAME', clientName], optional: true });
  steps.push({ command: ['PING'], optional: true });
  return steps;
}

/** The first answer that keeps us out. */
export function introductionRefusal(
  steps: readonly IntroductionStep[],
  replies: readonly RespReply[],
): RedisError | undefined {
  for (const [index, reply] of replies.entries()) {
    if (!(reply instanceof RedisError)) continue;
    if (reply.code !== 'NOPERM' || steps[index]?.optional !== true) return reply;
  }
  return undefined;
}
