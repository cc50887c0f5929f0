import { describe, expect, it } from 'vitest';
import { renderTable, tableWidth } from '../../../src/summary/terminal/table.js';

describe('renderTable', () => {
  it('draws a border, a head and rows with their alignment', () => {
    expect(
      renderTable(
        ['gate', 'base', 'verdict'],
        [
          ['ws_ping p(99) < +10%', '1.2ms', '✓ within budget'],
          ['checks', '100%', '✗'],
        ],
        ['left', 'right', 'center'],
      ),
    ).toBe(
      [
        '┌──────────────────────┬───────┬─────────────────┐',
        '│ gate                 │  base │     verdict     │',
        '├──────────────────────┼───────┼─────────────────┤',
        '│ ws_ping p(99) < +10% │ 1.2ms │ ✓ within budget │',
        '│ checks               │  100% │        ✗        │',
        '└──────────────────────┴───────┴─────────────────┘',
      ].join('\n'),
    );
  });

  it('draws a head without rows, and cells of several lines', () => {
    expect(renderTable(['a', 'b'], [], ['left', 'left'])).toBe('┌───┬───┐\n│ a │ b │\n└───┴───┘');
    expect(renderTable(['a', 'b'], [['1\n2', 'x']], ['left', 'left'])).toBe(
      ['┌───┬───┐', '│ a │ b │', '├───┼───┤', '│ 1 │ x │', '│ 2 │   │', '└───┴───┘'].join('\n'),
    );
  });

  it('counts what a terminal shows: no colours, two columns for wide characters and pictures', () => {
    const rows = [['\u001B[31mred\u001B[39m'], ['日本'], ['🚀'], ['👨‍👩‍👧'], ['e\u0301'], ['⚠'], ['ﾃ'], ['Ω']];
    const table = renderTable(['name'], rows, ['left']);
    expect(table.split('\n').slice(3, -1)).toEqual([
      '│ \u001B[31mred\u001B[39m  │',
      '│ 日本 │',
      '│ 🚀   │',
      '│ 👨‍👩‍👧   │',
      '│ e\u0301    │',
      '│ ⚠    │',
      '│ ﾃ    │',
      '│ Ω    │',
    ]);
    expect(tableWidth(table)).toBe(8);
  });

  it('draws ten thousand rows in well below a second', () => {
    const rows = Array.from({ length: 10_000 }, (_, row) => [`metric_${row}`, '1.2ms']);
    const start = process.cpuUsage();
    const table = renderTable(['a', 'b'], rows, ['left', 'right']);
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
    expect(table.split('\n')).toHaveLength(10_004);
  });
});
