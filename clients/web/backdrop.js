// What stands behind a head that is drawn here: as the server has it, or as the page wishes.

/**
 * @typedef {{ color?: string, picture?: string, blur?: number, transparent?: boolean }} Wish
 *   `color` is #rrggbb; `blur` a share of the picture's height; all but one are left out
 */

const COLOR = /^#[0-9a-f]{6}$/i;

/**
 * Read what an attribute says: empty (the server's), `transparent`, `#rrggbb`, or a picture's URL.
 * @param {string} text
 * @param {number} [blur]
 * @returns {Wish | null}
 */
export function readBackground(text, blur = 0) {
  if (!text) return null;
  if (text === 'transparent') return { transparent: true };
  return COLOR.test(text) ? { color: text } : { picture: text, blur };
}

/**
 * Give a head with another background.
 * @param {import('./head.js').Head} head
 * @param {Wish | null} wish null leaves the server's
 * @returns {Promise<import('./head.js').Head>}
 */
export async function withBackground(head, wish) {
  if (!wish) return head;
  const portrait = { ...head.portrait, transparent: Boolean(wish.transparent), pictured: Boolean(wish.picture) };
  if (wish.color) portrait.background = [1, 3, 5].map((at) => parseInt(wish.color.slice(at, at + 2), 16) / 255);
  return { ...head, portrait, scenery: wish.picture ? await fetchPicture(wish.picture, wish.blur) : null };
}

/**
 * Fetch a picture, cut it to a square and blur it.
 * @param {string} url
 * @param {number} [blur]
 * @returns {Promise<ImageBitmap | OffscreenCanvas>}
 */
export async function fetchPicture(url, blur = 0) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`The background cannot be fetched (${answer.status}).`);
  const whole = await createImageBitmap(await answer.blob(), { colorSpaceConversion: 'none' });
  const side = Math.min(whole.width, whole.height);
  const [left, top] = [(whole.width - side) / 2, (whole.height - side) / 2];
  if (!blur && side === whole.width && side === whole.height) return whole;
  const canvas = new OffscreenCanvas(side, side);
  const paint = canvas.getContext('2d');
  const grown = Math.ceil(blur * side * 2); // or the edge would fade into nothing
  if (blur) paint.filter = `blur(${blur * side}px)`;
  paint.drawImage(whole, left, top, side, side, -grown, -grown, side + 2 * grown, side + 2 * grown);
  return canvas;
}
