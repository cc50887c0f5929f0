import type { ScriptLog, ScriptLogLine } from '../script/runtime/script-log.js';
import type { StopFlag } from '../script/runtime/interruption.js';

/** Number of times that an identical line is written before it is only counted. */
const MAX_REPEATS = 100;
/**
 * Number of different lines that are tracked. A script that writes more different ones does not
 * repeat itself.
 */
const MAX_TEXTS = 1000;
/** Maximum number of lines in transit to the parent, over all threads. */
const MAX_IN_FLIGHT = 2000;
const WAIT_MS = 100;

/** Number of lines in transit to the parent, in memory that all threads share. */
export class LineCredit {
  readonly #underWay: Int32Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#underWay = new Int32Array(memory);
  }

  /**
   * Blocks the thread while too many lines are in transit, as a blocking write would. Returns false
   * if the thread was told to stop meanwhile.
   */
  take(stopFlag: Pick<StopFlag, 'isRaised'>): boolean {
    for (let count = this.#count(); count >= MAX_IN_FLIGHT; count = this.#count()) {
      if (stopFlag.isRaised()) return false;
      Atomics.wait(this.#underWay, 0, count, WAIT_MS);
    }
    Atomics.add(this.#underWay, 0, 1);
    return true;
  }

  /** Releases a line that was received. */
  release(): void {
    Atomics.sub(this.#underWay, 0, 1);
    Atomics.notify(this.#underWay, 0);
  }

  #count(): number {
    return Atomics.load(this.#underWay, 0);
  }
}

/** Collaborators of a thread's script lines. */
export interface ScriptLinesDeps {
  readonly credit: LineCredit;
  readonly stopFlag: Pick<StopFlag, 'isRaised'>;
  readonly post: (line: ScriptLogLine) => void;
}

interface Repeated {
  readonly line: ScriptLogLine;
  written: number;
  held: number;
}

/**
 * The log lines of a thread's script on their way to the parent. A script that fails immediately
 * writes the same line several hundred thousand times per second: the first hundred are passed on,
 * and the rest are summarised in one line per second. Different lines are always passed on.
 */
export class ScriptLines implements ScriptLog {
  readonly #deps: ScriptLinesDeps;
  readonly #repeated = new Map<string, Repeated>();

  constructor(deps: ScriptLinesDeps) {
    this.#deps = deps;
  }

  write(line: ScriptLogLine): void {
    const key = `${line.level} ${line.scenario ?? ''} ${line.text}`;
    let repeated = this.#repeated.get(key);
    if (repeated === undefined) {
      if (this.#repeated.size >= MAX_TEXTS) this.#forget();
      repeated = { line, written: 0, held: 0 };
      this.#repeated.set(key, repeated);
    }
    if (repeated.written >= MAX_REPEATS) repeated.held += 1;
    else {
      repeated.written += 1;
      this.#post(line);
    }
  }

  /**
   * Reports the number of suppressed lines since the last call: once per second, and at the end.
   */
  flush(): void {
    for (const repeated of this.#repeated.values()) {
      if (repeated.held === 0) continue;
      const { line, held } = repeated;
      const times = held === 1 ? 'once more' : `${held} times more`;
      repeated.held = 0;
      this.#post({ ...line, text: `${line.text} (written ${times}, not shown)` });
    }
  }

  #forget(): void {
    this.flush();
    this.#repeated.clear();
  }

  #post(line: ScriptLogLine): void {
    if (this.#deps.credit.take(this.#deps.stopFlag)) this.#deps.post(line);
  }
}
