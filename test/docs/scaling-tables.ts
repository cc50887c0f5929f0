import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const RESULTS = join(import.meta.dirname, '../../bench/results');

const cell = z.union([z.string(), z.number()]);
const benchResult = z.object({
  machine: z.object({ date: z.string(), cpu: z.string(), cores: z.number() }),
  rows: z.array(z.record(z.string(), cell)).min(1),
});

type Row = readonly (string | number)[];

function table(head: Row, rows: readonly Row[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function readBench(name: string): z.infer<typeof benchResult> {
  return benchResult.parse(JSON.parse(readFileSync(join(RESULTS, `${name}.json`), 'utf8')));
}

/** The number at the beginning of a cell. Throws if there is none. */
function figure(name: string, cells: Readonly<Record<string, string | number>>, column: string): number {
  const row = readBench(name).rows.find((each) =>
    Object.entries(cells).every(([key, value]) => String(each[key]) === String(value)),
  );
  const found = Number.parseFloat(/[\d.]+/.exec(String(row?.[column]))?.[0] ?? '');
  if (Number.isNaN(found)) throw new Error(`bench/results/${name}.json has no '${column}' of ${JSON.stringify(cells)}`);
  return found;
}

const OWN_TAG = { server: 'wsg on uws', tags: 'one of its own each' };

/** The measured figures behind the arithmetic, from bench/results: times in microseconds, memory in kB. */
export function measuredFigures() {
  const delivery = (clients: number, inFlight: number): number =>
    figure('fan-out', { clients, 'in flight': inFlight, server: 'wsg on uws, one pair' }, 'CPU-s per million');
  const connect = (server: string): number => figure('connect-storm', { server }, 'CPU ms for 1,000 connects');
  return {
    processKb: figure('idle-connections', OWN_TAG, '5,000 to 15,000'),
    kernelKb: figure('socket-memory', {}, 'kB, median'),
    connectUs: connect('wsg on uws'),
    connectMirrorUs: connect('wsg on uws, with the mirror'),
    deliveryRoomUs: delivery(50, 1),
    deliveryManyUs: delivery(5000, 1),
    deliveryAloneUs: delivery(1000, 1),
    delivery16Us: delivery(1000, 16),
    delivery128Us: delivery(1000, 128),
    postUs: figure('post-to-one', { server: 'wsg on uws, id' }, 'CPU us a POST, 16 in flight'),
    inboundUs: figure('inbound', { what: '50 clients, gateway on uws, with Redis on two cores' }, 'CPU us each'),
  };
}

/** Measured by hand in November 2026, on the machine of the benches; no bench repeats them. */
const BY_HAND = { tlsKb: 2.8, tlsHandshakeUs: 275 };

const source = (name: string): string => `[${name}](../../bench/results/${name}.md)`;

/** The figures that the arithmetic uses, and what each rests on. */
export function figuresTable(): string {
  const m = measuredFigures();
  return table(
    ['figure', 'value', 'rests on'],
    [
      ['memory of an idle connection with a tag of its own: process', `${m.processKb} kB`, source('idle-connections')],
      ['memory of an idle connection: kernel', `${m.kernelKb} kB`, source('socket-memory')],
      ['memory of TLS in the gateway, on top', `${BY_HAND.tlsKb} kB`, 'measured by hand, no bench'],
      ['a connect', `${m.connectUs} µs`, source('connect-storm')],
      ['a connect, with the mirror', `${m.connectMirrorUs} µs`, source('connect-storm')],
      ['a full TLS handshake (P-256), on top', `${BY_HAND.tlsHandshakeUs} µs`, 'measured by hand, no bench'],
      ['a delivery in a room of 50, one POST at a time', `${m.deliveryRoomUs} µs`, source('fan-out')],
      ['a delivery of a broadcast to 5,000, one POST at a time', `${m.deliveryManyUs} µs`, source('fan-out')],
      ['a delivery of a broadcast to 1,000, one POST at a time', `${m.deliveryAloneUs} µs`, source('fan-out')],
      ['a delivery to 1,000 with 16 POSTs in flight, which share writes', `${m.delivery16Us} µs`, source('fan-out')],
      ['a delivery to 1,000 with 128', `${m.delivery128Us} µs`, source('fan-out')],
      ['a POST to one connection by id, its delivery included', `${m.postUs} µs`, source('post-to-one')],
      ['a message of a client, to the Redis stream', `${m.inboundUs} µs`, source('inbound')],
    ],
  );
}

/** The table of a bench; a sentence while it has not been run. */
export function benchTable(name: string): string {
  if (!existsSync(join(RESULTS, `${name}.json`)))
    return `Not measured yet: \`npm run bench -- ${name}\` has no committed result.`;
  const { machine, rows } = readBench(name);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const date = machine.date.slice(0, 10);
  return [
    table(
      columns,
      rows.map((row) => columns.map((column) => row[column] ?? '')),
    ),
    '',
    `Measured on ${date}, ${machine.cpu}, ${machine.cores} cores; ${source(name)} says how.`,
  ].join('\n');
}

const CONNECTIONS = 10_000_000;
const NODES = 60;
const WORKERS = 7;
const ZONES = 3;
/** Bytes around a small message: Ethernet, IP and TCP; and the header of the frame. */
const PACKET = 66;
const FRAME = 4;

const perNode = (nodes: number): number => CONNECTIONS / nodes;
const gb = (kb: number, connections: number): string =>
  `${((kb * connections) / 1e6).toFixed(kb * connections > 1e7 ? 0 : 2)} GB`;
const seconds = (us: number, count: number): string => `${((us * count) / 1e6).toPrecision(2)} s`;
const cores = (us: number, perSecond: number): string => ((us * perSecond) / 1e6).toPrecision(2);

function thousands(count: number): string {
  if (count >= 1e6) return `${Number((count / 1e6).toPrecision(2))} M`;
  return count >= 10_000 ? `${Math.round(count / 1000)} k` : Math.round(count).toLocaleString('en');
}

/** Memory of ten million connections. */
export function memoryTable(): string {
  const { processKb, kernelKb } = measuredFigures();
  const bare = processKb + kernelKb;
  const tls = bare + BY_HAND.tlsKb;
  const left = NODES * (1 - 1 / ZONES);
  const row = (what: string, connections: number): Row => [
    what,
    thousands(connections),
    gb(bare, connections),
    gb(tls, connections),
  ];
  return table(
    ['', 'connections', 'memory', 'with TLS in the gateway'],
    [
      ['all', thousands(CONNECTIONS), gb(bare, CONNECTIONS), gb(tls, CONNECTIONS)],
      row(`a node, ${NODES} nodes`, perNode(NODES)),
      row(`a worker, ${WORKERS} a node`, perNode(NODES) / WORKERS),
      row(`a node while one of ${ZONES} zones is away`, perNode(left)),
    ],
  );
}

/** CPU and network of three loads, over the whole cluster. */
export function loadsTable(): string {
  const m = measuredFigures();
  const notify = CONNECTIONS / 60;
  const chat = CONNECTIONS * 0.1;
  const ticker = CONNECTIONS;
  const megabytes = (bytes: number, rate: number): string =>
    `${Math.round(((bytes + FRAME + PACKET) * rate) / 1e6)} MB/s`;
  const tickerBits = ((100 + FRAME + PACKET) * ticker * 8) / NODES / 1e6;
  return table(
    [
      '',
      'notify: a personal message a minute for each',
      'chat: rooms of 50, 0.1 messages a second for each',
      'ticker: a message a second for all',
    ],
    [
      ['deliveries a second', thousands(notify), thousands(chat), thousands(ticker)],
      ['calls a second', thousands(notify), thousands(chat / 50), '1'],
      [
        'cores for calls and deliveries',
        `${cores(m.postUs, notify)} (a POST for each)`,
        cores(m.deliveryRoomUs, chat),
        `${cores(m.deliveryManyUs, ticker)}, ${cores(m.deliveryManyUs, ticker / NODES)} a node`,
      ],
      [
        'network out',
        `${megabytes(200, notify)} (200 bytes)`,
        `${megabytes(200, chat)} (200 bytes)`,
        `${megabytes(100, ticker)} (100 bytes), ${Math.round(tickerBits)} Mbit/s a node`,
      ],
      [
        'frames between nodes if every call went to all nodes',
        `${thousands(notify * NODES)} a second: too many`,
        `${thousands((chat / 50) * NODES)} a second: a cell keeps them few`,
        String(NODES),
      ],
    ],
  );
}

/** CPU of reconnecting clients. */
export function stormsTable(): string {
  const { connectUs, connectMirrorUs } = measuredFigures();
  const tlsUs = connectUs + BY_HAND.tlsHandshakeUs;
  const zone = NODES / ZONES;
  const row = (what: string, connects: number, nodes: number): Row => {
    const each = connects / nodes;
    const costs = [connectUs, connectMirrorUs, tlsUs].map((us) => seconds(us, each));
    return [what, thousands(connects), thousands(each), ...costs];
  };
  return table(
    ['event', 'connects', 'for each node left', 'CPU of a node', 'with the mirror', 'with full TLS handshakes'],
    [
      row('a node dies', perNode(NODES), NODES - 1),
      row('a zone dies', perNode(NODES) * zone, NODES - zone),
      row('everything restarts', CONNECTIONS, NODES),
    ],
  );
}
