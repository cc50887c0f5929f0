import type { CloseReasonName } from '../../../src/gateway/close-reason.js';
import type { HttpRequest } from '../../../src/gateway/transport/http/http-exchange.js';
import type { Socket } from '../../../src/gateway/transport/socket.js';
import type {
  TransportEndpoint,
  TransportHandler,
  UpgradeDecision,
  UpgradeGrant,
  UpgradeRejection,
} from '../../../src/gateway/transport/transport.js';

/** The calls of a handler for one connection. */
export class TestConnection {
  readonly messages: { readonly payload: Uint8Array; readonly binary: boolean }[] = [];
  readonly dropped: number[] = [];
  drains = 0;

  constructor(
    readonly socket: Socket,
    readonly request: HttpRequest,
    readonly endpoint: TransportEndpoint,
    readonly grant?: UpgradeGrant,
  ) {}
}

/** A call of the handler, as tests await it. */
export type HandlerCall =
  | { readonly kind: 'open' | 'message' | 'drain' | 'dropped'; readonly connection: TestConnection }
  | { readonly kind: 'close'; readonly connection: TestConnection; readonly reason: CloseReasonName };

/** A handler that accepts everybody, keeps what it is told, and lets a test act at each call. */
export class RecordingHandler implements TransportHandler<TestConnection> {
  readonly calls: HandlerCall[] = [];
  onUpgrade: (request: HttpRequest) => UpgradeDecision | Promise<UpgradeDecision> = () => ({ accept: true });
  onRecheck: () => UpgradeRejection | undefined = () => undefined;
  onOpen: (connection: TestConnection) => void = () => undefined;
  onMessage: (connection: TestConnection, payload: Uint8Array, binary: boolean) => void = () => undefined;
  onDrain: (connection: TestConnection) => void = () => undefined;
  onClose: (connection: TestConnection) => void = () => undefined;
  #read = 0;
  #wake: () => void = () => undefined;

  upgrade(request: HttpRequest): UpgradeDecision | Promise<UpgradeDecision> {
    return this.onUpgrade(request);
  }

  recheck(): UpgradeRejection | undefined {
    return this.onRecheck();
  }

  open(socket: Socket, request: HttpRequest, endpoint: TransportEndpoint, grant?: UpgradeGrant): TestConnection {
    const connection = new TestConnection(socket, request, endpoint, grant);
    this.onOpen(connection);
    this.#record({ kind: 'open', connection });
    return connection;
  }

  message(connection: TestConnection, payload: Uint8Array, binary: boolean): void {
    connection.messages.push({ payload, binary });
    this.#record({ kind: 'message', connection });
    this.onMessage(connection, payload, binary);
  }

  drain(connection: TestConnection): void {
    connection.drains += 1;
    this.#record({ kind: 'drain', connection });
    this.onDrain(connection);
  }

  dropped(connection: TestConnection, bytes: number): void {
    connection.dropped.push(bytes);
    this.#record({ kind: 'dropped', connection });
  }

  close(connection: TestConnection, reason: CloseReasonName): void {
    this.#record({ kind: 'close', connection, reason });
    this.onClose(connection);
  }

  /** How often `kind` was called so far. */
  count(kind: HandlerCall['kind']): number {
    return this.calls.filter((call) => call.kind === kind).length;
  }

  /** The connection of the next `open`, `message`, `drain` or `dropped`, skipping other calls. */
  async next(kind: HandlerCall['kind']): Promise<TestConnection> {
    return (await this.#nextCall((call) => call.kind === kind)).connection;
  }

  /** The reason of the next close. */
  async nextClose(): Promise<CloseReasonName | undefined> {
    const call = await this.#nextCall((candidate) => candidate.kind === 'close');
    return call.kind === 'close' ? call.reason : undefined;
  }

  async #nextCall(isWanted: (call: HandlerCall) => boolean): Promise<HandlerCall> {
    for (;;) {
      const call = this.calls[this.#read];
      if (call === undefined) await this.#called();
      else {
        this.#read += 1;
        if (isWanted(call)) return call;
      }
    }
  }

  #called(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #record(call: HandlerCall): void {
    this.calls.push(call);
    this.#wake();
  }
}
