import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { RunningGateway } from '../../support/running-gateway.js';

const run = promisify(execFile);
const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/reference/http-api.md'), 'utf8');
const SECTION = /^### \/batch\n([^]*?)^### /m.exec(PAGE)?.[1] ?? '';

function block(pattern: RegExp): string {
  return pattern.exec(SECTION)?.[1] ?? '';
}

const EXAMPLES = [
  {
    name: 'Python',
    command: ['python3', '-c'],
    code: block(/```python\n([^]*?)```/),
    prints: "['1', '1']\n",
    second: [0, 255],
  },
  {
    name: 'Node',
    command: [process.execPath, '--input-type=module', '-e'],
    code: block(/```js\n([^]*?)```/),
    prints: "[ '1', '1' ]\n",
    second: [0, 255],
  },
  {
    name: 'curl',
    command: ['bash', '-c'],
    code: block(/^( {4}printf [^]*?)\n\n/m),
    prints: '1\n1\n',
    second: [...Buffer.from('{"unread":2}')],
  },
];

for (const { name, command, code, prints, second } of EXAMPLES) {
  const [file = '', ...args] = command;
  it.skipIf(spawnSync(file, ['--version']).status !== 0)(`the example for ${name} sends its two messages`, async () => {
    expect(code).toContain('http://127.0.0.1:5000/batch');
    const gateway = await RunningGateway.start();
    const [one, other] = [await gateway.connect(), await gateway.connect()];
    const ids = [...(await gateway.get('/status')).matchAll(/^id=(\S+)/gm)].map(([, id]) => id ?? '');
    await gateway.post(`/settags?id=${ids[0]}`, 'room=7');
    await gateway.post(`/settags?id=${ids[1]}`, 'user=3');
    const { stdout } = await run(file, [...args, code.replaceAll('http://127.0.0.1:5000', gateway.url(''))]);
    expect(stdout).toBe(prints);
    expect((await one.frame()).payload.toString()).toBe('hello');
    expect([...(await other.frame()).payload]).toEqual(second);
  });
}
