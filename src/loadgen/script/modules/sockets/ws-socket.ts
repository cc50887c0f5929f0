import { wrongType, isFunction, typedName } from '../values.js';
import type { WsSession } from './ws-session.js';

const GOING_AWAY = 1001;

/** The socket that scripts of `k6/ws` get. */
export class WsSocket {
  readonly #session: WsSession;

  constructor(session: WsSession) {
    this.#session = session;
  }

  on(event: unknown, handler: unknown): void {
    this.#session.on(String(event), handler);
  }

  /** Sends a text message. Counts also when the socket is closed already, which `error` handlers hear of. */
  send(message: unknown): unknown {
    const session = this.#session;
    if (!session.isOpen) return this.#sendLate();
    session.connection.sendText(String(message));
    return undefined;
  }

  sendBinary(message: unknown): unknown {
    if (message === undefined) throw new TypeError('missing argument, expected ArrayBuffer');
    if (!(message instanceof ArrayBuffer)) {
      throw new TypeError(`expected ArrayBuffer as argument, received: ${typedName(message)}`);
    }
    const session = this.#session;
    if (!session.isOpen) return this.#sendLate();
    session.connection.sendBinary(new Uint8Array(message));
    return undefined;
  }

  ping(): unknown {
    const session = this.#session;
    if (!session.isOpen) return session.refuseToSend();
    session.connection.ping();
    return undefined;
  }

  setTimeout(callback: unknown, timeoutMs: unknown): void {
    const session = this.#session;
    if (!isFunction(callback)) throw wrongType('setTimeout()', callback, 'a function');
    const delayMs = checkDelay('setTimeout', timeoutMs);
    session.addTimer((forget) =>
      session.vu.thread.clock.schedule(() => {
        forget();
        session.enqueue(() => session.vu.guard.call(callback, undefined, []));
      }, delayMs),
    );
  }

  /** Ticks that come while the script is busy are one. */
  setInterval(callback: unknown, intervalMs: unknown): void {
    const session = this.#session;
    if (!isFunction(callback)) throw wrongType('setInterval()', callback, 'a function');
    const delayMs = checkDelay('setInterval', intervalMs);
    session.addTimer(() => {
      const { clock } = session.vu.thread;
      let dueMs = clock.now() + delayMs;
      let isPending = false;
      let cancel = clock.schedule(tick, delayMs);
      function tick(): void {
        const now = clock.now();
        dueMs += delayMs * Math.max(1, Math.ceil((now - dueMs) / delayMs));
        cancel = clock.schedule(tick, Math.max(0, dueMs - now));
        if (isPending) return;
        isPending = true;
        session.enqueue(() => {
          isPending = false;
          return callback === undefined || !isFunction(callback)
            ? undefined
            : session.vu.guard.call(callback, undefined, []);
        });
      }
      return () => cancel();
    });
  }

  /** With 1001, or whatever number is given: k6 sends any. */
  close(...args: readonly unknown[]): void {
    this.#session.close(args.length === 0 ? GOING_AWAY : toInt64(args[0]));
  }

  #sendLate(): unknown {
    this.#session.connection.countNoMessage();
    return this.#session.refuseToSend();
  }
}

/** As Go's runtime makes an integer of a value. */
function toInt64(value: unknown): number {
  const number = Math.trunc(Number(value));
  return Number.isNaN(number) ? 0 : Math.min(Math.max(number, -(2 ** 63)), 2 ** 63);
}

function checkDelay(name: string, value: unknown): number {
  const delayMs = Number(value);
  if (delayMs > 0) return delayMs;
  throw new Error(`${name} requires a >0 timeout parameter, received ${Number(value).toFixed(2)}`);
}
