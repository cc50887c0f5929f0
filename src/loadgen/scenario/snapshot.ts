import { Pause } from '../../core/delay.js';
import type { MessageSink } from '../client/frame-walker.js';
import type { CheckRecorder } from '../metric/check-recorder.js';
import type { Series } from '../metric/series.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { FAILED_DIAL_PAUSE_MS } from './held-user.js';
import type { BuiltInDefinition, BuiltInPlan } from './scenario-definition.js';
import type { Scenario, UserDeps, VirtualUser } from './scenario.js';
import { Session } from './session.js';

const SECOND_MS = 1000;
const SWITCHING_PROTOCOLS = 101;
const HELLO = 'hello';
const EXPECTED_TEXTS = [HELLO, 'routine message'];

/**
 * The performance snapshot's script: connect; at an interval of 1, 2 or 3 s send a ping and
 * `hello`; check each message; close after 5 to 40 s; check that the handshake answered 101. After
 * a failed handshake the iteration waits for a second.
 */
export class SnapshotScenario implements Scenario {
  readonly #sink: MessageChecker;
  readonly #statusCheck: CheckRecorder;

  readonly #deps: UserDeps;
  readonly #seed: number;

  constructor(deps: UserDeps, checks: (name: string) => CheckRecorder, seed: number) {
    this.#deps = deps;
    this.#seed = seed;
    this.#sink = new MessageChecker(deps.metrics.messagesReceived, checks('data is correct'));
    this.#statusCheck = checks('status is 101');
  }

  createUser(vu: number): VirtualUser {
    return new SnapshotUser(this.#deps, this.#sink, this.#statusCheck, { vu, seed: this.#seed });
  }
}

class SnapshotUser implements VirtualUser {
  #session: Session | undefined;
  readonly #pause: Pause;
  readonly #vu: number;
  readonly #random: SeededRandom;

  readonly #deps: UserDeps;
  readonly #sink: MessageSink;
  readonly #statusCheck: CheckRecorder;

  constructor(
    deps: UserDeps,
    sink: MessageSink,
    statusCheck: CheckRecorder,
    { vu, seed }: { readonly vu: number; readonly seed: number },
  ) {
    this.#deps = deps;
    this.#sink = sink;
    this.#statusCheck = statusCheck;
    this.#vu = vu;
    this.#random = new SeededRandom(seed, vu);
    this.#pause = new Pause(deps.clock);
  }

  async iterate(): Promise<boolean> {
    const session = new Session(this.#deps, this.#sink, { vu: this.#vu });
    this.#session = session;
    const timers = new SessionTimers(this.#deps, session);
    const result = await session.run(() => timers.start(this.#random));
    timers.stop();
    if (result.wasInterrupted) return false;
    this.#statusCheck.add(result.status === SWITCHING_PROTOCOLS);
    if (result.error !== undefined) await this.#pause.wait(FAILED_DIAL_PAUSE_MS);
    return true;
  }

  interrupt(): void {
    this.#session?.interrupt();
    this.#pause.end();
  }
}

/** The timers of a session. */
class SessionTimers {
  #cancelTick: () => void = () => undefined;
  #cancelClose: () => void = () => undefined;
  #startMs = 0;
  #intervalMs = 0;

  readonly #deps: UserDeps;
  readonly #session: Session;

  constructor(deps: UserDeps, session: Session) {
    this.#deps = deps;
    this.#session = session;
  }

  start(random: SeededRandom): void {
    const { clock } = this.#deps;
    this.#intervalMs = random.integer(1, 3) * SECOND_MS;
    this.#startMs = clock.now();
    this.#scheduleTick(this.#startMs);
    this.#cancelClose = clock.schedule(() => this.#session.close(), random.integer(5, 40) * SECOND_MS);
  }

  stop(): void {
    this.#cancelTick();
    this.#cancelClose();
  }

  #scheduleTick(nowMs: number): void {
    const dueMs = nextTickMs(this.#startMs, this.#intervalMs, nowMs);
    this.#cancelTick = this.#deps.clock.schedule(() => this.#tick(dueMs), dueMs - nowMs);
  }

  #tick(dueMs: number): void {
    this.#session.ping(dueMs);
    this.#session.send(HELLO);
    // A timer may fire a fraction early: its tick must not be scheduled again.
    this.#scheduleTick(Math.max(dueMs, this.#deps.clock.now()));
  }
}

/**
 * Counts messages and the check 'data is correct'. It runs for each message, so bytes are compared
 * in place and nothing is allocated (bench/generator).
 */
class MessageChecker implements MessageSink {
  readonly #expected = EXPECTED_TEXTS.map((text) => Buffer.from(text));

  readonly #received: Series;
  readonly #check: CheckRecorder;

  constructor(received: Series, check: CheckRecorder) {
    this.#received = received;
    this.#check = check;
  }

  onMessage(bytes: Uint8Array, start: number, end: number): void {
    this.#received.add(1);
    for (const expected of this.#expected) {
      if (isSame(expected, bytes, start, end)) {
        this.#check.add(true);
        return;
      }
    }
    this.#check.add(false);
  }
}

function isSame(expected: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = expected;
  if (end - start !== length) return false;
  for (let index = 0; index < length; index += 1) {
    if (expected[index] !== bytes[start + index]) return false;
  }
  return true;
}

/**
 * The due time of the first tick after `nowMs`, at a multiple of the interval from `startMs`.
 * Missed ticks are skipped.
 */
export function nextTickMs(startMs: number, intervalMs: number, nowMs: number): number {
  const passed = Math.max(0, Math.floor((nowMs - startMs) / intervalMs));
  return startMs + (passed + 1) * intervalMs;
}

/** Settings of `snapshot`: none. */
export interface SnapshotPlan extends BuiltInPlan {
  readonly name: 'snapshot';
}

export const snapshot: BuiltInDefinition<SnapshotPlan> = {
  name: 'snapshot',
  options: [],
  metrics: [],
  executors: 'any',
  needsHelperLoop: true,
  silenceRemedy:
    'the gateway sends to these connections only when a backend or its helper loop does; ' +
    'start `wsg devhelpers`, or add --spawn-gateway',
  read: () => ({ name: 'snapshot' }),
  create:
    (_plan, { seed }) =>
    (part) =>
      new SnapshotScenario(part.deps, part.checks, seed),
};
