// Motion by media time: what arrives in frames of 25 a second is read at any moment.

import { COEFFICIENTS } from './pose.js';

const TICKS_PER_SECOND = 48000;
const KEPT = 512; // frames: 20 s
const SETTLED_MS = 250; // an error larger than this is jumped over
const PULL = 0.08; // share of a smaller error taken out by each observation
const RTP_WRAP = 2 ** 32;

/** Keeps the newest motion frames. */
export class Timeline {
  #rows = new Map();
  #newest = -1;
  #ticks = TICKS_PER_SECOND / 25;
  #out = new Float32Array(COEFFICIENTS);

  /** Whether the last reading had to hold a frame because the next has not come. */
  starved = false;

  /** Number of the newest frame, -1 before the first. */
  get newest() { return this.#newest; }

  /**
   * Take frames. What begins before the end comes after a cut: all that was there from it on is void.
   * @param {{ start: number, fps: number, coefficients: number[][] }} message
   */
  push({ start, fps, coefficients }) {
    this.#ticks = TICKS_PER_SECOND / fps;
    for (; this.#newest >= start; this.#newest -= 1) this.#rows.delete(this.#newest);
    coefficients.forEach((row, index) => this.#rows.set(start + index, row));
    for (const frame of this.#rows.keys()) { // in the order they came
      if (this.#rows.size <= KEPT) break;
      this.#rows.delete(frame);
    }
    this.#newest = start + coefficients.length - 1;
  }

  /**
   * Coefficients at a media time; the array is overwritten by the next reading.
   *
   * The video holds frame k from k to k + 1, on average half a frame after its beginning; so its
   * value is taken to stand in the middle, and either view shows a movement at the same moment.
   * @param {number} ticks
   */
  at(ticks) {
    const place = ticks / this.#ticks - 0.5;
    const before = Math.max(0, Math.min(Math.floor(place), this.#newest));
    this.starved = place > this.#newest + 1;
    const first = this.#rows.get(before);
    if (!first) return this.#out;
    const second = this.#rows.get(before + 1) ?? first;
    const share = Math.min(Math.max(place - before, 0), 1);
    for (let i = 0; i < COEFFICIENTS; i += 1) {
      this.#out[i] = first[i] + share * (second[i] - first[i]);
    }
    return this.#out;
  }
}

/** Media time of the voice that is heard now, from the timestamps of what is played. */
export class VoiceClock {
  #zero = null;
  #offsetMs = null;

  /** Whether the time is known. */
  get known() { return this.#offsetMs !== null; }

  /** @param {number | undefined} zero RTP timestamp of media time 0, 48 kHz */
  setZero(zero) {
    if (zero === undefined || zero === this.#zero) return;
    this.#zero = zero;
    this.#offsetMs = null;
  }

  /**
   * Take note of what is being played.
   * @param {number} rtpTimestamp of the voice
   * @param {number} atMs when it is heard, on the clock of `performance.now()`
   */
  observe(rtpTimestamp, atMs) {
    if (this.#zero === null) return;
    const mediaMs = ((rtpTimestamp - this.#zero + RTP_WRAP) % RTP_WRAP) / TICKS_PER_SECOND * 1000;
    const error = mediaMs - atMs - (this.#offsetMs ?? Infinity);
    if (Math.abs(error) > SETTLED_MS) this.#offsetMs = mediaMs - atMs;
    else this.#offsetMs += PULL * error;
  }

  /**
   * Media time in ticks; null while unknown.
   * @param {number} nowMs
   */
  at(nowMs) {
    if (this.#offsetMs === null) return null;
    return (nowMs + this.#offsetMs) / 1000 * TICKS_PER_SECOND;
  }
}
