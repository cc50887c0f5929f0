/** What the header of a load test says. */
export interface LoadHeader {
  /** The built-in scenario's name. */
  readonly scenario: string;
  /** Where the virtual users connect. */
  readonly target: string;
  /** k6's words for the plan: how many scenarios, virtual users, how long. */
  readonly headline: string;
  /** One line a scenario. */
  readonly scenarios: readonly string[];
  /** No load was asked for, so the default stands. */
  readonly isDefaultLoad: boolean;
}

const BANNER = [
  '__      _____  __ _',
  '\\ \\ /\\ / / __|/ _` |',
  ' \\ V  V /\\__ \\ (_| |',
  '  \\_/\\_/ |___/\\__, |',
  '              |___/',
];

const LABEL_WIDTH = 14;

/** The lines above a load test, as k6 lays them out, with a newline after each. */
export function loadHeaderText(header: LoadHeader): string {
  const lines = [
    '',
    ...BANNER.map((line) => `     ${line}`),
    '',
    '',
    field('execution', 'local'),
    field('script', `${header.scenario} (built in)`),
    field('target', header.target),
    field('output', '-'),
    ...(header.isDefaultLoad ? [field('load', 'the default; --vus, --duration or --iterations set another')] : []),
    '',
    field('scenarios', `(100.00%) ${header.headline}:`),
    ...header.scenarios.map((line) => `${' '.repeat(LABEL_WIDTH)}* ${line}`),
    '',
    '',
  ];
  return lines.join('\n');
}

function field(label: string, value: string): string {
  return `${label.padStart(LABEL_WIDTH)}: ${value}`;
}
