import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_LOG,
  LoadLog,
  type LogOptions,
  readLogOptions,
  typedLogFormat,
} from '../../../src/cli/loadtest/load-log.js';
import { renderLogLine } from '../../../src/cli/log-line.js';
import { recordingOutput } from '../../support/recording-output.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const NO_FLAGS = {
  verbose: false,
  json: false,
  'log-format': undefined,
  'log-output': undefined,
  'console-output': undefined,
} as const;
const MOMENT = { elapsedMs: 12_900, at: new Date('2026-01-02T03:04:05.678Z') };

function logTo(wish: Partial<LogOptions>, isTerminal = false) {
  const output = recordingOutput({ isTerminal });
  const log = new LoadLog({ ...DEFAULT_LOG, ...wish }, { ...output, elapsedMs: () => 0 });
  return { log, output };
}

describe('a line of the log', () => {
  const line = { level: 'warning', text: 'Request Failed', error: 'Get "x"', scenario: 'a' } as const;

  it.each([
    ['logfmt', 'time="2026-01-02T03:04:05Z" level=warning msg="Request Failed" error="Get \\"x\\"" scenario=a\n'],
    [
      'json',
      '{"error":"Get \\"x\\"","level":"warning","msg":"Request Failed","scenario":"a","time":"2026-01-02T03:04:05Z"}\n',
    ],
    ['raw', 'Request Failed\n'],
    ['terminal', `${'WARN[0012] Request Failed'.padEnd(60)} error="Get \\"x\\"" scenario=a\n`],
  ] as const)('looks as in k6 1.3.0 in the format %s', (format, text) => {
    expect(renderLogLine(line, format, MOMENT)).toBe(text);
  });

  it('quotes no plain word and no empty one, and leaves an empty message out, as k6 does', () => {
    const words = { level: 'info', text: '', source: 'http-debug', fields: { vu: 1, group: '' } } as const;
    expect(renderLogLine(words, 'logfmt', MOMENT)).toMatch(/level=info group= source=http-debug vu=1\n$/);
  });

  it('shows what to do below an error on a terminal, and what another process said behind its name', () => {
    const error = { level: 'error', text: 'Wrong.\n  - a', hint: 'Do this.' } as const;
    expect(renderLogLine(error, 'terminal', MOMENT)).toBe('ERRO[0012] Wrong.\n  - a\nDo this.\n');
    const relayed = { level: 'info', text: 'hello', source: 'gateway', isRelayed: true } as const;
    expect(renderLogLine(relayed, 'terminal', MOMENT)).toBe('gateway | hello\n');
    expect(renderLogLine(relayed, 'logfmt', MOMENT)).toMatch(/level=info msg=hello source=gateway\n$/);
  });
});

describe('the log of a load test', () => {
  it('hides level debug unless it is verbose', () => {
    for (const [verbose, shown] of [
      [false, 0],
      [true, 1],
    ] as const) {
      const { log, output } = logTo(readLogOptions({ ...NO_FLAGS, verbose }, {}));
      log.write({ level: 'debug', text: 'detail', source: 'console' });
      expect(output.stderr.text().split('\n')).toHaveLength(shown + 1);
    }
  });

  it('goes to standard output, to nothing, or to a file above a level', async () => {
    const path = join(await temporaryFolder(), 'a.log');
    const wishes = { stdout: 'stdout', none: 'none', file: `file=${path},level=warning` };
    const texts = Object.values(wishes).map((wish) => {
      const { log, output } = logTo(readLogOptions({ ...NO_FLAGS, 'log-output': wish, 'log-format': 'raw' }, {}));
      log.write({ level: 'info', text: 'info' });
      log.write({ level: 'error', text: 'error' });
      log.close();
      return [output.stdout.text(), output.stderr.text()];
    });
    expect(texts).toEqual([
      ['info\nerror\n', ''],
      ['', ''],
      ['', ''],
    ]);
    expect(await readFile(path, 'utf8')).toBe('error\n');
  });

  it('appends what scripts write with console to a file of its own, without the source', async () => {
    const consolePath = join(await temporaryFolder(), 'console.log');
    for (const text of ['one', 'two']) {
      const { log, output } = logTo({ consolePath }, true);
      log.write({ level: 'info', text, source: 'console' });
      log.write({ level: 'warning', text: 'of the run' });
      log.close();
      expect(output.stderr.text()).toBe('WARN[0000] of the run\n');
    }
    const lines = (await readFile(consolePath, 'utf8')).replaceAll(/time="[^"]+" /g, '');
    expect(lines).toBe('level=info msg=one\nlevel=info msg=two\n');
  });

  it('names a folder that does not exist', () => {
    expect(() => logTo({ consolePath: '/nowhere/x.log' })).toThrow(
      'console-output: /nowhere/x.log cannot be opened: the folder /nowhere does not exist',
    );
  });

  it('is asked for by flags before WSG_ before K6_ variables', () => {
    const env = { K6_LOG_FORMAT: 'json', WSG_LOG_FORMAT: 'raw', K6_LOG_OUTPUT: 'none', K6_CONSOLE_OUTPUT: 'c.log' };
    expect(readLogOptions({ ...NO_FLAGS, 'log-format': 'logfmt' }, env)).toMatchObject({ format: 'logfmt' });
    expect(readLogOptions(NO_FLAGS, env)).toEqual({
      level: 'info',
      format: 'raw',
      output: { type: 'none' },
      consolePath: 'c.log',
    });
    expect(typedLogFormat(['--foo', '--log-format', 'json'], {})).toBe('json');
    expect(typedLogFormat(['--log-format=raw'], env)).toBe('raw');
    expect(typedLogFormat([], { K6_LOG_FORMAT: 'json' })).toBe('json');
  });

  it.each([
    [{ 'log-format': 'xml' }, "log-format: 'xml' must be one of logfmt, json, raw"],
    [{ 'log-output': 'loki=http://x' }, /wsg does not send logs to Loki; write file=PATH/],
    [{ 'log-output': 'file' }, /'file' must be one of stderr, stdout, none, file=PATH/],
    [{ 'log-output': 'file=a,level=loud' }, /level 'loud' must be one of debug, info, warning, error/],
    [{ 'log-output': 'file=a,size=1' }, /'size=1' must be level=LEVEL/],
    [{ 'log-output': 'stdout', json: true }, /stdout carries the one JSON object of --json/],
  ])('refuses %j with the way out', (flags, problem) => {
    const read = (): unknown => readLogOptions({ ...NO_FLAGS, ...flags }, {});
    expect(read).toThrow(expect.objectContaining({ problems: [expect.stringMatching(problem)] }));
  });
});
