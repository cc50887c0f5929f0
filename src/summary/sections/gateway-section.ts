import { BALANCE_COUNTERS, type Run } from '../../run-file/records.js';
import type { SectionOptions } from './health-section.js';
import { createPalette, type Palette } from '../terminal/palette.js';
import { padLeft, padRight, wrapWords } from '../terminal/text-width.js';

/** Balance of one direction: messages sent by one side and received by the other. */
export interface GatewayBalance {
  readonly sent: number;
  readonly received: number;
  /** `sent` less `received`: negative when more arrived than was sent. */
  readonly difference: number;
  /**
   * Maximum number of messages in flight at the end: 0 if every session closed in order, otherwise
   * a second's messages for each.
   */
  readonly inFlightLimit: number;
  readonly agrees: boolean;
}

/** Both sides' counters for the same run. */
export interface GatewayComparison {
  /** Messages that the gateway passed to its sockets, and messages that the generator received. */
  readonly toClients: GatewayBalance;
  /** Messages that the generator sent, and messages that the gateway received. */
  readonly fromClients: GatewayBalance;
  /** Messages that the gateway had to send: those passed to sockets, and those dropped before. */
  readonly sent: number;
  readonly dropped: number;
}

/**
 * Undefined when the gateway's counters were not read, and for a part of a plan: the counters have
 * the messages of all parts.
 */
export function compareWithGateway(run: Run): GatewayComparison | undefined {
  const { gateway, totals } = run.end;
  if (gateway === undefined || run.header.segment !== undefined) return undefined;
  const count = (name: string): number => totals.counters[name] ?? 0;
  return {
    toClients: balance(run, gateway.sent, count('ws_msgs_received') + count(BALANCE_COUNTERS.receivedAfterClose)),
    fromClients: balance(run, count('ws_msgs_sent') - count(BALANCE_COUNTERS.sentNoMessage), gateway.received),
    sent: gateway.sent + gateway.dropped,
    dropped: gateway.dropped,
  };
}

/**
 * Renders the gateway's counters and the generator's, with an alarm if they differ by more than the
 * messages in flight; '' without them. Ends with a newline.
 */
export function renderGateway(run: Run, options: SectionOptions): string {
  const comparison = compareWithGateway(run);
  if (comparison === undefined) return '';
  const palette = createPalette(options.colour);
  const columns = options.columns ?? 80;
  const { toClients, fromClients, sent, dropped } = comparison;
  const lines = [
    palette.strong('gateway and generator'),
    ...tableLines(
      [
        ['', 'sent', 'dropped', 'delivered', 'received', 'difference'],
        ['to clients', ...[sent, dropped, toClients.sent, toClients.received, toClients.difference].map(String)],
        [
          'from clients',
          String(fromClients.sent),
          '',
          '',
          String(fromClients.received),
          String(fromClients.difference),
        ],
      ],
      palette,
    ),
  ];
  for (const [name, one] of [['to clients', toClients] as const, ['from clients', fromClients] as const]) {
    lines.push(...remark(name, one, columns, palette));
  }
  return `${lines.join('\n')}\n`;
}

function balance(run: Run, sent: number, received: number): GatewayBalance {
  const { counters, gauges, durationMs } = run.end.totals;
  const sessions = counters.ws_sessions ?? 0;
  const connections = Math.max(1, gauges.vus_max?.value ?? run.header.vus);
  const perConnectionSecond = sent / Math.max(1, durationMs / 1000) / connections;
  const difference = sent - received;
  // A session that closes in order reads until the peer's close frame, after which nothing follows.
  const { reason } = run.end;
  const wasCut = reason === 'cut-by-signal' || reason === 'failed';
  const inFlightLimit = wasCut ? Math.ceil(perConnectionSecond * sessions) : 0;
  return { sent, received, difference, inFlightLimit, agrees: difference >= 0 && difference <= inFlightLimit };
}

function tableLines(rows: readonly (readonly string[])[], palette: Palette): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row, index) => {
    const [name = '', ...cells] = row;
    const texts = cells.map((cell, column) => padLeft(cell, widths[column + 1] ?? 0));
    const paint = index === 0 ? palette.faint : palette.value;
    return `  ${padRight(name, widths[0] ?? 0)}  ${paint(texts.join('  '))}`;
  });
}

function remark(name: string, one: GatewayBalance, columns: number, palette: Palette): string[] {
  if (one.difference === 0) return [];
  if (one.agrees) {
    const text = `${name}: ${one.difference} were still in flight when their sessions closed (at most ${one.inFlightLimit} possible)`;
    return wrapWords(text, columns - 2).map((line) => `  ${palette.faint(line)}`);
  }
  const text =
    one.difference < 0
      ? `${name}: THE COUNTERS DISAGREE: ${-one.difference} more messages were received than sent`
      : `${name}: THE COUNTERS DISAGREE: ${one.difference} messages are missing${one.inFlightLimit > 0 ? `, and at most ${one.inFlightLimit} can have been in flight` : ''}`;
  return wrapWords(text, columns - 4).map((line) => palette.alarm(` ${padRight(`! ${line}`, columns - 2)} `));
}
