// <elocute-avatar>: the talking head as an element for any page. See README.md.

import { readBackground } from './backdrop.js';
import { Link } from './link.js';
import { RefusedError, Service } from './service.js';
import { Stage } from './stage.js';

/** @typedef {'idle' | 'connecting' | 'live' | 'reconnecting' | 'failed'} State */

const STYLE = `
  :host { display: inline-block; position: relative; inline-size: 20rem; aspect-ratio: 1; overflow: hidden; contain: content; }
  :host([hidden]), [hidden] { display: none !important; }
  video, canvas { position: absolute; inset: 0; inline-size: 100%; block-size: 100%; object-fit: cover; display: block; }
`;
const LABEL = 'A talking head';
const SILENT = 'The browser plays no sound before somebody has clicked or typed on this page, so the face is muted.';
const UPGRADED = ['token', 'muted', 'record', 'view', 'label', 'avatar', 'server', 'profile', 'background', 'backgroundBlur'];
const MIRRORED = { label: 'label', avatar: 'avatar', server: 'server', profile: 'profile', background: 'background', backgroundBlur: 'background-blur' };

let sheet = null; // one for all elements; made late, so that importing this needs no browser

/** A face that says what it is given. */
export class ElocuteAvatar extends (globalThis.HTMLElement ?? Object) {
  static observedAttributes = ['view', 'muted', 'label', 'background', 'background-blur'];

