// A bot's voice: speech pushed into an open session, which says it; the microphone is not heard meanwhile.

import { RefusedError, readable } from './service.js';

const RATE_HZ = 24000;
const PIECE = RATE_HZ; // a second
const AHEAD_S = 60; // sent before it is spoken; the server keeps two minutes
const TURN_MS = 250;

/**
 * Read any sound file that the browser knows.
 * @param {Blob} file
 * @returns {Promise<Int16Array>} mono, 24 kHz
 */
export async function readSpeech(file) {
  const decoder = new OfflineAudioContext(1, 1, RATE_HZ);
  const sound = await decoder.decodeAudioData(await file.arrayBuffer());
  const channels = Array.from({ length: sound.numberOfChannels }, (_, index) => sound.getChannelData(index));
  return Int16Array.from({ length: sound.length }, (_, at) => {
    const mean = channels.reduce((sum, channel) => sum + channel[at], 0) / channels.length;
    return Math.max(-32768, Math.min(32767, Math.round(mean * 32768)));
  });
}

/** Speaks through one session over `/v1/realtime`. */
export class BotVoice {
  #socket;
  #created;
  #ended = { resolve: () => {}, reject: () => {} };
  #cuts = [];
  #timer = 0;

  /**
   * @param {import('./service.js').Service} service
   * @param {string} session name of the session that is to speak
   */
  constructor(service, session) {
    const query = new URLSearchParams({ session, rate: String(RATE_HZ), encoding: 'binary' });
    this.#socket = service.socket(`v1/realtime?${query}`);
    this.#created = new Promise((resolve, reject) => {
      this.#socket.onmessage = ({ data }) => { if (typeof data === 'string') this.#take(JSON.parse(data), resolve, reject); };
      this.#socket.onclose = () => {
        const gone = new RefusedError('The server ended the bot’s connection.');
        reject(gone);
        this.#fail(gone);
      };
    });
    this.#created.catch(() => {}); // told to whoever speaks
  }

  /**
   * Say something.
   * @param {Int16Array} pcm mono, 24 kHz
   * @returns {Promise<'completed' | 'cancelled'>} when it was heard, or cut off
   */
  say(pcm) { return this.#heard(() => this.#push(pcm)); }

  /**
   * Let the server's own voice say a text; only where the server has one.
   * @param {string} text
   * @returns {Promise<'completed' | 'cancelled'>} when it was heard, or cut off
   */
  sayText(text) {
    return this.#heard(() => {
      this.#send({ type: 'input_text_buffer.append', text });
      this.#send({ type: 'input_text_buffer.commit' });
    });
  }

  /**
   * Stop at once and forget the rest.
   * @returns {Promise<{ ms_to_neutral: number, pts: number, frame: number }>}
   */
  interrupt() {
    clearInterval(this.#timer);
    return new Promise((resolve, reject) => {
      this.#cuts.push({ resolve, reject });
      this.#send({ type: 'response.cancel' });
    });
  }

  /** Leave; when that is done the microphone is heard again, or another bot may speak. */
  async close() {
    this.#fail(new DOMException('The bot has left.', 'AbortError'));
    this.#socket.onclose = null;
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise((resolve) => { this.#socket.addEventListener('close', resolve); });
    this.#socket.close();
    await closed;
  }

  async #heard(begin) {
    await this.#created;
    const heard = new Promise((resolve, reject) => { this.#ended = { resolve, reject }; });
    begin();
    return heard;
  }

  // Paced once so much waits that the server would refuse more.
  #push(pcm) {
    const began = performance.now();
    let sent = 0;
    const turn = () => {
      const allowed = (AHEAD_S + (performance.now() - began) / 1000) * RATE_HZ;
      for (; sent < pcm.length && sent + PIECE <= allowed; sent += PIECE) this.#socket.send(pcm.slice(sent, sent + PIECE));
      if (sent < pcm.length) return;
      clearInterval(this.#timer);
      this.#send({ type: 'input_audio_buffer.commit' });
    };
    this.#timer = setInterval(turn, TURN_MS);
    turn();
  }

  #take(message, created, refused) {
    if (message.type === 'session.created') created();
    else if (message.type === 'response.cancelled') {
      this.#cuts.shift()?.resolve(message);
      if (!message.response_id) this.#ended.resolve('cancelled'); // nothing of a text had been spoken yet
    } else if (message.type === 'response.done') this.#ended.resolve(message.status);
    else if (message.type === 'error') {
      const error = new RefusedError(readable(message.error));
      refused(error);
      this.#fail(error);
    }
  }

  #fail(error) {
    clearInterval(this.#timer);
    this.#ended.reject(error);
    for (const { reject } of this.#cuts.splice(0)) reject(error);
  }

  #send(message) { if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message)); }
}
