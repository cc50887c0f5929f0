/**
 * What becomes of an option: `plan`: obeyed by every run; `summary`: by what is printed, which
 * reads its flag and variable itself; `script`: obeyed by scripts, a built-in scenario runs the
 * same without it; `ignored`: accepted with a warning, for it cannot change a result; `refused`: an
 * error as soon as it asks for something.
 */
export type OptionFate = 'plan' | 'summary' | 'script' | 'ignored' | 'refused';

/** One option of a load test: its key in scripts and files, and what else sets it. */
export interface OptionEntry {
  readonly name: string;
  readonly fate: OptionFate;
  /** Behind `WSG_` and `K6_`; undefined when no variable sets it. */
  readonly variable?: string;
  readonly flag?: string;
  /** Why it is ignored or refused, as the end of a sentence. */
  readonly reason?: string;
  /** Values that ask for what happens anyway. */
  readonly harmless?: readonly string[];
  /** Only a command line and a variable set it: in scripts it is unknown, as to k6. */
  readonly isTyped?: boolean;
}

/** One that scripts cannot set. */
function typed(entry: OptionEntry): OptionEntry {
  return { ...entry, isTyped: true };
}

const PLANNED: readonly OptionEntry[] = [
  { name: 'url', fate: 'plan', variable: 'URL', flag: '--url' },
  { name: 'headers', fate: 'plan', flag: '--header' },
  { name: 'subprotocols', fate: 'plan', variable: 'SUBPROTOCOLS', flag: '--subprotocol' },
  { name: 'compression', fate: 'plan', variable: 'COMPRESSION', flag: '--compression' },
  { name: 'ca', fate: 'plan', variable: 'CA', flag: '--ca' },
  { name: 'cert', fate: 'plan', variable: 'CERT', flag: '--cert' },
  { name: 'key', fate: 'plan', variable: 'KEY', flag: '--key' },
  { name: 'serverName', fate: 'plan', variable: 'SERVER_NAME', flag: '--server-name' },
  { name: 'tlsReuse', fate: 'plan', variable: 'TLS_REUSE', flag: '--tls-reuse' },
  { name: 'localIPs', fate: 'plan', variable: 'LOCAL_IPS', flag: '--local-address' },
  { name: 'blacklistIPs', fate: 'plan', variable: 'BLACKLIST_IPS', flag: '--blacklist-ip' },
  { name: 'dns', fate: 'plan', variable: 'DNS', flag: '--dns' },
  { name: 'scenario', fate: 'plan', variable: 'SCENARIO', flag: '--scenario' },
  { name: 'rate', fate: 'plan', variable: 'RATE', flag: '--rate' },
  { name: 'size', fate: 'plan', variable: 'SIZE', flag: '--size' },
  { name: 'binary', fate: 'plan', variable: 'BINARY', flag: '--binary' },
  { name: 'match', fate: 'plan', variable: 'MATCH', flag: '--match' },
  { name: 'answerTimeout', fate: 'plan', variable: 'ANSWER_TIMEOUT', flag: '--answer-timeout' },
  { name: 'connectRate', fate: 'plan', variable: 'CONNECT_RATE', flag: '--connect-rate' },
  { name: 'hold', fate: 'plan', variable: 'HOLD', flag: '--hold' },
  { name: 'every', fate: 'plan', variable: 'EVERY', flag: '--every' },
  { name: 'publishUrl', fate: 'plan', variable: 'PUBLISH_URL', flag: '--publish-url' },
  { name: 'publishMethod', fate: 'plan', variable: 'PUBLISH_METHOD', flag: '--publish-method' },
  { name: 'publishHeaders', fate: 'plan', flag: '--publish-header' },
  { name: 'publishBody', fate: 'plan', variable: 'PUBLISH_BODY', flag: '--publish-body' },
  { name: 'vus', fate: 'plan', variable: 'VUS', flag: '-u, --vus' },
  { name: 'duration', fate: 'plan', variable: 'DURATION', flag: '-d, --duration' },
  { name: 'iterations', fate: 'plan', variable: 'ITERATIONS', flag: '-i, --iterations' },
  { name: 'stages', fate: 'plan', variable: 'STAGES', flag: '-s, --stage' },
  { name: 'scenarios', fate: 'plan' },
  { name: 'gracefulStop', fate: 'plan', variable: 'GRACEFUL_STOP', flag: '--graceful-stop' },
  { name: 'seed', fate: 'plan', variable: 'SEED', flag: '--seed' },
  { name: 'threads', fate: 'plan', variable: 'THREADS', flag: '--threads' },
  { name: 'executionSegment', fate: 'plan', variable: 'EXECUTION_SEGMENT', flag: '--execution-segment' },
  {
    name: 'executionSegmentSequence',
    fate: 'plan',
    variable: 'EXECUTION_SEGMENT_SEQUENCE',
    flag: '--execution-segment-sequence',
  },
  { name: 'thresholds', fate: 'plan' },
  { name: 'noThresholds', fate: 'plan', variable: 'NO_THRESHOLDS', flag: '--no-thresholds' },
  { name: 'recordSubmetrics', fate: 'plan', flag: '--record-submetric' },
  { name: 'tags', fate: 'plan', variable: 'TAGS', flag: '--tag' },
  { name: 'minIterationDuration', fate: 'plan', variable: 'MIN_ITERATION_DURATION', flag: '--min-iteration-duration' },
  { name: 'summaryTrendStats', fate: 'summary', variable: 'SUMMARY_TREND_STATS', flag: '--summary-trend-stats' },
  { name: 'out', fate: 'summary', variable: 'OUT', flag: '-o, --out' },
  typed({ name: 'summaryMode', fate: 'summary', variable: 'SUMMARY_MODE', flag: '--summary-mode' }),
  typed({ name: 'summaryExport', fate: 'summary', variable: 'SUMMARY_EXPORT', flag: '--summary-export' }),
  typed({ name: 'noSummary', fate: 'summary', variable: 'NO_SUMMARY', flag: '--no-summary' }),
  typed({ name: 'noColor', fate: 'summary', variable: 'NO_COLOR', flag: '--no-color' }),
  typed({ name: 'quiet', fate: 'summary', flag: '-q, --quiet' }),
  typed({ name: 'verbose', fate: 'summary', flag: '-v, --verbose' }),
  { name: 'summaryTimeUnit', fate: 'summary', variable: 'SUMMARY_TIME_UNIT', flag: '--summary-time-unit' },
  typed({ name: 'logFormat', fate: 'summary', variable: 'LOG_FORMAT', flag: '--log-format' }),
  typed({ name: 'logOutput', fate: 'summary', variable: 'LOG_OUTPUT', flag: '--log-output' }),
  typed({ name: 'consoleOutput', fate: 'summary', variable: 'CONSOLE_OUTPUT', flag: '--console-output' }),
  typed({ name: 'webDashboard', fate: 'summary', variable: 'WEB_DASHBOARD', flag: '--dashboard' }),
  typed({ name: 'webDashboardHost', fate: 'summary', variable: 'WEB_DASHBOARD_HOST' }),
  typed({ name: 'webDashboardPort', fate: 'summary', variable: 'WEB_DASHBOARD_PORT' }),
];

