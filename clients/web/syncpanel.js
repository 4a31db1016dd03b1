// How face and voice go together, on the page: words, charts, an alert, a summary at the end.

import { drawLag, drawScore, drawUnits, sheetOf } from './charts.js';
import { CHART_S, doingInWords, doneInWords, lagInWords, scoreInWords, SyncLog, verdictOn } from './sync.js';

const $ = (id) => document.getElementById(id);
const CHARTS = ['score-chart', 'lag-chart', 'units-chart'];
const AGAIN = 'Face and voice go together again.';
const AGAIN_MS = 10000; // so long that is shown
const UNMEASURED = 'not measured';

/** Shows what the server says of one call after the other. */
export class SyncPanel {
  #log = new SyncLog();
  #on = false;
  #sizes = new Map();
  #frame = 0;
  #told = 0;

  constructor() {
    const observer = new ResizeObserver((entries) => {
      for (const { target, contentRect } of entries) this.#sizes.set(target.id, contentRect);
      this.#redraw();
    });
    for (const id of CHARTS) observer.observe($(id));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#redraw());
  }

  /** A call begins: forget the last. */
  begin() {
    this.#log = new SyncLog();
    this.#on = true;
    $('sync-summary').hidden = true;
    this.#tell('', '');
    this.#write();
    this.#redraw();
  }

  /** Take what was found. @param {import('./sync.js').Sync} message */
  found(message) {
    this.#log.take(message);
    this.#write();
    this.#redraw();
  }

  /** Take what was done about it. @param {import('./sync.js').SyncAction} action */
  acted(action) {
    const before = this.#log.alert;
    this.#log.act(action);
    if (this.#log.alert !== null && before === null) {
      this.#tell(`Face and voice do not go together: ${this.#log.alert}.`, 'on');
    } else if (this.#log.alert === null && before !== null) {
      this.#tell(AGAIN, 'off');
      this.#told = setTimeout(() => this.#tell('', ''), AGAIN_MS);
    }
    this.#write();
    this.#redraw();
  }

  /** The call is over: sum it up. Charts and summary stay until the next. */
  end() {
    if (!this.#on) return;
    this.#on = false;
    this.#tell('', '');
    this.#write();
    const summary = this.#log.summary();
    if (!summary) return;
    $('sum-judged').textContent = `${Math.round(summary.judgedS)} s`;
    $('sum-score').textContent = `${summary.score.toFixed(2)}, ${scoreInWords(summary.score)}`;
    $('sum-share').textContent = `${Math.round(100 * summary.inSync)} % of the time`;
    $('sum-lag').textContent = lagInWords(summary.lagMs);
    $('sum-done').textContent = doneInWords(summary.done);
    $('sync-summary').hidden = false;
  }

  // In a place that is read out, once: what stays as it is is not written again.
  #tell(text, name) {
    clearTimeout(this.#told);
    $('sync-alert').dataset.alert = name;
    if ($('sync-alert').textContent !== text) $('sync-alert').textContent = text;
  }

  #write() {
    const { newest, doing } = this.#log;
    const score = newest && scoreInWords(newest.score);
    $('sync-now').textContent = this.#on && newest ? score : '–';
    $('sync-now').dataset.verdict = this.#on && newest ? verdictOn(newest.score) : '';
    if (!this.#on || !newest) {
      const none = newest ? '–' : UNMEASURED;
      $('sync-score').textContent = $('sync-lag').textContent = none;
      $('sync-doing').textContent = '–';
      return;
    }
    $('sync-score').textContent = newest.score === null ? score : `${newest.score.toFixed(2)}, ${score}`;
    $('sync-lag').textContent = lagInWords(newest.lag_ms);
    $('sync-doing').textContent = doingInWords(doing);
  }

  // At most once a screen refresh, and only what is seen.
  #redraw() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (!$('sync-panel').open || CHARTS.some((id) => !this.#sizes.get(id)?.width)) return;
      const [score, lag, strip] = CHARTS.map((id) => sheetOf($(id), this.#sizes.get(id)));
      const units = this.#log.units();
      drawScore(score, this.#log);
      drawLag(lag, this.#log);
      drawUnits(strip, this.#log.newest, units);
      this.#label(units);
    });
  }

  #label(units) {
    const judged = this.#log.points.filter((point) => point.score !== null);
    const of = (name) => judged.map((point) => point[name]);
    const spoken = units.filter((unit) => !unit.quiet);
    const agreeing = spoken.filter((unit) => unit.agrees).length;
    const label = (id, what, text) => $(id).setAttribute('aria-label', `${what}: ${text}`);
    label('score-chart', 'Sync score over time', judged.length
      ? `lowest ${Math.min(...of('score')).toFixed(2)} in the last ${CHART_S} seconds` : 'nothing yet');
    label('lag-chart', 'Lag of the mouth over time', judged.length
      ? `from ${Math.round(Math.min(...of('lag_ms')))} to ${Math.round(Math.max(...of('lag_ms')))} milliseconds` : 'nothing yet');
    label('units-chart', 'Speech units of voice and face', spoken.length
      ? `${Math.round(100 * agreeing / spoken.length)} percent agree` : 'nothing yet');
  }
}
