/** The load options that flags give, by the names of their options. Undefined: not given. */
export interface LoadFlags {
  readonly url?: readonly string[] | string;
  /** `Name: value`. */
  readonly headers?: readonly string[];
  readonly subprotocols?: readonly string[];
  readonly compression?: boolean;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly tlsReuse?: boolean;
  readonly localIPs?: readonly string[];
  readonly blacklistIPs?: readonly string[];
  readonly dns?: string;
  readonly scenario?: string;
  readonly rate?: string;
  readonly size?: string;
  readonly binary?: boolean;
  readonly match?: string;
  readonly answerTimeout?: string;
  readonly connectRate?: string;
  readonly hold?: string;
  readonly every?: string;
  readonly publishUrl?: string;
  readonly publishMethod?: string;
  /** `Name: value`. */
  readonly publishHeaders?: readonly string[];
  readonly publishBody?: string;
  readonly vus?: string;
  readonly duration?: string;
  readonly iterations?: string;
  /** `10s:5`, one or several with commas each. */
  readonly stages?: readonly string[];
  readonly gracefulStop?: string;
  readonly seed?: string;
  readonly threads?: string;
  readonly executionSegment?: string;
  readonly executionSegmentSequence?: string;
  readonly noThresholds?: boolean;
  readonly recordSubmetrics?: readonly string[];
  /** `key=value`. */
  readonly tags?: readonly string[];
  readonly minIterationDuration?: string;
  readonly rps?: string;
  readonly httpDebug?: string;
  readonly includeSystemEnvVars?: boolean;
  readonly noUsageReport?: boolean;
  readonly address?: string;
  readonly profilingEnabled?: boolean;
  readonly paused?: boolean;
  readonly linger?: boolean;
  readonly compatibilityMode?: string;
  readonly type?: string;
  readonly tracesOutput?: string;
  readonly secretSource?: readonly string[];
  readonly newMachineReadableSummary?: boolean;
  readonly noSetup?: boolean;
  readonly noTeardown?: boolean;
  readonly systemTags?: string;
  readonly throw?: boolean;
  readonly discardResponseBodies?: boolean;
  readonly noConnectionReuse?: boolean;
  readonly noVUConnectionReuse?: boolean;
  readonly maxRedirects?: string;
  readonly batch?: string;
  readonly batchPerHost?: string;
  readonly userAgent?: string;
  readonly insecureSkipTLSVerify?: boolean;
  readonly blockHostnames?: string;
}
