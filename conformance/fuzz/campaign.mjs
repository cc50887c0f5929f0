import { setTimeout as sleep } from 'node:timers/promises';
import { EventStream } from '../support/event-stream.mjs';
import { GatewayApi } from '../support/gateway-api.mjs';
import { GatewayProcess } from '../support/gateway-process.mjs';
import { EventLedger } from './event-ledger.mjs';
import { MAX_MESSAGE_BYTES } from './frame-input.mjs';
import { FUZZED_PATH } from './handshake-input.mjs';
import { plantBug } from './planted.mjs';
import { sendInput } from './send-input.mjs';
import { Witness, WITNESS_PATH } from './witness.mjs';

const IN_FLIGHT = 48;
/** Longest wait for the gateway to be as it was before, unless told otherwise. */
const SETTLE_MS = 20_000;
/** Growth of RSS that is not counted as a leak: code compiled late, pages that allocators keep. */
export const RSS_BOUND = 48 * 1024 * 1024;
/** Share of inputs that warm the gateway up before its memory is measured. */
const WARM_UP = 0.1;

const MIB = 1024 * 1024;

/**
 * Configuration of the fuzzed gateway. Its buffers are small, so that growing memory does not come
 * from a buffer that fills up.
 */
function config(transport, workers) {
  const limits = { max_message_size_kb: MAX_MESSAGE_BYTES / 1024, max_queue_bytes: MIB };
  return {
    transport,
    workers,
    endpoints: [
      { path: FUZZED_PATH, set_tags: { kind: 'fuzz' }, ...limits },
      { path: WITNESS_PATH, set_tags: { role: 'witness' }, ...limits },
    ],
    max_send_body_bytes: MIB,
    prometheus: { enabled: true },
    events: { ring_max_bytes: 16 * MIB },
    outbox: { max_bytes: 64 * MIB },
  };
}

/** A gateway, a witness, an account of all events, and inputs sent to it, many at a time. */
export class Campaign {
  #gateway;
  #stream;
  #witness;
  #ledger = new EventLedger();
  #filesBefore = 0;
  #memoryBefore;
  /** Inputs under way: when the gateway dies one of these is the cause. */
  #underWay = new Set();
  counts = { inputs: 0, upgraded: 0 };
  perKind = {};

  static async start(transport, workers = 1) {
    const campaign = new Campaign();
    campaign.#gateway = await GatewayProcess.start(config(transport, workers));
    const { port } = campaign.#gateway;
    campaign.api = new GatewayApi(port);
    campaign.#stream = await EventStream.follow(port, (action, event) => campaign.#onEvent(action, event));
    campaign.#witness = await Witness.start(port, campaign.api);
    campaign.#filesBefore = campaign.#gateway.openFiles();
    return campaign;
  }

  get gateway() {
    return this.#gateway;
  }

  get witness() {
    return this.#witness;
  }

  get ledger() {
    return this.#ledger;
  }

