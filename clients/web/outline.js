// Edges that would show are split once, so that a head's outline is round: `mesh/outline.py`.

import { smoothNormals } from './pose.js';

const MOST_VERTICES = 65535;

/** What is drawn of a head: its triangles, and what is put between its vertices. */
export class Outline {
  #levels = [];

  /**
   * @param {import('./head.js').Head} head
   * @param {number} pixels of the picture's shorter side
   * @param {boolean} byProcessor whether a processor draws it
   */
  constructor({ tensors, groups, portrait }, pixels, byProcessor) {
    const { positions, triangles, color, draw_triangles: drawn } = tensors;
    const { metre, shows, levels } = portrait.outline;
    const most = shows[byProcessor ? 'processor' : 'card'] / (metre * pixels);
    /** @type {{ name: string, index: Uint16Array }[]} draw groups in order */
    this.runs = groups.map(({ name, first, count }) => ({
      name, index: drawn.subarray(3 * first, 3 * (first + count)),
    }));
    const normals = new Float32Array(positions.length);
    smoothNormals(positions, triangles, normals);
    this.#room(positions.length);
    for (let level = 0; level < levels; level += 1) {
      this.place(positions, normals);
      const skin = this.runs[0].index;
      const ends = shown(edgesOf(skin), this, this.between(color), portrait.outline, most);
      if (!ends.length) break;
      const first = this.positions.length / 3;
      this.runs[0].index = cut(skin, new Map(ends.map(([a, b], k) => [key(a, b), first + k])));
      this.#levels.push(Uint32Array.from(ends.flat()));
      this.#room(3 * (first + ends.length));
    }
  }

  #room(size) {
    /** Vertices and normals as drawn; overwritten by `place`. */
    this.positions = new Float32Array(size);
    this.normals = new Float32Array(size);
  }

  /** Put what a poser made, and what lies between, into `positions` and `normals`. */
  place(positions, normals) {
    this.positions.set(positions);
    this.normals.set(normals);
    const [at, upright] = [this.positions, this.normals];
    let k = positions.length;
    for (const ends of this.#levels) {
      for (let e = 0; e < ends.length; e += 2, k += 3) {
        const [a, b] = [3 * ends[e], 3 * ends[e + 1]];
        const [first, second] = leans(at, upright, a, b);
        let length = 0;
        for (let axis = 0; axis < 3; axis += 1) {
          const [i, j] = [a + axis, b + axis];
          at[k + axis] = (at[i] + at[j]) / 2 + (second * upright[j] - first * upright[i]) / 8;
          upright[k + axis] = upright[i] + upright[j];
          length += upright[k + axis] ** 2;
        }
        length = Math.max(Math.sqrt(length), 1e-20);
        for (let axis = 0; axis < 3; axis += 1) upright[k + axis] /= length;
      }
    }
  }

  /**
   * What belongs to vertices, with the means of split edges after it.
   * @template {import('./head.js').Numbers} T
   * @param {T} values
   * @returns {T}
   */
  between(values) {
    const added = this.#levels.reduce((sum, ends) => sum + ends.length / 2, 0);
    const width = values.length / (this.positions.length / 3 - added);
    const whole = new values.constructor(this.positions.length / 3 * width);
    whole.set(values);
    let k = values.length;
    for (const ends of this.#levels) {
      for (let e = 0; e < ends.length; e += 2, k += width) {
        for (let n = 0; n < width; n += 1) {
          const mean = (whole[width * ends[e] + n] + whole[width * ends[e + 1] + n]) / 2;
          whole[k + n] = values instanceof Uint8Array ? even(mean) : mean;
        }
      }
    }
    return whole;
  }
}

const key = (a, b) => Math.min(a, b) * 65536 + Math.max(a, b);

// As numpy rounds: halves to the even number.
const even = (mean) => (mean % 1 === 0.5 ? 2 * Math.round(mean / 2) : Math.round(mean));

/** Every edge once, by its smaller vertex and then by the other. */
function edgesOf(index) {
  const keys = new Set();
  for (let t = 0; t < index.length; t += 3) {
    for (const [i, j] of [[0, 1], [1, 2], [2, 0]]) {
      if (index[t + i] !== index[t + j]) keys.add(key(index[t + i], index[t + j]));
    }
  }
  return Array.from(keys).sort((one, other) => one - other)
    .map((edge) => [Math.floor(edge / 65536), edge % 65536]);
}

/** Those edges that stand off the smooth surface by more, and may come to lie on the outline. */
function shown(edges, { positions, normals }, color, { crease, sideways, open_sky: openSky }, most) {
  const found = [];
  for (const [a, b] of edges) {
    const [i, j] = [3 * a, 3 * b];
    const [first, second] = leans(positions, normals, i, j);
    const off = (axis) => (second * normals[j + axis] - first * normals[i + axis]) / 8;
    const high = Math.hypot(off(0), off(1), off(2));
    const cosine = normals[i] * normals[j] + normals[i + 1] * normals[j + 1] + normals[i + 2] * normals[j + 2];
    const aside = Math.min(Math.abs(normals[i + 2]), Math.abs(normals[j + 2])) < sideways;
    const seen = Math.min(color[4 * a + 3], color[4 * b + 3]) > openSky;
    if (high > most && cosine > crease && aside && seen) found.push({ high, ends: [a, b] });
  }
  const room = Math.max(MOST_VERTICES - positions.length / 3, 0);
  if (found.length > room) {
    found.sort((one, other) => other.high - one.high);
    found.splice(room);
    found.sort(({ ends: [a, b] }, { ends: [c, d] }) => a - c || b - d);
  }
  return found.map(({ ends }) => ends);
}

/** How far an edge goes along the normals of its ends. */
function leans(at, normals, a, b) {
  let [first, second] = [0, 0];
  for (let axis = 0; axis < 3; axis += 1) {
    const along = at[b + axis] - at[a + axis];
    first += along * normals[a + axis];
    second += along * normals[b + axis];
  }
  return [first, second];
}

/** Cut triangles where their edges are split: in two, three or four. */
function cut(index, number) {
  const made = [];
  for (let t = 0; t < index.length; t += 3) {
    const corners = [index[t], index[t + 1], index[t + 2]];
    const middles = corners.map((a, k) => number.get(key(a, corners[(k + 1) % 3])));
    const split = [0, 1, 2].filter((k) => middles[k] !== undefined);
    if (!split.length) { made.push(...corners); continue; }
    // Turned so that its first side is split and, of two, the second too; or all are.
    const turn = split.length !== 2 || split[1] === split[0] + 1 ? split[0] : split[1];
    const [a, b, c] = [0, 1, 2].map((k) => corners[(turn + k) % 3]);
    const [ab, bc, ca] = [0, 1, 2].map((k) => middles[(turn + k) % 3]);
    if (bc === undefined) made.push(a, ab, c, ab, b, c);
    else if (ca === undefined) made.push(ab, b, bc, a, ab, bc, a, bc, c);
    else made.push(a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca);
  }
  return Uint16Array.from(made);
}
