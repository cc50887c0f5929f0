import { largest } from '../../core/largest.js';
import type { HealthRecord, Run } from '../../run-file/records.js';
import { formatBytes, formatTime } from '../terminal/format-value.js';
import { adviceOf } from './health-advice.js';
import { createPalette, type Palette } from '../terminal/palette.js';
import { padRight, wrapWords } from '../terminal/text-width.js';

export interface SectionOptions {
  readonly colour: boolean;
  /** Width of the terminal, 80 by default. */
  readonly columns?: number;
}

const LABEL_WIDTH = 16;

/**
 * Renders the health of the generator, with an alarm if it was the bottleneck. Ends with a newline.
 */
export function renderHealth(run: Run, options: SectionOptions): string {
  const palette = createPalette(options.colour);
  const columns = options.columns ?? 80;
  const { verdict, reasons, saturatedSeconds } = run.end.health;
  const lines = [palette.strong('generator health')];
  // A run that ended before its first second has no health figures.
  if (run.health.length === 0) return `${lines[0]}\n  no second was measured\n`;
  lines.push(
    ...figureLines(run, columns, palette),
    ...calibrationLines(run, columns, palette),
    `  ${padRight('verdict', LABEL_WIDTH)}${verdictText(verdict, palette)}`,
  );
  const sentences = [...reasons];
  if (saturatedSeconds.length > 0) sentences.push(`saturated in ${secondsText(saturatedSeconds, run.health.length)}`);
  for (const sentence of sentences) {
    lines.push(...wrapWords(sentence, columns - 4).map((text, row) => `  ${row === 0 ? '-' : ' '} ${text}`));
  }
  if (verdict === 'saturated') lines.push('', ...alarm(adviceOf(run), columns, palette));
  return `${lines.join('\n')}\n`;
}

function figureLines(run: Run, columns: number, palette: Palette): string[] {
  const seconds = run.health;
  const line = (label: string, text: string): string[] =>
    wrapWords(text, columns - LABEL_WIDTH - 2).map(
      (part, row) => `  ${padRight(row === 0 ? label : '', LABEL_WIDTH)}${palette.value(part)}`,
    );
  const spread = (of: (second: HealthRecord) => number, show: (value: number) => string): string => {
    const values = seconds.map(of);
    return `${show(mean(values))} mean, ${show(largest(values))} in the worst second`;
  };
  const percent = (share: number): string => `${Math.round(share * 100)}%`;
  const cores = (value: number): string => value.toFixed(2);
  const measured = seconds.map(({ cpuMachine }) => cpuMachine).filter((value) => value !== undefined);
  const machine = measured.length === 0 ? '' : `; the machine ${cores(mean(measured))} of ${run.header.machine.cpus}`;
  return [
    ...line('schedule lag', lagText(seconds)),
    ...line(
      'event loop',
      spread((second) => second.eventLoopUse, percent),
    ),
    ...line(
      'GC',
      spread(
        (second) => second.gcMs,
        (ms) => `${formatTime(ms)}/s`,
      ),
    ),
    ...line('CPU cores', spread((second) => second.cpuProcess, cores) + machine),
    ...takenTexts(seconds).flatMap((text) => line('taken by others', text)),
    ...line('memory', `${formatBytes(largest(seconds.map(({ rssBytes }) => rssBytes)))} at most`),
    ...moreTexts(seconds).flatMap(([label, text]) => line(label, text)),
  ];
}

