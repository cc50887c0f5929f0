/** Of the messages of built-in scenarios, unless told: bytes. */
export const DEFAULT_SIZE = 64;
/** More is not asked of a message. */
export const LARGEST_SIZE = 16 * 1024 * 1024;

/** What a virtual user does without a script: docs/scenarios has a page for each. */
export const BUILT_IN_SCENARIOS = ['snapshot', 'echo', 'flood', 'idle', 'churn', 'storm', 'fan-out'] as const;
export type BuiltInScenario = (typeof BUILT_IN_SCENARIOS)[number];

/**
 * By what an answer finds its message: an id that the payload carries, or that it is the next one.
 */
export const MATCHINGS = ['id', 'order'] as const;
export type Matching = (typeof MATCHINGS)[number];

/** The old performance snapshot; it has no settings. */
export interface SnapshotPlan {
  readonly name: 'snapshot';
}

/** What the messages are that a scenario sends. */
export interface MessagePlan {
  /** Of a message: bytes. */
  readonly size: number;
  readonly isBinary: boolean;
}

/** What scenarios have that hold their connections for the whole time. */
export interface HeldPlan {
  /**
   * How many connections are opened a second, all virtual users together; 0 for as fast as can be.
   */
  readonly connectRate: number;
}

/** Messages at a constant rate, each of which the target answers. */
export interface EchoPlan extends MessagePlan, HeldPlan {
  readonly name: 'echo';
  /** Messages a second, all virtual users together. */
  readonly rate: number;
  readonly matching: Matching;
  /** An answer that takes longer counts as none. */
  readonly answerTimeoutMs: number;
}

/** As many messages as the connections take. */
export interface FloodPlan extends MessagePlan, HeldPlan {
  readonly name: 'flood';
}

/** Connections that do nothing. */
export interface IdlePlan extends HeldPlan {
  readonly name: 'idle';
}

/** Connections that come and go. */
export interface ChurnPlan {
  readonly name: 'churn';
  /** Connections a second, all virtual users together. */
  readonly rate: number;
  /** How long a connection is held. */
  readonly holdMs: number;
}

/** All connections are lost at once, and come again. */
export interface StormPlan extends HeldPlan {
  readonly name: 'storm';
  /** From one storm to the next; the first comes that long after the start. */
  readonly everyMs: number;
}

/** Messages that are published by HTTP requests and reach all connections. */
export interface FanOutPlan extends HeldPlan {
  readonly name: 'fan-out';
  /** Requests a second. */
  readonly rate: number;
  readonly publish: PublishPlan;
  /** A message that has not come by then is lost: from its request. */
  readonly answerTimeoutMs: number;
}

/**
 * The request that publishes a message; `{{stamp}}` in the body becomes what a recipient knows it
 * by, `{{id}}` anywhere its number.
 */
export interface PublishPlan {
  readonly url: string;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** A built-in scenario with its settings. */
export type BuiltInPlan = SnapshotPlan | EchoPlan | FloodPlan | IdlePlan | ChurnPlan | StormPlan | FanOutPlan;
