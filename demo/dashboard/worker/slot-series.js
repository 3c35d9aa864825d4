// @ts-check

/** Maximum number of buckets. Longer runs have wider buckets. */
const BUCKETS = 2048;

/** Sums over the slots of a run, in buckets. When all buckets are used, their width doubles. */
export class SlotSeries {
  #startSlot;
  #slotsPerBucket = 1;
  #used = 0;
  #columns;

  /** @param {bigint} startSlot @param {number} columns number of sums per bucket */
  constructor(startSlot, columns) {
    this.#startSlot = startSlot;
    this.#columns = Array.from({ length: columns }, () => new Float64Array(BUCKETS));
  }

  get slotsPerBucket() {
    return this.#slotsPerBucket;
  }

  /** @param {bigint} slot @param {number} column @param {number} amount */
  add(slot, column, amount) {
    const bucket = this.#bucketOf(slot);
    const sums = this.#columns[column];
    if (sums !== undefined) sums[bucket] = (sums[bucket] ?? 0) + amount;
  }

  /** Extends the series to a slot. @param {bigint} slot */
  reach(slot) {
    this.#bucketOf(slot);
  }

  /** @returns {{ x: Float64Array, columns: Float64Array[] }} x: first slot of each bucket */
  read() {
    const start = Number(this.#startSlot);
    return {
      x: Float64Array.from({ length: this.#used }, (_, bucket) => start + bucket * this.#slotsPerBucket),
      columns: this.#columns.map((sums) => sums.slice(0, this.#used)),
    };
  }

  /** Returns the series as plain numbers, for `restore`. */
  save() {
    return { slotsPerBucket: this.#slotsPerBucket, columns: this.#columns.map((sums) => [...sums.subarray(0, this.#used)]) };
  }

  /** @param {ReturnType<SlotSeries["save"]>} saved */
  restore({ slotsPerBucket, columns }) {
    this.#slotsPerBucket = slotsPerBucket;
    this.#used = columns[0]?.length ?? 0;
    for (const [index, sums] of columns.entries()) this.#columns[index]?.set(sums);
  }

  /** @param {bigint} slot */
  #bucketOf(slot) {
    let bucket = Number(slot - this.#startSlot) / this.#slotsPerBucket;
    while (bucket >= BUCKETS) {
      this.#widen();
      bucket /= 2;
    }
    bucket = Math.max(0, Math.floor(bucket));
    if (bucket >= this.#used) this.#used = bucket + 1;
    return bucket;
  }

  #widen() {
    for (const sums of this.#columns) {
      for (let bucket = 0; bucket < BUCKETS; bucket += 2) sums[bucket / 2] = (sums[bucket] ?? 0) + (sums[bucket + 1] ?? 0);
      sums.fill(0, BUCKETS / 2);
    }
    this.#slotsPerBucket *= 2;
    this.#used = Math.ceil(this.#used / 2);
  }
}