  /**
   * Sends `count` inputs; stops early when the gateway or the witness is gone. `plant` names a bug
   * that the oracle has to find.
   */
  async run(inputs, count, { plant, inFlight = IN_FLIGHT, onProgress = () => undefined } = {}) {
    const marks = { warm: Math.floor(count * WARM_UP), plant: Math.floor(count / 2) };
    const work = async () => {
      while (this.counts.inputs < count && this.#isWell()) {
        const input = inputs.next().value;
        this.counts.inputs += 1;
        if (this.counts.inputs === marks.plant) await plantBug(plant, this);
        if (this.counts.inputs === marks.warm) this.#memoryBefore = await this.#gateway.memory();
        onProgress(this.counts.inputs);
        await this.#send(input);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, work));
  }

  /**
   * Waits until the gateway is as it was before and tells what is wrong: `{ faults, suspects,
   * figures }`.
   */
  async judge(settleMs = SETTLE_MS) {
    if (!this.#gateway.isRunning) return this.#death();
    try {
      return await this.#judgeAlive(settleMs);
    } catch (error) {
      // It may die while it is asked; that its end has been noticed comes a little later.
      await sleep(500);
      if (this.#gateway.isRunning) throw error;
      return this.#death();
    }
  }

  async #death() {
    const { code, signal } = await this.#gateway.ended;
    const fault = `the gateway died (${signal ?? code}):\n${this.#gateway.log}`;
    return { faults: [fault], suspects: [...this.#underWay], figures: this.#figures() };
  }

  async #judgeAlive(settleMs) {
    const faults = [];
    await this.#witness.rest();
    await this.#settle(settleMs);
    if (this.#witness.fault !== undefined) faults.push(this.#witness.fault);
    faults.push(...(await this.#leftovers()), ...this.#ledger.faults);
    const missing = this.counts.upgraded - (this.#ledger.opened - 1);
    if (missing > 0) faults.push(`${missing} clients were answered 101 and have no open event`);
    const memory = await this.#gateway.memory();
    const growth = memory.rss - (this.#memoryBefore?.rss ?? memory.rss);
    if (growth > RSS_BOUND) faults.push(`RSS grew by ${(growth / MIB).toFixed(1)} MiB, more than ${RSS_BOUND / MIB}`);
    return { faults, suspects: [], figures: { ...this.#figures(), ...memoryFigures(this.#memoryBefore, memory) } };
  }

  async stop() {
    if (this.#gateway.isRunning) await this.#witness.stop();
    this.#stream.stop();
    await this.#gateway.stop();
  }

  #onEvent(action, event) {
    this.#ledger.record(action, event);
    if (action === 'message' && event.connection === this.#witness?.id) this.#witness.seenByBackend(event.message);
  }

  #isWell() {
    return this.#gateway.isRunning && this.#witness.fault === undefined;
  }

  async #send(input) {
    this.perKind[input.kind] = (this.perKind[input.kind] ?? 0) + 1;
    this.#underWay.add(input);
    try {
      const { upgraded } = await sendInput(this.#gateway.port, input);
      if (upgraded) this.counts.upgraded += 1;
    } catch (error) {
      // A gateway that has died is told of by `judge`, with the inputs that were under way.
      await sleep(100);
      if (this.#gateway.isRunning) this.#ledger.faults.push(`cannot connect: ${error.message}`);
      else return;
    }
    this.#underWay.delete(input);
  }

  async #settle(settleMs) {
    const deadline = performance.now() + settleMs;
    while (performance.now() < deadline && (await this.#leftovers()).length > 0) await sleep(200);
  }

  /** Connections and events that did not exist before. */
  async #leftovers() {
    const found = [];
    const others = (await this.api.connections()).filter((id) => id !== this.#witness.id);
    if (others.length > 0) found.push(`/status shows ${others.length} connections besides the witness`);
    const unclosed = this.#ledger.open.filter((id) => id !== this.#witness.id);
    if (unclosed.length > 0) found.push(`${unclosed.length} connections have no close event, such as ${unclosed[0]}`);
    const gauge = await this.api.metric('active_connections_gauge');
    if (gauge !== 1) found.push(`active_connections_gauge is ${gauge} and not 1`);
    // The question itself may be asked on a connection that was not there before.
    const files = this.#gateway.openFiles() - this.#filesBefore;
    if (files > 4) found.push(`${files} more sockets are open than before`);
    return found;
  }

  #figures() {
    const { exchanged, slowest } = this.#witness;
    return {
      ...this.counts,
      opened: this.#ledger.opened - 1,
      messages: this.#ledger.messages,
      'witness exchanges': exchanged,
      'slowest exchange ms': Math.round(slowest),
    };
  }
}

function memoryFigures(before, after) {
  const mib = (bytes) => (bytes / MIB).toFixed(1);
  return {
    'RSS warm MiB': mib(before?.rss ?? 0),
    'RSS after MiB': mib(after.rss),
    'heap after MiB': mib(after.heapUsed),
  };
}
