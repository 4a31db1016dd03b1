// How well face and voice go together, as the server tells it: kept, put into words, summed up.

const TICKS_PER_SECOND = 48000;
const HOP_S = 0.4; // one message of the server
const STEP_TICKS = TICKS_PER_SECOND / 50; // of a speech unit
const CALL_KEPT = 9000; // messages that are judged: an hour, as the server's own summary
const NEAR_STEPS = 2; // 40 ms: nobody sees less

/** Scores from which on a face is in sync, and below which it is not. */
export const GOOD = 0.7;
export const BAD = 0.3;

/** Lags of the mouth that nobody sees, milliseconds; above 0 it is late. */
export const SEEN_MS = { early: -100, late: 45 };

/** How far back the charts go, seconds. */
export const CHART_S = 60;
export const UNITS_S = 10;

/**
 * @typedef {{ pts: number, score: number | null, lag_ms: number | null, confidence: number, speech_s: number,
 *   said: number[], seen: number[], align_ms: number, boosted: boolean, fallback: boolean }} Sync
 * @typedef {{ action: string, on: boolean, because: string, align_ms: number, boosted: boolean,
 *   fallback: boolean }} SyncAction
 * @typedef {{ step: number, said: number, seen: number, quiet: boolean, agrees: boolean }} Unit
 */

/** What was told of one call. */
export class SyncLog {
  #quiet = new Set();
  #scores = [];
  #lags = [];

  /** The newest message; null before the first. @type {Sync | null} */
  newest = null;
  /** What is done about it. @type {{ align_ms: number, boosted: boolean, fallback: boolean } | null} */
  doing = null;
  /** Messages of the last minute. @type {Sync[]} */
  points = [];
  /** Actions of the last minute, each at the media time of the message before. @type {(SyncAction & { pts: number })[]} */
  marks = [];
  /** How often what was done. @type {Record<string, number>} */
  done = {};
  /** Why an alert is on; null while none is. @type {string | null} */
  alert = null;

  /** @param {Sync} message */
  take(message) {
    this.newest = this.doing = message;
    this.points.push(message);
    const oldest = message.pts - CHART_S * TICKS_PER_SECOND;
    while (this.points[0].pts < oldest) this.points.shift();
    while (this.marks[0]?.pts < oldest) this.marks.shift();
    if (message.speech_s === 0) for (const unit of message.said) this.#quiet.add(unit);
    if (message.score === null) return;
    this.#scores.push(message.score);
    this.#lags.push(message.lag_ms);
    if (this.#scores.length > CALL_KEPT) { this.#scores.shift(); this.#lags.shift(); }
  }

  /** @param {SyncAction} action */
  act(action) {
    this.doing = action;
    this.marks.push({ ...action, pts: this.newest?.pts ?? 0 });
    if (action.on) this.done[action.action] = (this.done[action.action] ?? 0) + 1;
    if (action.action === 'alert') this.alert = action.on ? action.because : null;
  }

  /**
   * Speech units of the last ten seconds, 20 ms each. One agrees if the voice says, within 40 ms, what the
   * face is heard to say; what the voice says while nobody speaks is quiet, and agrees with nothing.
   * @returns {Unit[]}
   */
  units() {
    if (!this.newest) return [];
    const said = new Map();
    const seen = new Map();
    for (const message of this.points) {
      if (message.pts <= this.newest.pts - (UNITS_S + HOP_S) * TICKS_PER_SECOND) continue;
      const first = Math.round(message.pts / STEP_TICKS) - message.said.length;
      message.said.forEach((unit, at) => { said.set(first + at, unit); seen.set(first + at, message.seen[at]); });
    }
    return [...said].map(([step, unit]) => {
      const quiet = this.#quiet.has(unit);
      let agrees = false;
      for (let off = -NEAR_STEPS; off <= NEAR_STEPS; off += 1) agrees ||= said.get(step + off) === seen.get(step);
      return { step, said: unit, seen: seen.get(step), quiet, agrees: agrees && !quiet };
    });
  }

  /**
   * The call in a few numbers, counted as the server counts; null if there was nothing to judge.
   * @returns {{ judgedS: number, score: number, inSync: number, lagMs: number, done: Record<string, number>,
   *   alert: string | null } | null}
   */
  summary() {
    if (!this.#scores.length) return null;
    return {
      judgedS: Math.round(10 * HOP_S * this.#scores.length) / 10,
      score: median(this.#scores),
      inSync: this.#scores.filter((score) => score >= GOOD).length / this.#scores.length,
      lagMs: median(this.#lags),
      done: { ...this.done },
      alert: this.alert,
    };
  }
}

/** The newest step there is room for on a strip that ends with a message. @param {Sync} message */
export const lastStep = (message) => Math.round(message.pts / STEP_TICKS);

/** Seconds by which one message is before another. @param {{ pts: number }} one @param {{ pts: number }} other */
export const secondsBefore = (one, other) => (other.pts - one.pts) / TICKS_PER_SECOND;

/** `good`, `doubtful`, `bad`, or `none` for nothing to judge. @param {number | null} score */
export function verdictOn(score) {
  if (score === null) return 'none';
  if (score >= GOOD) return 'good';
  return score < BAD ? 'bad' : 'doubtful';
}

/** @param {number | null} score */
export function scoreInWords(score) {
  return { good: 'in sync', doubtful: 'doubtful', bad: 'out of sync', none: 'nothing to judge' }[verdictOn(score)];
}

/** @param {number | null} lagMs */
export function lagInWords(lagMs) {
  if (lagMs === null) return '–';
  const ms = Math.round(lagMs);
  if (ms === 0) return 'mouth on time';
  return `mouth ${Math.abs(ms)} ms ${ms > 0 ? 'late' : 'early'}`;
}

/** What is being done. @param {{ align_ms: number, boosted: boolean, fallback: boolean } | null} doing */
export function doingInWords(doing) {
  if (!doing) return '–';
  const parts = [];
  if (doing.align_ms > 0) parts.push(`voice waits ${doing.align_ms} ms`);
  if (doing.align_ms < 0) parts.push(`face waits ${-doing.align_ms} ms`);
  if (doing.boosted) parts.push('more steps');
  if (doing.fallback) parts.push('plain mouth');
  return parts.join(', ') || 'nothing';
}

const DONE = { realign: 'realigned', steps: 'more steps', viseme: 'plain mouth', alert: 'alert' };

/** How often what was done. @param {Record<string, number>} done */
export function doneInWords(done) {
  const parts = Object.entries(done).map(([action, times]) => `${DONE[action] ?? action} ${times}×`);
  return parts.join(', ') || 'nothing';
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
