import type { Clock } from '../../core/clock.js';
import { errorMessage } from '../../core/error.js';
import type { Logger } from '../../core/logger.js';
import type { WorkerStart } from './worker-control.js';
import { WorkerProcess } from './worker-process.js';

/** Pauses before a worker is started again, by the number of its deaths within the last minute. */
const RESTART_MS = [100, 1_000, 5_000];
/** Deaths of all workers within a minute after which the gateway gives up. */
const MOST_DEATHS = 5;
const DEATHS_WITHIN_MS = 60_000;
const LOOK_EACH_MS = 1_000;
/** Silence after which a worker is reported. */
const DEGRADED_MS = 2_000;
/** Silence after which a worker is killed: its event loop hangs. */
const HUNG_MS = 10_000;
/** The same before it listens: it reads its modules, on a machine that may be busy. */
const START_HUNG_MS = 60_000;
/** Longest wait for a process to end after it was asked to, before it is killed. */
const END_MS = 2_000;

export interface WorkerPoolOptions {
  readonly workers: number;
  /** The module that worker processes run. */
  readonly entry: string;
  readonly startOf: (worker: number) => WorkerStart;
}

export interface WorkerPoolDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Called once when workers die again and again. */
  readonly onFailed: () => void;
}

/** State of a worker, for details of health and metrics. */
export interface WorkerState {
  readonly worker: number;
  /** `degraded`: no message came for 2 s, so its event loop is blocked or starved. */
  readonly state: 'up' | 'starting' | 'degraded' | 'down';
  readonly pid: number;
  readonly silentMs: number;
}

interface Slot {
  readonly worker: number;
  process: WorkerProcess | undefined;
  /** Times of its deaths within the last minute. */
  deathsMs: number[];
  cancelRestart: (() => void) | undefined;
}

/**
 * Keeps a fixed number of worker processes running: starts one that died again, after a pause, and
 * kills one whose event loop hangs.
 */
export class WorkerPool {
  readonly #options: WorkerPoolOptions;
  readonly #deps: WorkerPoolDeps;
  readonly #slots: readonly Slot[];
  #phase: 'starting' | 'running' | 'stopping' = 'starting';
  #hasFailed = false;
  #cancelLook: (() => void) | undefined;

