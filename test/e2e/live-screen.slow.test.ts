import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LoadTarget } from '../support/load-target.js';

const ENTRY = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const SCRIPT = '/usr/bin/script';
/** The sequence that erases the drawing: cursor up by its lines, then everything below. */
const ERASE = new RegExp(String.raw`\x1b\[\d+A\r\x1b\[J`);
const CTRL_C = '\u0003';

describe.runIf(existsSync(SCRIPT))('--live full on a terminal', () => {
  it.each([
    ['ends', ['-d', '3s'], 0],
    ['is stopped with Ctrl-C', ['-d', '60s'], 105],
  ])('redraws in place and leaves the terminal clean when the run %s', async (_how, duration, code) => {
    const target = new LoadTarget((socket, self) => self.send(socket, 'routine message'));
    await target.start();
    onTestFinished(() => target.stop());
    const load = [
      '--url',
      target.url,
      '-u',
      '2',
      ...duration,
      '--graceful-stop',
      '0s',
      '--no-run',
      '--allow-saturated',
    ];
    // `exec`, because Ctrl-C goes to the whole foreground group: a waiting shell might die of it
    // with its own exit code.
    const command = ['exec', process.execPath, ENTRY, 'loadtest', ...load, '--live', 'full', '--no-color'].join(' ');
    const env = { ...process.env, TERM: 'xterm', SHELL: '/bin/sh' };
    const terminal = spawn(SCRIPT, ['-qec', command, '/dev/null'], { env });
    onTestFinished(() => void terminal.kill());
    let text = '';
    let isPressed = false;
    terminal.stdout.on('data', (chunk) => {
      text += String(chunk);
      if (code !== 105 || isPressed || !/running \(0m02/.test(text)) return;
      isPressed = true;
      terminal.stdin.write(CTRL_C);
    });
    const [exitCode] = await once(terminal, 'close');
    expect(exitCode, text).toBe(code);
    const drawings = text.split(ERASE);
    expect(drawings.some((drawing) => /response time +p50[^]*ws_connecting[^]*generator {2}\w+:/.test(drawing))).toBe(
      true,
    );
    const rest = drawings.at(-1) ?? '';
    expect(rest).toContain('ws_connecting');
    expect(rest).not.toContain('response time ');
    expect(rest).not.toContain('generator  ');
  });
});
