// The live panel: figures as text, and the skew between face and voice over time.

import { SEEN_MS } from './sync.js';

const $ = (id) => document.getElementById(id);
const milliseconds = (value) => (value === undefined ? '–' : `${Math.round(value)} ms`);
const STAGES = { engine: 'engine', motion: 'motion', render: 'drawing', picture: 'picture', release: 'release' };
const KEPT = 120; // seconds of skew that are shown

/** Shows figures once a second. */
export class Panel {
  #skews = [];

  /**
   * @param {{ total?: number, fps?: number, server?: number, network?: number, repeated?: number,
   *   detail?: { latency_ms: Record<string, number> } }} figures of the connection
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
    if (stage.skewMs === undefined) return;
    this.#skews.push(stage.skewMs);
    if (this.#skews.length > KEPT) this.#skews.shift();
    this.#plot();
  }

  /** Forget the last session. */
  clear() {
    this.#skews = [];
    this.show({});
    this.#plot();
  }

  #plot() {
    const y = (ms) => 30 - Math.max(-150, Math.min(150, ms)) / 150 * 28;
    const points = this.#skews.map((ms, x) => `${x},${y(ms).toFixed(1)}`);
    $('skew-line').setAttribute('points', points.join(' '));
    $('skew-bounds').setAttribute('y', y(SEEN_MS.late).toFixed(1));
    $('skew-bounds').setAttribute('height', (y(SEEN_MS.early) - y(SEEN_MS.late)).toFixed(1));
    const worst = this.#skews.reduce((most, ms) => (Math.abs(ms) > Math.abs(most) ? ms : most), 0);
    $('skew-plot').setAttribute('aria-label', this.#skews.length
      ? `Face against voice, the last ${this.#skews.length} seconds: at most ${Math.round(worst)} milliseconds apart`
      : 'Face against voice over time: nothing yet');
  }
}
