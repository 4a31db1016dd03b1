// The live panel: figures as text, and the skew between face and voice over time.

const $ = (id) => document.getElementById(id);
const milliseconds = (value) => (value === undefined ? '–' : `${Math.round(value)} ms`);
const STAGES = { engine: 'engine', motion: 'motion', render: 'drawing', picture: 'picture', release: 'release' };
const KEPT = 120; // seconds of skew that are shown
const LIMITS_MS = { early: -100, late: 45 }; // of the face against the voice; beyond these a lag is seen

/** Shows figures once a second. */
export class Panel {
  #skews = [];
  #scores = [];

  /**
   * @param {{ total?: number, fps?: number, server?: number, network?: number, repeated?: number,
   *   detail?: { latency_ms: Record<string, number>, sync_score?: number, sync_lag_ms?: number } }} figures of
   *   the connection
   * @param {{ mode?: string, fps?: number, skewMs?: number, starved?: number }} [stage] of the face
   */
  show(figures, stage = {}) {
    const fps = stage.fps ?? figures.fps;
    $('latency').textContent = figures.total ? `≈ ${milliseconds(figures.total)}` : '–';
    $('fps').textContent = fps === undefined ? '–' : `${Math.round(fps)} per second`;
    $('server').textContent = milliseconds(figures.server);
    $('network').textContent = milliseconds(figures.network);
    const local = stage.mode === 'local';
    $('repeated').textContent = (local ? stage.starved : figures.repeated) ?? '–';
    $('skew').textContent = stage.skewMs === undefined ? '–' : milliseconds(stage.skewMs);
    const latency = figures.detail?.latency_ms ?? {};
    const rows = Object.entries(STAGES).filter(([name]) => latency[name] !== undefined);
    $('stages').textContent = rows.length
      ? rows.map(([name, shown]) => `${shown} ${latency[name].toFixed(1)}`).join(' · ')
      : '–';
    this.#sync(figures.detail);
    if (stage.skewMs === undefined) return;
    this.#skews.push(stage.skewMs);
    if (this.#skews.length > KEPT) this.#skews.shift();
    this.#plot();
  }

  /** Forget the last session. */
  clear() {
    this.#skews = [];
    this.#scores = [];
    this.show({});
    this.#plot();
  }

  // Only what the server measured; it may not listen to its faces at all.
  #sync({ sync_score: score, sync_lag_ms: lag } = {}) {
    $('sync-score').textContent = score === undefined || score === null ? 'not measured' : score.toFixed(2);
    $('sync-lag').textContent = lag === undefined || lag === null ? 'not measured' : milliseconds(lag);
    if (typeof score === 'number') this.#scores.push(score);
    if (this.#scores.length > KEPT) this.#scores.shift();
    const y = (value) => 58 - Math.max(0, Math.min(1, value)) * 56;
    $('score-line').setAttribute('points', this.#scores.map((value, x) => `${x},${y(value).toFixed(1)}`).join(' '));
    $('score-plot').toggleAttribute('hidden', !this.#scores.length);
    $('score-plot').setAttribute('aria-label', this.#scores.length
      ? `Sync score, the last ${this.#scores.length} times: lowest ${Math.min(...this.#scores).toFixed(2)}`
      : 'Sync score over time: not measured');
  }

  #plot() {
    const y = (ms) => 30 - Math.max(-150, Math.min(150, ms)) / 150 * 28;
    const points = this.#skews.map((ms, x) => `${x},${y(ms).toFixed(1)}`);
    $('skew-line').setAttribute('points', points.join(' '));
    $('skew-bounds').setAttribute('y', y(LIMITS_MS.late).toFixed(1));
    $('skew-bounds').setAttribute('height', (y(LIMITS_MS.early) - y(LIMITS_MS.late)).toFixed(1));
    const worst = this.#skews.reduce((most, ms) => (Math.abs(ms) > Math.abs(most) ? ms : most), 0);
    $('skew-plot').setAttribute('aria-label', this.#skews.length
      ? `Face against voice, the last ${this.#skews.length} seconds: at most ${Math.round(worst)} milliseconds apart`
      : 'Face against voice over time: nothing yet');
  }
}
