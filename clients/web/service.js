// The server as it is asked: where it is, the token shown to it, its refusals in words.

/** Refused with a text that a person can read. */
export class RefusedError extends Error {}

const NO_TOKEN = 'This server wants a token.\nOpen the address you were given: it ends in #token=…';

/** One server. */
export class Service {
  #base;
  #token;

  /**
   * @param {string} [base] its URL with the last slash; the page's own server by default
   * @param {string | null} [token] shown with every request
   */
  constructor(base = '', token = null) {
    this.#base = base;
    this.#token = token;
  }

  get base() { return this.#base; }

  /**
   * Like fetch, with the token, and with words for a server that is not there.
   * @param {string} path below the base
   * @param {RequestInit} [options]
   */
  async reach(path, options) {
    let response;
    try {
      response = await fetch(this.#base + path, { ...options, headers: { ...options?.headers, ...this.#shown } });
    } catch {
      throw new RefusedError(this.#silent);
    }
    if (response.status !== 401) return response;
    throw new RefusedError(this.#token ? readable((await response.json()).error) : NO_TOKEN);
  }

  /** Send JSON, get JSON. @param {string} path @param {object} body */
  async post(path, body) {
    const response = await this.reach(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new RefusedError(readable(answer.error ?? { message: response.statusText }));
    return answer;
  }

  /** Open a WebSocket; its token goes as a subprotocol, for a page can set no header there. @param {string} path */
  socket(path) {
    const url = new URL(this.#base + path, document.baseURI);
    url.protocol = url.protocol.replace('http', 'ws');
    return new WebSocket(url, this.#token ? ['elocute', `bearer.${this.#token}`] : []);
  }

  /** Which STUN and TURN servers lead to it. @returns {Promise<RTCIceServer[]>} */
  async iceServers() {
    const response = await this.reach('api/ice');
    return response.ok ? (await response.json()).iceServers : [];
  }

  /** End a session, even while the page goes away; whether the server hears it is not waited for. */
  leave(session) {
    fetch(`${this.#base}api/session/${session}`, {
      method: 'DELETE', keepalive: true, headers: this.#shown,
    }).catch(() => {});
  }

  get #shown() { return this.#token ? { Authorization: `Bearer ${this.#token}` } : {}; }

  // A browser does not say which it was: a page is not told of what it may not read.
  get #silent() {
    const elsewhere = new URL(this.#base, document.baseURI).origin !== location.origin;
    return elsewhere
      ? `The server does not answer this page. Is it running, and does it name ${location.origin} in access.origins?`
      : 'The server does not answer. Is it still running?';
  }
}

/** An error of the server as a text. @param {{ message: string, got?: string, expected?: string, fix?: string }} error */
export function readable({ message, got, expected, fix }) {
  const parts = [`The server refused: ${message}.`];
  if (got) parts.push(`It got ${got}.`);
  if (expected) parts.push(`It takes ${expected}.`);
  if (fix) parts.push(`To fix: ${fix}.`);
  return parts.join(' ');
}
