// The face on the page: the server's video, or the same head drawn here, switched live.

import { withBackground } from './backdrop.js';
import { loadHead } from './head.js';
import { Painter } from './painter.js';
import { Poser } from './pose.js';
import { Timeline, VoiceClock } from './timeline.js';

/** @typedef {'video' | 'local'} Mode */

const LOST = 'The browser took the graphics away, so the video of the server is shown. Choose “drawn here” to try again.';
const LARGEST = 1024; // pixels; more is not seen on a face
const VIDEO_RTP_HZ = 90000;
const TICKS_PER_MS = 48;
const FPS_WINDOW_MS = 1000;
const SLOW_MS = 24; // a device that needs longer for a picture draws no more than motion brings,
const MOTION_MS = 38; // or it has no time left for the voice
const RTP_WRAP = 2 ** 32;

/**
 * Shows a face in a `<video>` and, on top of it, a `<canvas>`.
 *
 * In local mode the server draws and sends no pictures. Motion is read at the media time of the
 * voice that is heard, so face and voice stay together whatever the network does.
 */
export class Stage {
  #video;
  #canvas;
  #say;
  #base;
  #avatar;
  #link = null;
  #playing = false;
  #head = null;
  #poser = null;
  #painter = null;
  #timeline = new Timeline();
  #clock = new VoiceClock();
  #faceZero = null;
  #faceSkewMs = null;
  #mode = 'video';
  #asked = 'video';
  #wish = null;
  #frame = 0;
  #drawn = [];
  #turned = 0;
  #costMs = 0;
  #starved = 0;

  /**
   * @param {HTMLVideoElement} video
   * @param {HTMLCanvasElement} canvas hidden until the head is drawn
   * @param {{ base?: string, avatar?: string, onMode?: (mode: Mode) => void,
   *   onTrouble?: (text: string) => void, outputMs?: () => number }} [options]
   *   `outputMs` says how long the sound device takes
   */
  constructor(video, canvas, options = {}) {
    this.#video = video;
    this.#canvas = canvas;
    this.#base = options.base ?? '';
    this.#avatar = options.avatar ?? 'default';
    this.#say = { onMode: () => {}, onTrouble: () => {}, outputMs: () => 0, ...options };
    this.#watchVideo();
  }

