import { Agent, get } from 'node:http';

const TICK_MS = 10;
const PROBE_EACH_MS = 100;
/** A shorter delay is the timer's own. */
const LEAST_MS = 3;

/**
 * Measures by how much a busy machine may have delayed answers: how late timers of this process
 * fire, and how long nodes that are well take to answer `GET /healthz`, which waits for nobody.
 */
export class BusyWatch {
  #delays = [];
  #timers = [];
  #agent = new Agent({ keepAlive: true });

  /** `isWell(node)` is whether no fault touches a node now. */
  start(nodes, isWell) {
    let dueMs = performance.now() + TICK_MS;
    const tick = () => {
      const lateMs = performance.now() - dueMs;
      if (lateMs > LEAST_MS) this.#delays.push({ fromMs: dueMs, toMs: performance.now(), who: 'harness' });
      dueMs = performance.now() + TICK_MS;
    };
    this.#timers.push(setInterval(tick, TICK_MS));
    for (const node of nodes) {
      const state = { isAsking: false };
      this.#timers.push(setInterval(() => this.#probe({ node, isWell, state }), PROBE_EACH_MS));
    }
  }

  stop() {
    for (const timer of this.#timers) clearInterval(timer);
    this.#agent.destroy();
  }

  /** The allowance for an answer: what this process lost meanwhile, and the slowest node. */
  allowanceMs({ sentAtMs, answeredAtMs = sentAtMs }) {
    let lostMs = 0;
    let slowestMs = 0;
    for (const { fromMs, toMs, who } of this.#delays) {
      const overlapMs = Math.min(toMs, answeredAtMs) - Math.max(fromMs, sentAtMs);
      if (overlapMs <= 0) continue;
      if (who === 'harness') lostMs += overlapMs;
      else slowestMs = Math.max(slowestMs, toMs - fromMs);
    }
    return lostMs + slowestMs;
  }

  #probe({ node, isWell, state }) {
    if (state.isAsking || !isWell(node)) return;
    state.isAsking = true;
    const fromMs = performance.now();
    const done = (isAnswered) => {
      state.isAsking = false;
      const toMs = performance.now();
      if (isAnswered && isWell(node) && toMs - fromMs > LEAST_MS) this.#delays.push({ fromMs, toMs, who: node.name });
    };
    const sent = get({ host: '127.0.0.1', port: node.port, path: '/healthz', agent: this.#agent }, (response) => {
      response.resume().once('end', () => done(true));
      response.once('error', () => done(false));
    });
    sent.once('error', () => done(false));
  }
}
