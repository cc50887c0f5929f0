import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { between } from '../chaos/random.mjs';
import { ROOMS } from './crowd.mjs';

const ANSWER_BOUND_MS = 60_000;
/** Idle connections end before nodes close them, which is after 10 s: a call would meet that. */
const IDLE_MS = 5_000;
/** Pause of the poster that takes turns, and the one after a call that failed. */
const TURN_MS = 5;
const AGAIN_MS = 50;
/** Share of the calls that select one room alone. */
const ROOM_SHARE = 0.3;
/** Share of the calls that ask for the count of each node. */
const REPORT_SHARE = 0.8;

/**
 * Posts numbered messages to all nodes and notes what is answered; see judge/judge.d.mts. At each
 * node calls begin at a steady rate, whether or not earlier ones have been answered. One more
 * poster goes from node to node and posts only once it was answered.
 */
export class Posters {
  calls = [];
  #random;
  #agents = new Map();
  #isStopping = false;
  #running = [];
  #underWay = new Set();

  constructor(random) {
    this.#random = random;
  }

  start(nodes, callsPerSecond) {
    for (const node of nodes) this.#running.push(this.#steadily(node, callsPerSecond));
    this.#running.push(this.#inTurn(nodes));
  }

  /** Resolves once everything is answered or broken. */
  async stop() {
    this.#isStopping = true;
    await Promise.all(this.#running);
    await Promise.all(this.#underWay);
    for (const agent of this.#agents.values()) agent.destroy();
  }

  /** One call; resolves to its record once it is answered or its connection broke. */
  async post(node, { room, isReport = false } = {}) {
    const call = { number: this.calls.length + 1, node: node.name, room, sentAtMs: performance.now() };
    Object.assign(call, { answeredAtMs: undefined, status: undefined, count: 0, silent: [], allowanceMs: 0 });
    this.calls.push(call);
    const selector = room === undefined ? 'run=cluster' : `room=${room}`;
    const answer = await this.#request(node, `/send?${selector}${isReport ? '&report=json' : ''}`, String(call.number));
    if (answer !== undefined) readAnswer(call, answer);
    return call;
  }

  async #steadily(node, callsPerSecond) {
    let dueMs = performance.now();
    while (!this.#isStopping) {
      dueMs = Math.max(dueMs + 1_000 / callsPerSecond, performance.now() - 100);
      await sleep(Math.max(0, dueMs - performance.now()));
      const posted = this.post(node, this.#wish()).finally(() => this.#underWay.delete(posted));
      this.#underWay.add(posted);
    }
  }

  async #inTurn(nodes) {
    for (let turn = 0; !this.#isStopping; turn++) {
      const { status } = await this.post(nodes[turn % nodes.length], this.#wish());
      await sleep(status === 200 ? TURN_MS : AGAIN_MS);
    }
  }

  #wish() {
    const isForRoom = this.#random() < ROOM_SHARE;
    const room = isForRoom ? ROOMS[Math.floor(between(this.#random, 0, ROOMS.length))] : undefined;
    return { room, isReport: this.#random() < REPORT_SHARE };
  }

  #request(node, path, body) {
    const agent = this.#agents.get(node) ?? new Agent({ keepAlive: true, timeout: IDLE_MS });
    this.#agents.set(node, agent);
    const options = { host: '127.0.0.1', port: node.port, path, method: 'POST', agent, timeout: ANSWER_BOUND_MS };
    return new Promise((resolve) => {
      const sent = request(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        response.once('end', () => resolve({ response, text, answeredAtMs: performance.now() }));
        response.once('close', () => resolve(undefined));
      });
      sent.once('error', () => resolve(undefined));
      sent.once('timeout', () => sent.destroy());
      sent.end(body);
    });
  }
}

function readAnswer(call, { response, text, answeredAtMs }) {
  const silent = response.headers['wsg-incomplete'];
  Object.assign(call, { answeredAtMs, status: response.statusCode, silent: silent?.split(/\s*,\s*/) ?? [] });
  if (call.status !== 200) call.reason = text.slice(0, 200);
  else if (text.startsWith('{')) Object.assign(call, readReport(text));
  else call.count = Number(text);
}

function readReport(text) {
  const { count, nodes } = JSON.parse(text);
  return { count, perNode: nodes };
}
