import type { GateResult } from '../compare/comparison.js';

const HALF = 10;
/** The bar reaches so many budgets to both sides. */
const REACH = 2.5;

/** The interval of a change against its budget as a row of characters: bounds `│`, interval `━`, effect `●`; '' where there is none. */
export function intervalBar({ gate, interval, change }: Pick<GateResult, 'gate' | 'interval' | 'change'>): string {
  const { budget } = gate;
  if (budget === undefined || budget === 0 || interval === null || change === null) return '';
  const place = (value: number): number =>
    Math.max(0, Math.min(HALF * 2, Math.round(HALF + (value / (budget * REACH)) * HALF)));
  const cells = Array.from({ length: HALF * 2 + 1 }, () => '·');
  for (let cell = place(interval.low); cell <= place(interval.high); cell += 1) cells[cell] = '━';
  for (const bound of [-budget, budget]) cells[place(bound)] = '│';
  cells[place(change)] = '●';
  return cells.join('');
}