const FOR_SCRIPTS: readonly OptionEntry[] = [
  { name: 'setupTimeout', fate: 'script', variable: 'SETUP_TIMEOUT' },
  { name: 'teardownTimeout', fate: 'script', variable: 'TEARDOWN_TIMEOUT' },
  typed({
    name: 'includeSystemEnvVars',
    fate: 'script',
    variable: 'INCLUDE_SYSTEM_ENV_VARS',
    flag: '--include-system-env-vars',
  }),
  { name: 'noSetup', fate: 'script', variable: 'NO_SETUP', flag: '--no-setup' },
  { name: 'noTeardown', fate: 'script', variable: 'NO_TEARDOWN', flag: '--no-teardown' },
  { name: 'systemTags', fate: 'script', variable: 'SYSTEM_TAGS', flag: '--system-tags' },
  { name: 'throw', fate: 'script', variable: 'THROW', flag: '-w, --throw' },
  {
    name: 'discardResponseBodies',
    fate: 'script',
    variable: 'DISCARD_RESPONSE_BODIES',
    flag: '--discard-response-bodies',
  },
  { name: 'noCookiesReset', fate: 'script', variable: 'NO_COOKIES_RESET' },
  { name: 'noConnectionReuse', fate: 'script', variable: 'NO_CONNECTION_REUSE', flag: '--no-connection-reuse' },
  { name: 'noVUConnectionReuse', fate: 'script', variable: 'NO_VU_CONNECTION_REUSE', flag: '--no-vu-connection-reuse' },
  { name: 'maxRedirects', fate: 'script', variable: 'MAX_REDIRECTS', flag: '--max-redirects' },
  { name: 'batch', fate: 'script', variable: 'BATCH', flag: '--batch' },
  { name: 'batchPerHost', fate: 'script', variable: 'BATCH_PER_HOST', flag: '--batch-per-host' },
  { name: 'rps', fate: 'script', variable: 'RPS', flag: '--rps' },
  { name: 'httpDebug', fate: 'script', variable: 'HTTP_DEBUG', flag: '--http-debug' },
  { name: 'noUsageReport', fate: 'plan', variable: 'NO_USAGE_REPORT', flag: '--no-usage-report' },
  { name: 'userAgent', fate: 'plan', variable: 'USER_AGENT', flag: '--user-agent' },
  {
    name: 'insecureSkipTLSVerify',
    fate: 'plan',
    variable: 'INSECURE_SKIP_TLS_VERIFY',
    flag: '--insecure-skip-tls-verify',
  },
  { name: 'hosts', fate: 'plan' },
  { name: 'blockHostnames', fate: 'plan', variable: 'BLOCK_HOSTNAMES', flag: '--block-hostnames' },
];

