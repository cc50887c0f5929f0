import * as Flags from '@oclif/core/flags';
import type { LoadFlags } from '../loadgen/index.js';

/** What `wsg loadtest` was told of its built-in scenario. */
export interface ScenarioFlags {
  readonly rate: string | undefined;
  readonly size: string | undefined;
  readonly binary: boolean;
  readonly match: string | undefined;
  readonly 'answer-timeout': string | undefined;
  readonly 'connect-rate': string | undefined;
  readonly hold: string | undefined;
  readonly every: string | undefined;
  readonly 'publish-url': string | undefined;
  readonly 'publish-method': string | undefined;
  readonly 'publish-header': readonly string[] | undefined;
  readonly 'publish-body': string | undefined;
}

const helpGroup = 'SCENARIO';

/** The settings of built-in scenarios; which has which, the errors and docs/scenarios tell. */
export const scenarioFlags = {
  rate: Flags.string({
    helpGroup,
    helpValue: 'N',
    description: 'echo: messages a second, churn: connections, fan-out: requests; all virtual users together.',
  }),
  size: Flags.string({
    helpGroup,
    helpValue: 'BYTES',
    description: 'echo, flood, fan-out: of a message; 64 by default.',
  }),
  binary: Flags.boolean({ helpGroup, description: 'echo, flood: binary messages instead of text.' }),
  match: Flags.string({
    helpGroup,
    helpValue: 'HOW',
    description: 'echo: find the message of an answer by its id, or take answers in order; id by default.',
  }),
  'answer-timeout': Flags.string({
    helpGroup,
    helpValue: 'DURATION',
    description: 'echo, fan-out: what takes longer counts as lost; 10s by default.',
  }),
  'connect-rate': Flags.string({
    helpGroup,
    helpValue: 'N',
    description: 'Connections opened a second at the start; idle: 1000, others: all at once.',
  }),
  hold: Flags.string({
    helpGroup,
    helpValue: 'DURATION',
    description: 'churn: how long a connection lasts; 0 by default.',
  }),
  every: Flags.string({
    helpGroup,
    helpValue: 'DURATION',
    description: 'storm: from one to the next; 10s by default.',
  }),
  'publish-url': Flags.string({
    helpGroup,
    helpValue: 'URL',
    description: "fan-out: where messages are published; the target's /send?all=true by default.",
  }),
  'publish-method': Flags.string({ helpGroup, helpValue: 'METHOD', description: 'fan-out: POST by default.' }),
  'publish-header': Flags.string({
    helpGroup,
    helpValue: 'NAME:VALUE',
    multiple: true,
    multipleNonGreedy: true,
    description: 'fan-out: of the request; may be repeated.',
  }),
  'publish-body': Flags.string({
    helpGroup,
    helpValue: 'TEMPLATE',
    description: 'fan-out: {{stamp}} in it becomes what recipients know the message by, {{id}} its number.',
  }),
} as const;

/** The flags by the names of the options that they set. */
export function scenarioOptions(flags: ScenarioFlags): LoadFlags {
  return {
    rate: flags.rate,
    size: flags.size,
    binary: flags.binary ? true : undefined,
    match: flags.match,
    answerTimeout: flags['answer-timeout'],
    connectRate: flags['connect-rate'],
    hold: flags.hold,
    every: flags.every,
    publishUrl: flags['publish-url'],
    publishMethod: flags['publish-method'],
    publishHeaders: flags['publish-header'],
    publishBody: flags['publish-body'],
  };
}