  #internals = this.attachInternals();
  #video = document.createElement('video');
  #stage;
  #link = null;
  #opening = null;
  #sound = null;
  #state = /** @type {State} */ ('idle');
  #sync = null;
  #manner = null;
  #token = null;
  #leave = () => this.stop();

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    sheet ??= new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const canvas = document.createElement('canvas');
    Object.assign(this.#video, { playsInline: true, autoplay: true });
    this.#video.part = 'video';
    canvas.part = 'canvas';
    canvas.hidden = true;
    root.append(this.#video, canvas);
    this.#internals.role = 'img';
    this.#stage = this.#newStage(canvas);
  }

  /** URL of the server, with its last slash; where this module came from unless `server` says otherwise. */
  get base() {
    const named = this.getAttribute('server');
    if (!named) return new URL('./', import.meta.url).href;
    const url = new URL(named, this.ownerDocument.baseURI);
    url.search = url.hash = '';
    return url.href.replace(/\/*$/, '/');
  }

  /** How the session is. */
  get state() { return this.#state; }

  /** The session's connection, or null. */
  get link() { return this.#link; }

  /** What the server said last of how face and voice go together; null before, or if it does not listen. */
  get sync() { return this.#sync; }

  /** What is shown now; set, it is what is asked for. */
  get view() { return this.#stage.mode; }
  set view(mode) { this.setAttribute('view', mode); }

  /** Shown to the server with every request; never an attribute, where others would read it. */
  get token() { return this.#token; }
  set token(text) { this.#token = text; }

  get muted() { return this.hasAttribute('muted'); }
  set muted(on) { this.toggleAttribute('muted', Boolean(on)); }

  /** Whether the next session asks to be recorded; a server that records nothing refuses it. */
  get record() { return this.hasAttribute('record'); }
  set record(on) { this.toggleAttribute('record', Boolean(on)); }

  /**
   * Open a session, or give the one that is open another voice.
   * @param {MediaStream} [stream] what is spoken; without it the session waits for a bot
   *   (`/v1/realtime?session=` and `link.session`)
   * @returns {Promise<void>} when the face is there; AbortError if it was stopped before
   */
  async start(stream) {
    if (!this.isConnected) throw new DOMException('The element is in no document.', 'InvalidStateError');
    const track = stream?.getAudioTracks()[0] ?? null;
    if (this.#link) {
      await this.#opening;
      await this.#link?.speak(track);
      return;
    }
    const link = this.#newLink();
    this.#link = link;
    this.#show();
    this.#opening = this.#open(link, track);
    await this.#opening;
  }

  /** End the session; the stream stays its owner's. */
  stop() { this.#end('idle'); }

  /** Stop voice and face at once; says where, and how soon the mouth is shut. */
  interrupt() {
    return this.#link?.interrupt() ?? Promise.reject(new RefusedError('There is no session to interrupt.'));
  }

  /** Set emotion, intensity 0..1, style 0..2, or some of them; kept from session to session. */
  express(manner) {
    if ([manner.onset_s, manner.apex_s, manner.offset_s].some(Number.isFinite)) { // it passes
      this.#link?.express(manner);
      return;
    }
    this.#manner = { ...this.#manner, ...manner };
    this.#link?.express(this.#manner);
  }

  /** Tell a silent face how loud somebody is who talks to it, root mean square 0..1; ten a second. */
  listen(loudness) { this.#link?.listen(loudness); }

  connectedCallback() {
    for (const name of UPGRADED) { // set before this class was known
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    this.#name();
    this.#video.poster = `${this.base}assets/still.jpg`;
    addEventListener('pagehide', this.#leave);
    if (this.#link) this.#video.play().catch(() => {}); // moved: it paused on the way
    else this.#show();
  }

  disconnectedCallback() {
    queueMicrotask(() => { // who is only moved is back by then
      if (this.isConnected) return;
      removeEventListener('pagehide', this.#leave);
      this.stop();
      this.#stage.close();
    });
  }

  attributeChangedCallback(name, _, value) {
    if (name === 'muted') this.#video.muted = value !== null;
    if (name === 'label') this.#name();
    if (name === 'view' && this.isConnected) this.#show();
    if (name.startsWith('background')) {
      this.#stage.setBackground(readBackground(this.background, Number(this.backgroundBlur)));
    }
  }

  async #open(link, track) {
    this.#enter('connecting');
    try {
      const remote = await link.open(track, this.profile || undefined, this.avatar || undefined, this.record);
      if (navigator.userActivation?.hasBeenActive !== false) this.#sound ??= new AudioContext();
      await this.#attach(link, remote);
    } catch (error) {
      if (this.#link !== link) throw new DOMException('The session was stopped before it began.', 'AbortError');
      this.#end('failed', error.message);
      throw error;
    }
    this.#enter('live');
  }

  async #attach(link, remote) {
    try {
      await this.#stage.attach(link, remote);
    } catch (error) {
      if (error.name !== 'NotAllowedError' || this.muted || this.#link !== link) throw error;
      this.muted = true;
      this.#say('trouble', { message: SILENT });
      await this.#stage.play();
    }
    if (this.#link !== link) throw new Error('stopped');
  }

  #newLink() {
    const ours = (work) => (value) => { if (this.#link === link) work(value); };
    const link = new Link({
      onMotion: ours((message) => { this.#stage.motion(message); this.#say('motion', message); }),
      onSync: ours((message) => { this.#sync = message; this.#say('sync', message); }),
      onSyncAction: ours((message) => this.#say('syncaction', message)),
      onStats: ours(({ rtp_zero: zero }) => this.#stage.timing(zero)),
      onFigures: ours((figures) => this.#say('figures', { ...figures, stage: this.#stage.figures() })),
      onWay: ours((up) => this.#enter(up ? 'live' : 'reconnecting')),
      onRefused: ours((message) => this.#say('trouble', { message })),
      onGone: ours((message) => this.#end('failed', message)),
    }, this.#service);
    if (this.#manner) link.express(this.#manner);
    return link;
  }

  #newStage(canvas) {
    return new Stage(this.#video, canvas, {
      onMode: (view) => this.#say('viewchange', { view }),
      onTrouble: (message) => this.#say('trouble', { message }),
      outputMs: () => (this.#sound?.outputLatency ?? 0) * 1000,
    });
  }

  get #service() { return new Service(this.base, this.#token); }

  async #show() {
    const wanted = () => (this.getAttribute('view') === 'local' ? 'local' : 'video');
    if (wanted() === 'local') {
      try {
        this.#stage.base = this.base;
        this.#stage.avatar = this.avatar || await this.#usualAvatar();
      } catch (error) {
        // Before there is a session nobody has asked for anything: it is tried again with one.
        if (this.#link) this.#say('trouble', { message: error.message });
        return;
      }
    }
    if (this.isConnected) await this.#stage.show(wanted());
  }

  async #usualAvatar() {
    const answer = await (await this.#service.reach('api/profiles')).json();
    return answer.avatar;
  }

  #name() { this.#internals.ariaLabel = this.getAttribute('label') ?? LABEL; }

  #end(state, reason) {
    const link = this.#link;
    if (!link) return;
    this.#link = this.#opening = this.#sync = null;
    link.close();
    this.#sound?.close();
    this.#sound = null;
    this.#stage.detach();
    this.#enter(state, reason);
    if (reason) this.#say('trouble', { message: reason });
  }

  #enter(state, reason) {
    if (state === this.#state) return;
    this.#state = state;
    this.#say('statechange', { state, reason });
  }

  #say(name, detail) { this.dispatchEvent(new CustomEvent(name, { detail })); }
}

for (const [property, name] of Object.entries(MIRRORED)) {
  Object.defineProperty(ElocuteAvatar.prototype, property, {
    configurable: true,
    enumerable: true,
    get() { return this.getAttribute(name) ?? ''; },
    set(value) { this.setAttribute(name, value); },
  });
}

if (globalThis.customElements && !customElements.get('elocute-avatar')) {
  customElements.define('elocute-avatar', ElocuteAvatar);
}
