import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { WsgError } from '../../src/core/error.js';
import { compileScript } from '../../src/script-compiler/compile-script.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { BlockingThread } from './differential/blocking-thread.js';
import { runRewritten } from './differential/rewritten-run.js';
import type { Shape } from './differential/shape.js';
import { ARRAY_SHAPES } from './shapes/arrays.js';
import { ASYNC_SHAPES } from './shapes/async.js';
import { CLASS_SHAPES } from './shapes/classes.js';
import { FLOW_SHAPES } from './shapes/flow.js';
import { HOSTILE_CLASS_SHAPES } from './shapes/hostile-classes.js';
import { HOSTILE_DATA_SHAPES } from './shapes/hostile-data.js';
import { HOSTILE_FLOW_SHAPES } from './shapes/hostile-flow.js';
import { HOSTILE_REFUSED_SHAPES } from './shapes/hostile-refused.js';
import { HOSTILE_SYNTAX_SHAPES } from './shapes/hostile-syntax.js';
import { K6_SHAPES } from './shapes/k6.js';
import { MODULE_SHAPES } from './shapes/modules.js';
import { REFUSED_SHAPES } from './shapes/refused.js';
import { SYNTAX_SHAPES } from './shapes/syntax.js';
import { THIRD_ORDER_SHAPES } from './shapes/third-order.js';
import { THIRD_REFUSED_SHAPES } from './shapes/third-refused.js';
import { THIRD_VALUE_SHAPES } from './shapes/third-values.js';

const SHAPES: readonly Shape[] = [
  ...ARRAY_SHAPES,
  ...ASYNC_SHAPES,
  ...CLASS_SHAPES,
  ...FLOW_SHAPES,
  ...K6_SHAPES,
  ...MODULE_SHAPES,
  ...SYNTAX_SHAPES,
  ...HOSTILE_FLOW_SHAPES,
  ...HOSTILE_SYNTAX_SHAPES,
  ...HOSTILE_DATA_SHAPES,
  ...HOSTILE_CLASS_SHAPES,
  ...THIRD_ORDER_SHAPES,
  ...THIRD_VALUE_SHAPES,
];

const thread = new BlockingThread();
afterAll(() => thread.stop());

/** Writes the files of a shape and returns the path of the script. */
async function place(shape: Shape): Promise<string> {
  const folder = await temporaryFolder();
  const files = { 'package.json': '{}', [shape.entry ?? 'script.js']: shape.script, ...shape.files };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return join(folder, shape.entry ?? 'script.js');
}

describe('a rewritten script', () => {
  it.each(SHAPES)('behaves as the original does on blocking functions: $name', async (shape) => {
    const path = await place(shape);
    const calls = shape.calls ?? ['default'];
    const expected = await thread.run(path, calls);
    const lines = await runRewritten(await compileScript({ path }), calls);
    expect(lines).toEqual(expected);
    expect(lines).not.toEqual([]);
  });
});

describe('a blocking call at a place that cannot wait', () => {
  it.each([...REFUSED_SHAPES, ...HOSTILE_REFUSED_SHAPES, ...THIRD_REFUSED_SHAPES])(
    'is refused: $name',
    async (shape) => {
      const path = await place(shape);
      const error: unknown = await compileScript({ path }).catch((thrown: unknown) => thrown);
      if (!(error instanceof WsgError)) throw new TypeError(`not refused: ${JSON.stringify(error)}`);
      expect([error.message, ...error.problems].join('\n')).toMatch(shape.refused);
    },
  );
});
