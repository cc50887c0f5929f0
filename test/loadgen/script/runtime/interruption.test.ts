import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Guard } from '../../../../src/loadgen/script/runtime/guard.js';
import { Interruption, StopFlag } from '../../../../src/loadgen/script/runtime/interruption.js';
import {
  instantiate,
  loadModule,
  type ScriptInstance,
} from '../../../../src/loadgen/script/runtime/script-instance.js';
import { scriptFrames } from '../../../../src/loadgen/script/runtime/stack-trace.js';
import { compileScript } from '../../../../src/script-compiler/compile-script.js';
import type { CompiledScript } from '../../../../src/script-compiler/compiled-script.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

interface Running {
  readonly instance: ScriptInstance;
  readonly guard: Guard;
  readonly compiled: CompiledScript;
  readonly lines: unknown[];
}

/** Starts a script whose `sleep` only ends with an interruption. */
async function start(source: string, guard = new Guard(), name = 'script.js'): Promise<Running> {
  const folder = await temporaryFolder();
  const path = join(folder, name);
  await writeFile(path, source);
  const compiled = await compileScript({ path });
  const lines: unknown[] = [];
  const instance = await instantiate(loadModule(compiled), {
    guard,
    live: { __VU: 1, __ITER: 0, __ENV: {} },
    globals: { console: { log: (line: unknown) => void lines.push(line) } },
    module: () => ({ sleep: () => guard.block('sleep', () => new Promise(() => undefined)) }),
    enterFile: () => undefined,
  });
  guard.begin(Infinity);
  return { instance, guard, compiled, lines };
}

async function outcome(run: () => unknown): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    return error;
  }
}

describe('an interruption', () => {
  it('ends the blocking call and bypasses every catch, finally and promise callback of the script', async () => {
    const { instance, guard, lines } = await start(`
      import { sleep } from 'k6';
      const once = () => { for (;;) { try { sleep(1); } catch { console.log('caught'); } finally { console.log('finally'); continue; } } };
      export default function () { try { once(); } catch (e) { return 'swallowed'; } finally { return 'overridden'; } }`);
    const ended = outcome(() => instance.call('default', []));
    guard.interrupt();
    expect(await ended).toBeInstanceOf(Interruption);
    expect(lines).toEqual([]);
  });

  it('does not reach the catch callback of a promise', async () => {
    const { instance, guard, lines } = await start(`
      import { sleep } from 'k6';
      export default function () { return Promise.resolve().then(() => sleep(1)).catch(() => console.log('caught')).then(() => console.log('then')); }`);
    const returned = await instance.call('default', []);
    await new Promise((resolve) => void setImmediate(resolve));
    guard.interrupt();
    expect(await outcome(() => returned.value)).toBeInstanceOf(Interruption);
    expect(lines).toEqual([]);
  });

  it('lets no further blocking call start', async () => {
    const { instance, guard } = await start(`import { sleep } from 'k6'; export default () => sleep(1);`);
    guard.interrupt();
    expect(await outcome(() => instance.call('default', []))).toBeInstanceOf(Interruption);
    guard.begin();
    const second = outcome(() => instance.call('default', []));
    guard.interrupt(new Interruption('second'));
    expect(await second).toMatchObject({ message: 'second' });
  });

  it.each([
    'while (true);',
    'for (;;) {}',
    'do n++; while (true)',
    'for (const x of forever()) n += x;',
    'let m = 0; while (true) { m++; }',
  ])('ends a busy loop at its deadline: %s', async (loop) => {
    const { instance, guard } = await start(`
        let n = 0;
        const forever = () => ({ [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) });
        export default function () { try { ${loop} } catch { return 'caught'; } }`);
    guard.begin(performance.now() + 20);
    expect(await outcome(() => instance.call('default', []))).toBeInstanceOf(Interruption);
  });

  it('ends a busy loop when another thread raises the flag', async () => {
    const flag = new StopFlag();
    const { instance } = await start('export default () => { for (;;); };', new Guard(flag));
    flag.raise();
    expect(await outcome(() => instance.call('default', []))).toBeInstanceOf(Interruption);
  });
});

describe('the guard', () => {
  it('names both calls and the position of the second one when the compiler missed a blocking call', async () => {
    const hidden = `import { sleep } from 'k6';
const hide = (f) => new Function('f', 'return () => { f(); }')(f);
export default function () {
  hide(() => sleep(1))();
  sleep(2);
}`;
    const { instance, compiled } = await start(hidden);
    const error = await outcome(() => instance.call('default', []));
    if (!(error instanceof Error)) throw new TypeError('no error');
    expect(error.message).toMatch(/^sleep was called while sleep of the same virtual user was still pending/);
    expect(scriptFrames(error.stack ?? '', compiled)[0]).toMatch(/script\.js:5:3\)?$/);
  });

  it('reports a function that returns while its callee still blocks', async () => {
    const { instance } = await start(`import { sleep } from 'k6';
const hide = (f) => new Function('f', 'return () => { f(); }')(f);
export default function () { hide(() => sleep(1))(); }`);
    expect(await outcome(() => instance.call('default', []))).toMatchObject({
      message: expect.stringContaining('sleep was still pending when its caller had returned'),
    });
  });
});

describe('a stack trace', () => {
  it("shows only lines of the user's TypeScript", async () => {
    const source = `interface Data { a: number }
enum Kind { A }

function deep(kind: Kind): never {
  throw new Error('at line five');
}
export default (data: Data): void => {
  for (const x of [1]) deep(x as Kind);
};`;
    const { instance, compiled } = await start(source, new Guard(), 'script.ts');
    const error = await outcome(() => instance.call('default', [{}]));
    if (!(error instanceof Error)) throw new TypeError('no error');
    expect(scriptFrames(error.stack ?? '', compiled)).toEqual([
      'at deep (script.ts:5:9)',
      expect.stringMatching(/^at .*script\.ts:8:24\)?$/),
    ]);
  });
});
