/**
 * The observable effects of a script of the differential test, and a clock that only its waiting
 * advances.
 */
export class World {
  lines = [];
  nowMs = 0;
  #timers = [];
  #lastId = 0;

  log(...parts) {
    this.lines.push(parts.map(text).join(' '));
  }

  later(ms, run) {
    this.#lastId += 1;
    this.#timers.push({ id: this.#lastId, atMs: this.nowMs + ms, run });
    return this.#lastId;
  }

  cancel(id) {
    this.#timers = this.#timers.filter((timer) => timer.id !== id);
  }

  /** Takes the timer that is due next, and advances the clock to it. */
  next() {
    this.#timers.sort((a, b) => a.atMs - b.atMs || a.id - b.id);
    const timer = this.#timers.shift();
    if (timer !== undefined) this.nowMs = Math.max(this.nowMs, timer.atMs);
    return timer;
  }
}

export function text(value) {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return JSON.stringify(value, replacer) ?? String(value);
}

function replacer(_key, value) {
  if (typeof value === 'function') return `function`;
  if (value instanceof Promise) return 'promise';
  if (value instanceof Map || value instanceof Set) return [...value];
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  return value;
}

export function response(url) {
  return { status: 200, url, body: '{"n":1}', json: () => ({ n: 1, url }) };
}

/** The events that `ws.connect` delivers to its socket, one call of the script each. */
export function socketOf(world, url) {
  const handlers = new Map();
  const timers = [];
  let isOpen = true;
  const of = (event) => handlers.get(event) ?? [];
  const socket = {
    url,
    on: (event, handler) => void handlers.set(event, [...of(event), handler]),
    send: (message) => world.log('send', message),
    setTimeout: (run, ms) => void timers.push({ run, ms }),
    close: () => void (isOpen = false),
  };
  function* calls() {
    for (const handler of of('open')) yield [handler, []];
    for (const message of ['one', 'two']) {
      if (isOpen) for (const handler of of('message')) yield [handler, [message]];
    }
    while (isOpen && timers.length > 0) yield [timers.shift().run, []];
    for (const handler of of('close')) yield [handler, []];
  }
  return { socket, calls };
}
