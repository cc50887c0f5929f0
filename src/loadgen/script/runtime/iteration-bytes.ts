import type { BuiltInMetrics } from '../../metric/built-in-metrics.js';
import type { Counter, Series, Tags } from '../../metric/series.js';
import type { Metric } from '../../metric/metric.js';

/**
 * The bytes of one virtual user, as k6 counts them: one sample of `data_sent` and one of
 * `data_received` at the end of each iteration, zeros included. The totals grow while the iteration
 * runs, so that long sessions are seen each second. What still comes after an iteration, such as
 * the peer's answer to a close, belongs to the next one; after the last it is not counted.
 */
export class IterationBytes {
  readonly dataSent: Series;
  readonly dataReceived: Series;
  readonly #sent: Bytes;
  readonly #received: Bytes;

  constructor({ dataSent, dataReceived }: Pick<BuiltInMetrics, 'dataSent' | 'dataReceived'>) {
    this.#sent = new Bytes(dataSent);
    this.#received = new Bytes(dataReceived);
    this.dataSent = this.#sent;
    this.dataReceived = this.#received;
  }

  begin(): void {
    this.#sent.begin();
    this.#received.begin();
  }

  /** Records the samples with the tags that the virtual user has at the end. */
  end(tags: Tags): void {
    this.#sent.end(tags);
    this.#received.end(tags);
  }
}

class Bytes implements Series {
  /** Since the last sample. */
  #bytes = 0;
  #isRunning = false;

  readonly #metric: Metric<Counter>;

  constructor(metric: Metric<Counter>) {
    this.#metric = metric;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#isRunning) this.#metric.total.add(bytes);
  }

  begin(): void {
    this.#isRunning = true;
    this.#metric.total.add(this.#bytes);
  }

  end(tags: Tags): void {
    this.#isRunning = false;
    this.#metric.tell(this.#bytes, tags);
    this.#bytes = 0;
  }
}
