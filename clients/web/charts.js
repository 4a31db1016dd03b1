// Small charts of how face and voice go together: score, lag, and what either says.

import { BAD, CHART_S, GOOD, lastStep, secondsBefore, SEEN_MS, UNITS_S } from './sync.js';

const LAG_MS = 250; // to the edge; what is further lies on it
const STEPS = UNITS_S * 50;
const GAP_S = 0.6; // messages further apart are not joined
const FLAGS = { realign: 'R', steps: 'S', viseme: 'M', alert: '!' };
const LANE = 16; // above the score, for flags
const FONT = '10px system-ui, sans-serif';
const TURN = 137.508; // degrees between the colours of units: neighbours in number look nothing alike

/** @typedef {{ paint: CanvasRenderingContext2D, width: number, height: number, colour: (name: string) => string }} Sheet */

/**
 * A canvas made ready: as many pixels as the screen has, and the page's colours of now.
 * @param {HTMLCanvasElement} canvas
 * @param {{ width: number, height: number }} size in CSS pixels, measured by whoever observes it
 * @returns {Sheet}
 */
export function sheetOf(canvas, { width, height }) {
  const scale = devicePixelRatio;
  const across = Math.round(width * scale);
  const down = Math.round(height * scale);
  if (canvas.width !== across) canvas.width = across;
  if (canvas.height !== down) canvas.height = down;
  const paint = canvas.getContext('2d');
  paint.setTransform(scale, 0, 0, scale, 0, 0);
  paint.clearRect(0, 0, width, height);
  paint.font = FONT;
  paint.textBaseline = 'middle';
  const style = getComputedStyle(canvas);
  return { paint, width, height, colour: (name) => style.getPropertyValue(`--${name}`) };
}

/** Score 0..1 over the last minute, with both thresholds. @param {Sheet} sheet @param {import('./sync.js').SyncLog} log */
export function drawScore(sheet, log) {
  const { paint, width, height, colour } = sheet;
  const y = (score) => height - 4 - score * (height - LANE - 8);
  band(sheet, LANE, y(GOOD), 'good');
  band(sheet, y(BAD), height, 'bad');
  for (const limit of [GOOD, BAD]) level(sheet, y(limit), limit.toFixed(1));
  flags(sheet, log, true);
  paint.strokeStyle = paint.fillStyle = colour('accent');
  paint.lineWidth = 2;
  paint.lineJoin = 'round';
  paint.beginPath();
  let before = null;
  for (const point of log.points) {
    if (point.score === null) { before = null; continue; }
    const x = place(point, log, width);
    if (before && secondsBefore(before, point) < GAP_S) paint.lineTo(x, y(point.score));
    else { paint.moveTo(x - 1, y(point.score)); paint.lineTo(x, y(point.score)); }
    before = point;
  }
  paint.stroke();
}

/** Lag over the last minute, fainter the less sure it is. @param {Sheet} sheet @param {import('./sync.js').SyncLog} log */
export function drawLag(sheet, log) {
  const { paint, width, height, colour } = sheet;
  const y = (ms) => height / 2 - Math.max(-1, Math.min(1, ms / LAG_MS)) * (height / 2 - 4);
  band(sheet, y(SEEN_MS.late), y(SEEN_MS.early), 'good');
  level(sheet, y(SEEN_MS.late), `${SEEN_MS.late} ms late`, -7);
  level(sheet, y(SEEN_MS.early), `${-SEEN_MS.early} ms early`, 8);
  flags(sheet, log, false);
  paint.fillStyle = colour('accent');
  for (const point of log.points) {
    if (point.lag_ms === null) continue;
    paint.globalAlpha = 0.25 + 0.75 * point.confidence;
    paint.beginPath();
    paint.arc(place(point, log, width), y(point.lag_ms), 1.8, 0, 7);
    paint.fill();
  }
  paint.globalAlpha = 1;
}

/**
 * What the voice says above what the face is heard to say, ten seconds, a colour a unit; a bar between
 * them where they agree. Where the voice is silent both are bare.
 * @param {Sheet} sheet
 * @param {import('./sync.js').Sync | null} newest
 * @param {import('./sync.js').Unit[]} units
 */
export function drawUnits(sheet, newest, units) {
  if (!newest) return;
  const { paint, width, height, colour } = sheet;
  const row = Math.floor((height - 8) / 2);
  const step = width / STEPS;
  const first = lastStep(newest) - STEPS;
  for (const unit of units) {
    const x = (unit.step - first) * step;
    if (unit.quiet) {
      cell(paint, x, 0, step, row, colour('line'));
      cell(paint, x, height - row, step, row, colour('line'));
      continue;
    }
    cell(paint, x, 0, step, row, shade(unit.said));
    paint.globalAlpha = unit.agrees ? 1 : 0.35;
    cell(paint, x, height - row, step, row, shade(unit.seen));
    paint.globalAlpha = 1;
    if (unit.agrees) cell(paint, x, row + 2, step, 4, colour('good'));
  }
}

const place = (point, log, width) => width - 3 - secondsBefore(point, log.newest) / CHART_S * (width - 3);

// A little wider than it is, so that no seam is seen between two.
const cell = (paint, x, y, width, height, fill) => { paint.fillStyle = fill; paint.fillRect(x, y, width + 0.4, height); };

const shade = (unit) => `hsl(${(unit * TURN) % 360} 62% ${42 + (unit % 3) * 10}%)`;

function band({ paint, width, colour }, top, bottom, name) {
  paint.globalAlpha = 0.13;
  paint.fillStyle = colour(name);
  paint.fillRect(0, top, width, bottom - top);
  paint.globalAlpha = 1;
}

function level({ paint, width, colour }, y, text, off = 8) {
  paint.strokeStyle = paint.fillStyle = colour('soft');
  paint.lineWidth = 1;
  paint.setLineDash([3, 4]);
  paint.beginPath();
  paint.moveTo(0, Math.round(y) + 0.5);
  paint.lineTo(width, Math.round(y) + 0.5);
  paint.stroke();
  paint.setLineDash([]);
  paint.fillText(text, 6, y + off);
}

// Where something was done (full) or taken back (hollow).
function flags({ paint, width, height, colour }, log, named) {
  let taken = -Infinity; // by the flag before: those of one moment stand side by side
  for (const mark of log.marks) {
    const at = Math.round(place(mark, log, width)) + 0.5;
    const ink = colour(mark.action === 'alert' ? 'bad' : 'ink');
    paint.strokeStyle = ink;
    paint.lineWidth = 1;
    paint.globalAlpha = 0.6;
    paint.beginPath();
    paint.moveTo(at, named ? LANE : 0);
    paint.lineTo(at, height);
    paint.stroke();
    paint.globalAlpha = 1;
    if (!named) continue;
    const x = Math.min(Math.max(at - 6, taken), width - 13);
    taken = x + 13;
    paint.fillStyle = mark.on ? ink : colour('card');
    paint.fillRect(x, 1, 12, 13);
    paint.strokeRect(x, 1.5, 12, 13);
    paint.fillStyle = mark.on ? colour('card') : ink;
    paint.textAlign = 'center';
    paint.fillText(FLAGS[mark.action] ?? '?', x + 6, 8);
    paint.textAlign = 'start';
  }
}