  /** What is shown now. */
  get mode() { return this.#mode; }

  /** Whose head is drawn; counts from the next time the head is loaded. */
  set avatar(name) { if (name !== this.#avatar) { this.#avatar = name; this.#head = null; } }

  get avatar() { return this.#avatar; }

  /** URL of the server that has the head, with its last slash; counts from then on, too. */
  set base(url) { if (url !== this.#base) { this.#base = url; this.#head = null; } }

  /**
   * What stands behind the head that is drawn here; the video's background is its server's.
   * @param {import('./backdrop.js').Wish | null} wish null: as the server has it
   */
  async setBackground(wish) {
    this.#wish = wish;
    if (this.#mode !== 'local') return;
    try {
      await this.#paint();
    } catch (error) {
      this.#fallBack(error.message);
    }
  }

  /** The canvas in use: another one after the context was lost. */
  get canvas() { return this.#canvas; }

  /** Show a session: its voice and face, and, as it comes, its motion. */
  attach(link, stream) {
    this.#link = link;
    this.#timeline = new Timeline();
    this.#clock = new VoiceClock();
    this.#video.srcObject = stream;
    return this.play();
  }

  /** Begin to play, which a browser may refuse to do with sound; with it muted it may be tried again. */
  async play() {
    const link = this.#link;
    await this.#video.play(); // a stream that has pictures is played from the first of them on
    if (this.#link !== link) return;
    this.#playing = true;
    if (this.#mode === 'local') link?.view(false);
  }

  /** The session is over: the face at rest. */
  detach() {
    this.#link = null;
    this.#playing = false;
    this.#video.srcObject = null;
    this.#timeline = new Timeline();
    this.#faceSkewMs = null;
  }

  /** Take a motion message. */
  motion(message) { this.#timeline.push(message); }

  /** Take the timestamps of media time 0, from a statistics message. */
  timing(zero) {
    this.#clock.setZero(zero?.voice);
    this.#faceZero = zero?.face ?? null;
  }

  /**
   * Figures of what is shown: pictures per second, and by how much the face is late against the
   * voice (negative: early), as far as they are known.
   */
  figures() {
    const now = performance.now();
    this.#drawn = this.#drawn.filter((at) => at > now - FPS_WINDOW_MS);
    const local = this.#mode === 'local';
    return {
      mode: this.#mode,
      fps: local ? this.#drawn.length : undefined,
      skewMs: local && this.#clock.known ? 0 : this.#faceSkewMs ?? undefined,
      starved: this.#starved,
      device: this.#painter?.device,
    };
  }

  /** Media time of the voice that is heard now, ticks; null while unknown. */
  now() { this.#listen(); return this.#clock.at(performance.now()); }

  /**
   * Change what is shown; the session goes on. What cannot be had is said, and the video stays.
   * @param {Mode} mode
   */
  async show(mode) {
    this.#asked = mode;
    if (mode === this.#mode) return;
    if (mode === 'video') await this.#toVideo();
    else await this.#toLocal();
  }

  /** Let the graphics go; it can be shown and attached again. */
  close() {
    this.detach();
    this.#asked = 'video';
    if (this.#mode === 'local') this.#leaveLocal();
  }

  /** Draw one pose at once, for a page that has no session. @param {ArrayLike<number>} row */
  pose(row) {
    this.#poser.pose(row);
    this.#painter.draw(this.#poser);
  }

  async #toLocal() {
    try {
      this.#head ??= await loadHead(this.#base, this.#avatar);
      if (this.#asked !== 'local' || this.#mode === 'local') return;
      this.#poser = new Poser(this.#head);
      await this.#paint();
      if (this.#asked !== 'local') { this.#leaveLocal(); return; }
    } catch (error) {
      this.#fallBack(`The head cannot be drawn here, so the video of the server is shown. ${error.message}`);
      return;
    }
    this.#mode = 'local';
    this.#turn();
    this.#canvas.hidden = false;
    if (this.#playing) this.#link?.view(false);
    this.#say.onMode('local');
  }

  async #paint() {
    const [wish, head] = [this.#wish, this.#head];
    const dressed = await withBackground(head, wish);
    if (this.#wish !== wish || this.#head !== head) return;
    const hidden = this.#canvas.hidden;
    const before = this.#painter;
    this.#painter = null; // its lost context is no trouble
    this.#renew();
    before?.close();
    this.#canvas.hidden = hidden;
    this.#painter = new Painter(this.#canvas, dressed);
    this.#video.style.opacity = dressed.portrait.transparent ? '0' : ''; // it lies under the canvas
  }

  async #toVideo() {
    this.#link?.view(true);
    if (this.#link && this.#video.requestVideoFrameCallback) {
      await new Promise((resolve) => { // the canvas stays until there is a new picture
        this.#video.requestVideoFrameCallback(resolve);
        setTimeout(resolve, 1500);
      });
      if (this.#asked !== 'video') { this.#link?.view(false); return; }
    }
    this.#leaveLocal();
  }

  #leaveLocal() {
    cancelAnimationFrame(this.#frame);
    this.#canvas.hidden = true;
    this.#video.style.opacity = '';
    const painter = this.#painter;
    this.#painter = null;
    painter?.close();
    this.#mode = 'video';
    this.#say.onMode('video');
  }

  #fallBack(text) {
    this.#asked = 'video';
    this.#link?.view(true);
    this.#leaveLocal();
    this.#say.onTrouble(text);
  }

  // A canvas has one context for life: another is needed after the last was lost or let go.
  #renew() {
    const fresh = /** @type {HTMLCanvasElement} */ (this.#canvas.cloneNode());
    const size = Math.round((this.#video.clientWidth || 512) * Math.min(devicePixelRatio, 2));
    fresh.width = fresh.height = Math.min(size, LARGEST);
    fresh.addEventListener('webglcontextlost', (event) => {
      event.preventDefault();
      if (this.#canvas === fresh && this.#painter) this.#fallBack(LOST);
    });
    this.#canvas.replaceWith(fresh);
    this.#canvas = fresh;
  }

  #turn() {
    this.#frame = requestAnimationFrame(() => this.#turn());
    this.#listen();
    const now = performance.now();
    const last = this.#drawn.at(-1) ?? 0;
    if (this.#turned === last) this.#costMs += 0.1 * (Math.min(now - last, 200) - this.#costMs);
    this.#turned = now;
    if (this.#costMs > SLOW_MS && now - last < MOTION_MS) return;
    const ticks = this.#clock.at(now) ?? this.#guess();
    this.pose(this.#timeline.at(ticks));
    if (this.#timeline.starved && this.#link) this.#starved += 1;
    this.#drawn.push(now);
    if (this.#drawn.length > 256) this.#drawn.splice(0, 128);
  }

  // Until the timestamps are known (a second), the newest frame is as good as any.
  #guess() { return (this.#timeline.newest + 0.5) * TICKS_PER_MS * 40; }

  #listen() {
    const played = this.#link?.voicePlayed();
    if (played) this.#clock.observe(played.rtpTimestamp, played.timestamp + this.#say.outputMs());
  }

  // The browser itself keeps the video with the voice; how well can be read off both timestamps.
  #watchVideo() {
    if (!this.#video.requestVideoFrameCallback) return;
    const look = (_, { rtpTimestamp, expectedDisplayTime }) => {
      this.#video.requestVideoFrameCallback(look);
      this.#listen();
      const voice = this.#clock.at(expectedDisplayTime);
      if (voice === null || this.#faceZero === null || rtpTimestamp === undefined) return;
      const ticks = ((rtpTimestamp - this.#faceZero + RTP_WRAP) % RTP_WRAP) / VIDEO_RTP_HZ * 48000;
      const skew = (voice - ticks) / TICKS_PER_MS;
      this.#faceSkewMs = this.#faceSkewMs === null ? skew : 0.9 * this.#faceSkewMs + 0.1 * skew;
    };
    this.#video.requestVideoFrameCallback(look);
  }
}
