// 55 coefficients to vertices and normals, the same sums as the server's `mesh/blendshapes.py`.
//
// Done on the CPU: a shape moves 1,000 of 6,500 vertices, so a pose is a few hundred thousand
// multiplications, far less than a phone has between two pictures, and it needs no float textures.

/** Coefficients: 52 ARKit weights, then pitch, yaw and roll in radians. */
export const COEFFICIENTS = 55;
const SHAPES = 52;

/** Poses one head; `positions`, `normals` and `mouthOpening` are overwritten by the next pose. */
export class Poser {
  #rest;
  #shapes;
  #share;
  #pivot;
  #triangles;
  #mouth;
  #lids;
  #lips;
  #retarget;

  /** @param {import('./head.js').Head} head */
  constructor({ tensors, pivot, portrait }) {
    this.#rest = tensors.positions;
    this.#shapes = sparse(tensors.deltas, tensors.delta_scale);
    this.#share = tensors.head_weight;
    this.#pivot = pivot;
    this.#triangles = tensors.triangles;
    this.#mouth = portrait.mouth;
    this.#lids = portrait.lids ?? [];
    this.#lips = portrait.lips;
    this.#retarget = portrait.retarget;
    /** Vertices, metres. */
    this.positions = new Float32Array(this.#rest);
    /** Unit vectors. */
    this.normals = new Float32Array(this.#rest.length);
    /** Middle of the lips' opening, and the share of light let in. */
    this.mouthOpening = new Float32Array(4);
  }

  /** @param {ArrayLike<number>} coefficients 55 of them */
  pose(coefficients) {
    if (this.#retarget) coefficients = retargeted(this.#retarget, coefficients);
    const at = this.positions;
    at.set(this.#rest);
    for (let shape = 0; shape < SHAPES; shape += 1) {
      const weight = Math.min(coefficients[shape], this.#most(shape, coefficients));
      if (weight === 0) continue;
      const { corners, offsets } = this.#shapes[shape];
      for (let i = 0, j = 0; i < corners.length; i += 1, j += 3) {
        const k = corners[i];
        at[k] += weight * offsets[j];
        at[k + 1] += weight * offsets[j + 1];
        at[k + 2] += weight * offsets[j + 2];
      }
    }
    for (const lid of this.#lids) slide(lid, at);
    if (this.#lips) part(this.#lips, at);
    this.#turn(rotation(coefficients[SHAPES], coefficients[SHAPES + 1], coefficients[SHAPES + 2]));
    smoothNormals(at, this.#triangles, this.normals);
    lightOf(this.#mouth, at, this.mouthOpening);
  }

  // A blink ends where the lids meet, whatever else has brought them together.
  #most(shape, coefficients) {
    const lid = this.#lids.find(({ blink }) => blink === shape);
    const alone = lid?.closes[shape] ?? 0;
    if (alone <= 0) return Infinity;
    const others = lid.closes.reduce((sum, share, k) => sum + (k === shape ? 0 : share * coefficients[k]), 0);
    return Math.max((lid.meet - others) / alone, 0);
  }

  #turn(m) {
    const [at, share, [px, py, pz]] = [this.positions, this.#share, this.#pivot];
    for (let v = 0, k = 0; v < share.length; v += 1, k += 3) {
      const s = share[v];
      if (s === 0) continue;
      const [x, y, z] = [at[k] - px, at[k + 1] - py, at[k + 2] - pz];
      at[k] += s * (m[0] * x + m[1] * y + m[2] * z - x);
      at[k + 1] += s * (m[3] * x + m[4] * y + m[5] * z - y);
      at[k + 2] += s * (m[6] * x + m[7] * y + m[8] * z - z);
    }
  }
}

/** Keep lids out of the eyeball: `mesh/lids.py`. */
function slide({ middle: [x, y, z], vertices, limits }, at) {
  for (let i = 0; i < vertices.length; i += 1) {
    const k = 3 * vertices[i];
    const [dx, dy, dz] = [at[k] - x, at[k + 1] - y, at[k + 2] - z];
    const stretch = limits[i] / Math.max(Math.hypot(dx, dy, dz), 1e-9);
    if (stretch <= 1) continue;
    at[k] = x + stretch * dx;
    at[k + 1] = y + stretch * dy;
    at[k + 2] = z + stretch * dz;
  }
}

/** Keep lips out of each other: `mesh/lip_contact.py`. */
function part({ upper, lower, least, vertices, pull, column }, at) {
  let furthest = -Infinity; // a corner may fold over
  const along = lower.map((v) => (furthest = Math.max(furthest, at[3 * v])));
  const past = upper.map((v, c) => {
    let k = 1;
    while (k < along.length - 1 && along[k] < at[3 * v]) k += 1;
    const share = (at[3 * v] - along[k - 1]) / Math.max(along[k] - along[k - 1], 1e-9);
    const [one, other] = [at[3 * lower[k - 1] + 1], at[3 * lower[k] + 1]];
    const below = one + Math.min(Math.max(share, 0), 1) * (other - one);
    return Math.max(least[c] - (at[3 * v + 1] - below), 0);
  });
  if (!past.some((depth) => depth > 0)) return;
  for (let i = 0; i < vertices.length; i += 1) {
    const before = Math.floor(column[i]);
    const after = Math.min(before + 1, past.length - 1);
    const rest = column[i] - before;
    at[3 * vertices[i] + 1] += pull[i] * (past[before] * (1 - rest) + past[after] * rest);
  }
}

/**
 * What an avatar makes of what the generator asks: `mesh/retarget.py`.
 * @param {import('./head.js').Retarget} retarget
 * @param {ArrayLike<number>} coefficients
 */
export function retargeted({ gain, offset, least, most }, coefficients) {
  return Float32Array.from(coefficients, (value, k) =>
    Math.min(Math.max(offset[k] + gain[k] * value, least[k]), most[k]));
}

/** Keep of each shape only the vertices it moves: their first index, and metres. */
function sparse(deltas, scale) {
  const size = deltas.length / SHAPES;
  return Array.from({ length: SHAPES }, (_, shape) => {
    const row = deltas.subarray(shape * size, (shape + 1) * size);
    const corners = [];
    for (let k = 0; k < size; k += 3) if (row[k] || row[k + 1] || row[k + 2]) corners.push(k);
    const offsets = new Float32Array(corners.length * 3);
    corners.forEach((k, i) => {
      for (let axis = 0; axis < 3; axis += 1) offsets[3 * i + axis] = row[k + axis] * scale[shape];
    });
    return { corners: Uint32Array.from(corners), offsets };
  });
}

/**
 * Yaw · pitch · roll, row by row; roll is right-handed about -z.
 * @returns {number[]}
 */
export function rotation(pitch, yaw, roll) {
  const [cx, sx] = [Math.cos(pitch), Math.sin(pitch)];
  const [cy, sy] = [Math.cos(yaw), Math.sin(yaw)];
  const [cz, sz] = [Math.cos(-roll), Math.sin(-roll)];
  return [
    cy * cz + sy * sx * sz, sy * sx * cz - cy * sz, sy * cx,
    cx * sz, cx * cz, -sx,
    cy * sx * sz - sy * cz, sy * sz + cy * sx * cz, cy * cx,
  ];
}

/** Face normals, weighted by area, averaged onto vertices. */
export function smoothNormals(at, triangles, out) {
  out.fill(0);
  for (let t = 0; t < triangles.length; t += 3) {
    const [a, b, c] = [3 * triangles[t], 3 * triangles[t + 1], 3 * triangles[t + 2]];
    const ux = at[b] - at[a], uy = at[b + 1] - at[a + 1], uz = at[b + 2] - at[a + 2];
    const vx = at[c] - at[a], vy = at[c + 1] - at[a + 1], vz = at[c + 2] - at[a + 2];
    const nx = uy * vz - uz * vy, ny = uz * vx - ux * vz, nz = ux * vy - uy * vx;
    out[a] += nx; out[a + 1] += ny; out[a + 2] += nz;
    out[b] += nx; out[b + 1] += ny; out[b + 2] += nz;
    out[c] += nx; out[c + 1] += ny; out[c + 2] += nz;
  }
  for (let k = 0; k < out.length; k += 3) {
    const length = Math.max(Math.hypot(out[k], out[k + 1], out[k + 2]), 1e-20);
    out[k] /= length; out[k + 1] /= length; out[k + 2] /= length;
  }
}

/** How much light falls into the mouth: `render/mouth_light.py`. */
function lightOf({ upper, lower, rest, dark, wide_open: wideOpen }, at, out) {
  const mean = (side, axis) => side.reduce((sum, v) => sum + at[3 * v + axis], 0) / side.length;
  for (let axis = 0; axis < 3; axis += 1) out[axis] = (mean(upper, axis) + mean(lower, axis)) / 2;
  const gap = Math.max(mean(upper, 1) - mean(lower, 1) - rest, 0);
  out[3] = dark + (1 - dark) * Math.sqrt(Math.min(gap / wideOpen, 1));
}