/** The calibration of this machine, and the share of it that the run used. */
function calibrationLines({ header, health, end }: Run, columns: number, palette: Palette): string[] {
  const { calibration } = header;
  if (calibration === undefined) return [];
  const { floorP50Ms, floorP99Ms, messagesPerSecond, at } = calibration;
  const sent = end.totals.counters['ws_msgs_sent'] ?? 0;
  const perSecond = sent / (health.length === 0 ? 1 : end.totals.durationMs / 1000);
  const asked = sent === 0 ? '' : `; this run sent ${((perSecond / messagesPerSecond) * 100).toFixed(1)}% of that`;
  const text =
    `floor p50 ${formatTime(floorP50Ms)}, p99 ${formatTime(floorP99Ms)}; ` +
    `at most ${messagesPerSecond} messages/s answered (${at.slice(0, 10)})${asked}`;
  return wrapWords(text, columns - LABEL_WIDTH - 2).map(
    (part, row) => `  ${padRight(row === 0 ? 'this machine' : '', LABEL_WIDTH)}${palette.value(part)}`,
  );
}

/** Reported only if CPU was taken. */
function takenTexts(seconds: readonly HealthRecord[]): string[] {
  const stolen = largest(seconds.map(({ cpuStolen = 0 }) => cpuStolen));
  const throttled = largest(seconds.map(({ throttledMs = 0 }) => throttledMs));
  const texts: string[] = [];
  if (stolen >= 0.01) texts.push(`${stolen.toFixed(2)} cores by a hypervisor in the worst second`);
  if (throttled >= 1) texts.push(`${formatTime(throttled)} by a container limit in the worst second`);
  return texts;
}

/** Figures that not every run has. */
function moreTexts(seconds: readonly HealthRecord[]): [label: string, text: string][] {
  const texts: [string, string][] = [];
  const files = seconds.map(({ openFiles }) => openFiles).filter((count) => count !== undefined);
  if (files.length > 0) texts.push(['open files', `${largest(files)} at most`]);
  const backlog = largest(seconds.map(({ backlogBytes = 0 }) => backlogBytes));
  if (backlog > 0) texts.push(['send backlog', `${formatBytes(backlog)} at most`]);
  const pace = paceText(seconds);
  if (pace !== undefined) texts.push(['pace', pace]);
  return texts;
}

/**
 * The pace over whole seconds with scheduled actions. The first second lacks users that were still
 * connecting, and the last one is incomplete.
 */
function paceText(seconds: readonly HealthRecord[]): string | undefined {
  const scheduled = seconds.slice(1, -1).filter(({ planned = 0 }) => planned > 0);
  if (scheduled.length === 0) return undefined;
  const begun = mean(scheduled.map((second) => second.begun ?? 0));
  const planned = mean(scheduled.map((second) => second.planned ?? 0));
  return `${begun.toFixed(1)}/s begun of ${planned.toFixed(1)}/s planned (${((begun / planned) * 100).toFixed(1)}%)`;
}

/** Percentiles of different seconds cannot be merged; the verdict depends on the worst second. */
function lagText(seconds: readonly HealthRecord[]): string {
  const lags = seconds.map(({ scheduleLag }) => scheduleLag).filter(({ count }) => count > 0);
  if (lags.length === 0) return 'nothing was scheduled';
  const worst = (of: (lag: HealthRecord['scheduleLag']) => number): string => formatTime(largest(lags.map(of)));
  return `p50 ${worst((lag) => lag.p50)}, p99 ${worst((lag) => lag.p99)} in the worst second, max ${worst((lag) => lag.max)}`;
}

function verdictText(verdict: string, palette: Palette): string {
  if (verdict === 'unjudged') return palette.value('none');
  if (verdict === 'healthy') return palette.pass(verdict);
  return verdict === 'strained' ? palette.warn(verdict) : palette.fail(verdict);
}

function alarm(advice: string, columns: number, palette: Palette): string[] {
  const text = `THIS RUN IS INVALID: the load generator was the bottleneck, so its figures show the generator and not the target. ${advice}`;
  return wrapWords(text, columns - 4).map((line) => palette.alarm(` ${padRight(`! ${line}`, columns - 2)} `));
}

function secondsText(saturated: readonly number[], of: number): string {
  const listed = saturated.slice(0, 10).map((second) => second + 1);
  const rest = saturated.length - listed.length;
  return `${saturated.length} of ${of} seconds: ${listed.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