  constructor(options: WorkerPoolOptions, deps: WorkerPoolDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#slots = Array.from({ length: options.workers }, (_, index) => {
      return { worker: index + 1, process: undefined, deathsMs: [], cancelRestart: undefined };
    });
  }

  /** Resolves when all workers listen; rejects with the error of the first that could not start. */
  async start(): Promise<void> {
    const processes = this.#slots.map((slot) => this.#launch(slot));
    this.#watch(this.#deps.clock.now());
    await Promise.all(processes.map(({ listening }) => listening));
    if (this.#phase === 'starting') this.#phase = 'running';
  }

  states(): WorkerState[] {
    return this.#slots.map(({ worker, process }) => {
      if (process === undefined) return { worker, state: 'down', pid: 0, silentMs: 0 };
      const { pid, isListening, silentMs } = process;
      const isSilent = silentMs > DEGRADED_MS;
      return { worker, state: isSilent ? 'degraded' : isListening ? 'up' : 'starting', pid, silentMs };
    });
  }

  /** Whether any worker accepts connections. */
  get isListening(): boolean {
    return this.#slots.some(({ process }) => process?.isListening === true);
  }

  /** Resolves when all workers that listen have reloaded their files. */
  async reload(): Promise<void> {
    const listening = this.#running().filter(({ isListening }) => isListening);
    await Promise.all(listening.map((process) => process.reload()));
  }

  /**
   * Lets all workers close their connections within `spreadMs`. Resolves when they have, and their
   * events have arrived. A worker that has not after `boundMs` is killed, as is one that does not
   * listen yet.
   */
  async drain(spreadMs: number, boundMs: number): Promise<void> {
    this.#stopRestarts();
    this.#killUnready();
    await Promise.all(
      this.#running().map(async (process) => {
        process.send({ kind: 'drain', spreadMs });
        const cancel = this.#deps.clock.schedule(() => process.kill(), boundMs);
        await process.empty;
        cancel();
      }),
    );
  }

  /** Ends all processes. Idempotent. */
  async stop(): Promise<void> {
    this.#stopRestarts();
    this.#cancelLook?.();
    this.#killUnready();
    const { clock } = this.#deps;
    await Promise.all(
      this.#running().map(async (process) => {
        process.send({ kind: 'stop' });
        const cancel = clock.schedule(() => process.kill(), END_MS);
        await process.ended;
        cancel();
      }),
    );
  }

  #running(): WorkerProcess[] {
    return this.#slots.flatMap(({ process }) => process ?? []);
  }

  /** Kills processes that may not read messages yet. */
  #killUnready(): void {
    for (const process of this.#running()) if (!process.isListening) process.kill();
  }

  #stopRestarts(): void {
    this.#phase = 'stopping';
    for (const slot of this.#slots) slot.cancelRestart?.();
  }

  #launch(slot: Slot): WorkerProcess {
    const { entry, startOf } = this.#options;
    const { clock, log } = this.#deps;
    const process = new WorkerProcess({ entry, start: startOf(slot.worker), clock });
    slot.process = process;
    log.info('worker.started', { worker: slot.worker, pid: process.pid });
    void process.ended.then((how) => this.#ended(slot, process, how));
    return process;
  }

  #ended(slot: Slot, process: WorkerProcess, how: string): void {
    slot.process = undefined;
    const { worker } = slot;
    // The start rejects with the reason of a worker that never listened. A Ctrl-C reaches a worker
    // before it can ignore it, and perhaps before the supervisor.
    if (this.#phase === 'stopping' || (this.#phase === 'starting' && !process.hasListened)) return;
    this.#deps.log.error('worker.died', { worker, pid: process.pid, reason: how });
    this.#restartLater(slot);
  }

  #restartLater(slot: Slot): void {
    const { clock, onFailed } = this.#deps;
    const nowMs = clock.now();
    const isRecent = (atMs: number): boolean => nowMs - atMs < DEATHS_WITHIN_MS;
    slot.deathsMs = [...slot.deathsMs.filter(isRecent), nowMs];
    const deaths = this.#slots.reduce((sum, { deathsMs }) => sum + deathsMs.filter(isRecent).length, 0);
    if (deaths >= MOST_DEATHS) {
      if (!this.#hasFailed) onFailed();
      this.#hasFailed = true;
      return;
    }
    const pauseMs = RESTART_MS[slot.deathsMs.length - 1] ?? RESTART_MS.at(-1) ?? 0;
    slot.cancelRestart = clock.schedule(() => void this.#restart(slot), pauseMs);
  }

  async #restart(slot: Slot): Promise<void> {
    const { worker } = slot;
    const { log } = this.#deps;
    const process = this.#launch(slot);
    try {
      await process.listening;
      log.info('worker.listening', { worker, pid: process.pid });
    } catch (error) {
      // Before it listens, a stop kills it.
      if (this.#phase === 'stopping') return;
      log.error('worker.start-failed', { worker, reason: errorMessage(error) });
      // It may have told its error without ending.
      process.kill();
    }
  }

  /** `plannedMs` is when this look was due: one that comes late says nothing about the workers. */
  #watch(plannedMs: number): void {
    const { clock } = this.#deps;
    const lateMs = clock.now() - plannedMs;
    for (const process of this.#running()) {
      if (lateMs > DEGRADED_MS) process.restartSilence();
      else this.#killIfHung(process);
    }
    this.#cancelLook = clock.schedule(() => this.#watch(dueMs), LOOK_EACH_MS);
    const dueMs = clock.now() + LOOK_EACH_MS;
  }

  #killIfHung(process: WorkerProcess): void {
    if (process.silentMs < (process.isListening ? HUNG_MS : START_HUNG_MS)) return;
    this.#deps.log.error('worker.hung', { pid: process.pid, silentMs: Math.round(process.silentMs) });
    process.kill();
  }
}