const LEFT_OUT: readonly OptionEntry[] = [
  { name: 'cloud', fate: 'ignored', reason: 'there is no cloud behind wsg' },
  { name: 'ext', fate: 'ignored', reason: 'there is no cloud behind wsg' },
  { name: 'collectors', fate: 'ignored', reason: 'there is no cloud behind wsg' },
  { name: 'noArchiveUpload', fate: 'ignored', reason: 'there is no cloud behind wsg' },
  {
    name: 'metricSamplesBufferSize',
    fate: 'ignored',
    variable: 'METRIC_SAMPLES_BUFFER_SIZE',
    reason: 'samples are not buffered',
  },
  typed({
    name: 'address',
    fate: 'ignored',
    flag: '-a, --address',
    reason: 'there is no REST interface; --dashboard HOST:PORT shows a run',
  }),
  typed({
    name: 'profilingEnabled',
    fate: 'ignored',
    variable: 'PROFILING_ENABLED',
    flag: '--profiling-enabled',
    reason: 'there is no REST interface; NODE_OPTIONS=--cpu-prof profiles a run',
  }),
  typed({
    name: 'webDashboardPeriod',
    fate: 'ignored',
    variable: 'WEB_DASHBOARD_PERIOD',
    reason: 'the dashboard has a point a second',
  }),
  typed({
    name: 'webDashboardOpen',
    fate: 'ignored',
    variable: 'WEB_DASHBOARD_OPEN',
    reason: 'no browser is started; the header has the address',
  }),
  typed({
    name: 'webDashboardExport',
    fate: 'refused',
    variable: 'WEB_DASHBOARD_EXPORT',
    reason: '`wsg report RUN --output FILE.html` makes the page of a run',
  }),
  typed({
    name: 'webDashboardRecord',
    fate: 'refused',
    variable: 'WEB_DASHBOARD_RECORD',
    reason: 'the run file has it all',
  }),
  {
    name: 'paused',
    fate: 'refused',
    variable: 'PAUSED',
    flag: '-p, --paused',
    reason: 'there is no REST interface that could resume the run; start wsg when the load is wanted',
  },
  {
    name: 'linger',
    fate: 'refused',
    variable: 'LINGER',
    flag: '-l, --linger',
    reason: 'there is no REST interface to keep alive; the run file has the results',
  },
  typed({
    name: 'compatibilityMode',
    fate: 'refused',
    variable: 'COMPATIBILITY_MODE',
    flag: '--compatibility-mode',
    harmless: ['extended', 'base', 'experimental_enhanced'],
    reason: "scripts run with all that k6's modes extended and base have",
  }),
  typed({
    name: 'type',
    fate: 'refused',
    variable: 'TYPE',
    flag: '-t, --type',
    harmless: ['js'],
    reason: 'scripts of JavaScript and TypeScript can be run; unpack an archive with tar and name its script',
  }),
  typed({
    name: 'tracesOutput',
    fate: 'refused',
    variable: 'TRACES_OUTPUT',
    flag: '--traces-output',
    harmless: ['none'],
    reason: 'no traces are written; --out otlp=URL writes metrics',
  }),
  typed({
    name: 'secretSource',
    fate: 'refused',
    flag: '--secret-source',
    reason: 'there is no module k6/secrets; -e NAME hands a secret of the environment to the script',
  }),
  typed({
    name: 'newMachineReadableSummary',
    fate: 'refused',
    variable: 'NEW_MACHINE_READABLE_SUMMARY',
    flag: '--new-machine-readable-summary',
    reason: '--json prints all that a run measured',
  }),
  { name: 'tlsAuth', fate: 'refused', reason: 'there are no client certificates' },
  { name: 'tlsCipherSuites', fate: 'refused', reason: "the ciphers are Node's" },
  { name: 'tlsVersion', fate: 'refused', reason: "the versions are Node's" },
];

/**
 * Every option that wsg knows by name; docs/reference/options.md lists the same, held by a test.
 */
export const OPTION_CATALOGUE: readonly OptionEntry[] = [...PLANNED, ...FOR_SCRIPTS, ...LEFT_OUT];
