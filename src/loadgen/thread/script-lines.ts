import type { ScriptLog, ScriptLogLine } from '../script/runtime/script-log.js';
import type { StopFlag } from '../script/runtime/interruption.js';

/** How often one and the same line is written before it is only counted. */
const MOST_REPEATS = 100;
/** Texts that are told apart; a script that writes more different ones does not repeat itself. */
const MOST_TEXTS = 1000;
/** Lines that may be on their way to the parent, of all threads. */
const MOST_UNDER_WAY = 2000;
const WAIT_MS = 100;

/** How many lines are on their way to the parent, in memory that all threads share. */
export class LineCredit {
  readonly #underWay: Int32Array;

  constructor(readonly memory: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#underWay = new Int32Array(memory);
  }

  /**
   * Blocks the thread while too many lines are under way, as writing them would; false when it was
   * told to stop meanwhile.
   */
  take(stopFlag: Pick<StopFlag, 'isRaised'>): boolean {
    for (let count = this.#count(); count >= MOST_UNDER_WAY; count = this.#count()) {
      if (stopFlag.isRaised()) return false;
      Atomics.wait(this.#underWay, 0, count, WAIT_MS);
    }
    Atomics.add(this.#underWay, 0, 1);
    return true;
  }

  /** A line has arrived. */
  giveBack(): void {
    Atomics.sub(this.#underWay, 0, 1);
    Atomics.notify(this.#underWay, 0);
  }

  #count(): number {
    return Atomics.load(this.#underWay, 0);
  }
}

/** What the lines of a thread's script go through. */
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
 * The lines that a thread's script writes, on their way to the parent. A script that fails at once
 * writes the same line some hundred thousand times a second: the first hundred go through, of the
 * others one line a second says how many they were. Different lines all go through.
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
      if (this.#repeated.size >= MOST_TEXTS) this.#forget();
      repeated = { line, written: 0, held: 0 };
      this.#repeated.set(key, repeated);
    }
    if (repeated.written >= MOST_REPEATS) repeated.held += 1;
    else {
      repeated.written += 1;
      this.#post(line);
    }
  }

  /**
   * Tells of the lines that were only counted since the last call: once a second, and at the end.
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
