import { escapeXml } from '../../core/markup.js';
import type { Comparison, GateResult } from '../compare/comparison.js';
import { formatChange, formatFigure, formatInterval, formatMore } from './comparison-figures.js';
import { outcomeOf } from '../compare/verdict.js';

/**
 * Renders a comparison as a JUnit test suite with one test case per gate. A regression is a
 * failure, an invalid gate an error; an inconclusive gate is skipped, or with `isStrict` a failure.
 * Valid by the schema of Jenkins' xUnit plugin (junit-10.xsd).
 */
export function renderComparisonJunit(comparison: Comparison, isStrict: boolean): string {
  const { gates, verdict, because } = comparison;
  const whole = gates.some((result) => result.verdict === verdict) ? [] : [wholeCase(comparison, isStrict)];
  const cases = [...gates.map((result) => gateCase(result, isStrict)), ...whole];
  const count = (tag: string): number => cases.filter((text) => text.includes(`<${tag} `)).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="wsg report" ${counts}>`,
    `  <testsuite name="wsg report" ${counts} skipped="${count('skipped')}">`,
    ...cases,
    `    <system-out>${text(`${verdict}: ${because}`)}</system-out>`,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function gateCase(result: GateResult, isStrict: boolean): string {
  const { gate, base, next, unit, change, interval, verdict, reasons } = result;
  const figures = `${formatFigure(base.value, unit)} -> ${formatFigure(next.value, unit)}, ${formatChange(change)} ${formatInterval(interval)}`;
  const why = [verdict, ...reasons, formatMore(result)].filter((part) => part !== '').join('; ');
  const tag = tagOf(verdict, isStrict);
  const open = `    <testcase classname="wsg report" name="${attribute(gate.text)}">`;
  const inside = tag === undefined ? '' : `<${tag} message="${attribute(why)}">${text(figures)}</${tag}>`;
  return `${open}${inside}<system-out>${text(`${why}: ${figures}`)}</system-out></testcase>`;
}

function tagOf(verdict: GateResult['verdict'], isStrict: boolean): 'failure' | 'error' | 'skipped' | undefined {
  const tags = { fails: 'failure', errs: 'error', warns: 'skipped', passes: undefined } as const;
  return tags[outcomeOf(verdict, isStrict)];
}

/**
 * A test case for a verdict that does not come from a gate: more failures than before, runs that
 * cannot be compared.
 */
function wholeCase({ verdict, because }: Comparison, isStrict: boolean): string {
  const tag = tagOf(verdict, isStrict);
  const inside = tag === undefined ? '' : `<${tag} message="${attribute(because)}"></${tag}>`;
  return `    <testcase classname="wsg report" name="the whole">${inside}</testcase>`;
}

function attribute(value: string): string {
  return text(value).replaceAll(/\s/g, ' ');
}

/** Escapes text. XML 1.0 cannot represent control characters, not even escaped. */
function text(value: string): string {
  return escapeXml(value).replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '?');
}
