// Differences that are known, each with its reason. One that none of these fits fails the bench.
// `fact`, `k6` and `wsg` are what the difference is about and what was seen of it; what is missing
// fits all.
const UNREAD_HEAD = 'Of an answer whose head cannot be read k6 measures a time of receiving, wsg measures none.';
const UNREADABLE =
  'Broken compressed bodies are named by another reader: zlib here, Go there; the code, 1701, is the same.';
const NO_BODY = 'The body of a request that could not be sent is null here; k6 shows an empty list of bytes.';
const OWN_WORDS = 'What is wrong with an argument is said in other words.';
const ENGINE =
  'Scripts run in V8 here and in Sobek there, which lacks some of the language, or has other texts for its errors.';
const NODE_PARSER =
  "Node's parser takes or refuses what Go's does not: alike Content-Lengths sent twice, unknown transfer codings, names with spaces.";

/** First match wins. */
export const KNOWN = [
  {
    fact: /^log$/,
    wsg: /Attempt to establish a WebSocket connection failed|a crossed threshold ends the run/,
    why: 'A WebSocket that could not be opened, and a threshold that ends the run, have a line in the log here.',
  },
  { script: /^abort$/, fact: /^log$/, why: 'The line of exec.test.abort has no position here, and is a warning.' },
  {
    script: /^threshold-abort$/,
    fact: /^samples /,
    why: 'Thresholds that may end the run are judged each second here, each two seconds by k6.',
  },
  { script: /^globals$/, fact: /^info (?:types|language|regular expressions)$/, why: ENGINE },
  { fact: /^info (?:json of text|frozen)$/, why: ENGINE },
  { fact: /^info (?:group of none|metric in a function|open|compression|responseType)$/, why: OWN_WORDS },
  { fact: /^info (?:binary of text|early send|late send|bad URL)$/, why: OWN_WORDS },
  {
    fact: /^info (?:data|teardown|form object|json|form)$/,
    why: 'Go does not keep the order of keys, and k6 shows another one each time.',
  },
  {
    fact: /^info test options$/,
    why: 'exec.test.options shows shortcuts beside the scenarios that they became; k6 takes them away.',
  },
  {
    fact: /^info (?:keys|JSON of a metric)$/,
    why: 'Methods are properties of the prototype here, of the object itself in k6; OCSP and cipher suites are not told.',
  },
  {
    fact: /^info answer cookies$/,
    why: 'A cookie without an end has expires 0 here; k6 shows the year 1 of Go as a number.',
  },
  { fact: /^info param$/, why: 'Cookies of the request stand before those of the jar here, behind them in k6.' },
  { script: /^http-failures$/, fact: /^info (?:url |timeout bad)/, k6: /,\[\],"",false\]$/, why: NO_BODY },
  {
    script: /^http-failures$/,
    fact: /^log$/,
    why: 'Failed lookups do not name the DNS server, and wrong arguments are said in other words.',
  },
  {
    fact: /^(?:log|samples http .*\/redirect\/12)/,
    k6: /Stopped after|http_req_connecting: 1 \(1 of 0\)/,
    why: 'Where redirects are many, k6 adds a line to the log; connections are kept for other reasons by Node (see below).',
  },
  {
    script: /^http$/,
    fact: /get with a space|get\?a=1 2/,
    why: 'k6 sends a space in a URL as it is, which this server refuses with 400; here it is escaped.',
  },
  {
    script: /^http$/,
    fact: /^info request$|method=get /,
    why: 'k6 sends a method in the case in which it is written, which this server refuses; Node sends capitals.',
  },
  { script: /^http$/, fact: /^info compressed$/, why: 'zlib and Go compress to other lengths.' },
  {
    script: /^http$/,
    fact: /^info own headers$/,
    why: 'Headers go out in the order of the script here, sorted by name from k6.',
  },
  { script: /^http$/, fact: /^samples sizes/, why: 'The sum of the sizes of the bodies above.' },
  {
    script: /^http$/,
    fact: /^samples http /,
    k6: /http_req_connecting/,
    wsg: /http_req_connecting/,
    why: 'Node closes a connection after an answer to HEAD without a length, Go keeps it: other requests connect again.',
  },
  { script: /^ws$/, fact: /does-not-exist/, why: 'Failed lookups do not name the DNS server.' },
  { script: /^ugly-http$/, fact: /^log$/, why: 'The log repeats the differences of single answers below.' },
  {
    script: /^ugly-http$/,
    fact: /reset-in-head/,
    why: 'A head that a reset cuts off is a reset here; k6 names the line that was cut.',
  },
  {
    script: /^ugly-http$/,
    fact: /two-lengths-alike|encoding-unknown|header-name-with-space|chunked-and-length/,
    why: NODE_PARSER,
  },
  { script: /^ugly-http$/, fact: /gzip-|deflate-/, why: UNREADABLE },
  {
    script: /^ugly-http$/,
    fact: /chunk-size-bad/,
    why: 'An answer that breaks off before its first byte of body has the body null here, an empty text in k6.',
  },
  {
    script: /^ugly-http$/,
    fact: /header-latin1/,
    why: 'Bytes of headers above ASCII are read as Latin-1 here; k6 makes replacement characters of them.',
  },
  { script: /^ugly-http$/, fact: /length-|header-without-colon|no-http|status-of|two-lengths/, why: UNREAD_HEAD },
  {
    script: /^ugly-http$/,
    fact: /^samples http /,
    k6: /http_req_connecting/,
    wsg: /http_req_connecting/,
    why: 'Whether a connection that its server closed is noticed before the next request is chance, and so is which request connects again.',
  },
  {
    script: /^http$/,
    fact: /^info file$/,
    why: 'Go does not keep the order of keys, and k6 shows another one each time.',
  },
  {
    script: /^ugly-websockets$/,
    fact: /ping-in-fragments|pongs-unasked/,
    why: 'A close right behind a ping or a pong: in k6 it may overtake them, here each event has its turn.',
  },
  { script: /^ugly-websockets$/, fact: /^log$/, why: 'k6 warns of a pong that nobody asked for.' },
];
