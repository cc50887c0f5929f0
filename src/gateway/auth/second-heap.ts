/** Numbers of which the smallest is at hand: a binary heap. */
export class SecondHeap {
  #seconds: number[] = [];

  get first(): number | undefined {
    return this.#seconds[0];
  }

  get size(): number {
    return this.#seconds.length;
  }

  /** Holds these and no others. */
  refill(seconds: Iterable<number>): void {
    // What is sorted is a heap.
    this.#seconds = [...seconds].sort((a, b) => a - b);
  }

  add(second: number): void {
    let at = this.#seconds.push(second) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#at(parent) <= second) break;
      this.#seconds[at] = this.#at(parent);
      at = parent;
    }
    this.#seconds[at] = second;
  }

  removeFirst(): void {
    const last = this.#seconds.pop();
    if (last === undefined || this.#seconds.length === 0) return;
    let at = 0;
    for (let child = this.#smallerChild(at); this.#at(child) < last; child = this.#smallerChild(at)) {
      this.#seconds[at] = this.#at(child);
      at = child;
    }
    this.#seconds[at] = last;
  }

  clear(): void {
    this.#seconds.length = 0;
  }

  #smallerChild(parent: number): number {
    const left = parent * 2 + 1;
    return this.#at(left + 1) < this.#at(left) ? left + 1 : left;
  }

  /** Beyond the end everything is larger. */
  #at(index: number): number {
    return this.#seconds[index] ?? Number.POSITIVE_INFINITY;
  }
}
