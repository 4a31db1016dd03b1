// The head file and how its portrait looks, as the server's own renderer takes them.

import { fetchPicture } from './backdrop.js';

/**
 * @typedef {Float32Array | Int16Array | Uint16Array | Uint8Array | Uint32Array} Numbers
 * @typedef {{ name: string, first: number, count: number }} DrawGroup triangles drawn with one program
 * @typedef {{ upper: number[], lower: number[], rest: number, dark: number, wide_open: number }} Mouth
 * @typedef {{ gain: number[], offset: number[], least: number[], most: number[] }} Retarget
 * @typedef {{ shaders: Record<string, { vertex: string, fragment: string }>, backdrop: string,
 *   blended: string, background: number[], transparent: boolean, pictured: boolean, studio: number[],
 *   hair: { program: string, tensor: string, shells: number, plain_shell: number },
 *   detail?: 'auto' | 'full' | 'plain',
 *   shadow: { program: string, pixels: { card: number, processor: number }, projection: number[] },
 *   relief: { program: string, pixels: Record<string, number> },
 *   lips?: { upper: number[], lower: number[], least: number[],
 *     vertices: number[], pull: number[], column: number[] },
 *   outline: { metre: number, shows: { card: number, processor: number }, crease: number,
 *     sideways: number, open_sky: number, levels: number },
 *   eye: number[], view_projection: number[],
 *   mouth: Mouth, retarget: Retarget | null }} Portrait
 * @typedef {{ width: number, height: number, pixels: Uint8Array }} Skin RGBA8, first row at v = 0
 * @typedef {{ tensors: Record<string, Numbers>, groups: DrawGroup[], pivot: number[],
 *   portrait: Portrait, skin: Skin, scenery: ImageBitmap | OffscreenCanvas | null }} Head
 */

const ARRAYS = {
  F32: Float32Array, I16: Int16Array, U16: Uint16Array, U8: Uint8Array, U32: Uint32Array,
};
const FORMAT = 'elocute-head-2';
const HEADER_BYTES = 8;

/**
 * Read a safetensors file: length of a JSON header, the header, numbers.
 * @param {ArrayBuffer} file
 * @returns {{ tensors: Record<string, Numbers>, metadata: Record<string, string> }}
 */
export function readSafetensors(file) {
  if (file.byteLength < HEADER_BYTES) throw new Error('the head file is cut off');
  const length = Number(new DataView(file).getBigUint64(0, true));
  const begin = HEADER_BYTES + length;
  if (begin > file.byteLength) throw new Error('the head file is cut off');
  const text = new TextDecoder().decode(new Uint8Array(file, HEADER_BYTES, length));
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(text);
  const tensors = Object.entries(entries).map(([name, { dtype, data_offsets: [from, to] }]) => {
    if (!(dtype in ARRAYS)) throw new Error(`the head file has numbers of type ${dtype}`);
    if (begin + to > file.byteLength) throw new Error('the head file is cut off');
    // A copy: the numbers need not begin where their kind may be viewed.
    return [name, new ARRAYS[dtype](file.slice(begin + from, begin + to))];
  });
  return { tensors: Object.fromEntries(tensors), metadata };
}

/**
 * Unpack a PNG as the head file has it: RGBA8, one chunk of data, every row filtered 'up'.
 *
 * Not left to the browser's decoder, which may multiply colour by alpha; here alpha is gloss.
 * @param {Uint8Array} png
 * @returns {Promise<Skin>}
 */
export async function readSkin(png) {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const rows = new Uint8Array(await inflated(png.subarray(41, 41 + view.getUint32(33))));
  const row = width * 4;
  if (rows.length !== height * (row + 1)) throw new Error('the skin of the head file is cut off');
  const pixels = new Uint8Array(height * row);
  for (let y = 0; y < height; y += 1) {
    const [from, to] = [y * (row + 1) + 1, y * row];
    if (rows[from - 1] !== 2) throw new Error('the skin of the head file has another filter');
    for (let x = 0; x < row; x += 1) {
      pixels[to + x] = rows[from + x] + (y ? pixels[to - row + x] : 0); // wraps round
    }
  }
  return { width, height, pixels };
}

/**
 * Fetch all that a head is drawn from.
 * @param {string} base URL of the server, with its last slash, or '' for the page's own
 * @param {string} avatar
 * @returns {Promise<Head>}
 */
export async function loadHead(base = '', avatar = 'default') {
  const folder = `${base}assets/avatars/${encodeURIComponent(avatar)}/`;
  const [file, portrait] = await Promise.all([
    get(`${folder}head.safetensors`).then((answer) => answer.arrayBuffer()),
    get(`${folder}portrait.json`).then((answer) => answer.json()),
  ]);
  const { tensors, metadata } = readSafetensors(file);
  if (metadata.format !== FORMAT) throw new Error(`the head file has the format ${metadata.format}`);
  const deltas = await inflated(/** @type {Uint8Array} */ (tensors.deltas_zlib));
  return {
    tensors: { ...tensors, deltas: new Int16Array(deltas) },
    groups: JSON.parse(metadata.groups).map(([name, first, count]) => ({ name, first, count })),
    pivot: JSON.parse(metadata.pivot),
    portrait,
    skin: await readSkin(/** @type {Uint8Array} */ (tensors.skin_png)),
    scenery: portrait.pictured ? await fetchPicture(`${base}assets/background.png`) : null,
  };
}

async function inflated(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).arrayBuffer();
}

async function get(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the server has no ${url.split('/').at(-1)} (${answer.status})`);
  return answer;
}
