// The connection to the server: offer and answer, the events channel, figures, the end.

import { RefusedError, readable } from './service.js';

const HEARTBEAT_MS = 2000;
const SILENT_MS = 8000;
const CONNECT_MS = 15000;

/** One session with the server. */
export class Link {
  #pc = new RTCPeerConnection();
  #channel = this.#pc.createDataChannel('events');
  #session = null;
  #closed = false;
  #heard = performance.now();
  #timer = null;
  #sender = null;
  #serverStats = null;
  #last = null;
  #manner = null;
  #video = null;
  #service;
  #handlers;
  #cuts = [];
  #look = () => {};
  #abandon = () => {};
  #abandoned = new Promise((resolve) => { this.#abandon = resolve; });

  /**
   * @param {{ onMotion: (message: object) => void, onFigures: (figures: object) => void,
   *   onStats?: (stats: object) => void, onWay?: (up: boolean) => void,
   *   onSync?: (message: object) => void, onSyncAction?: (message: object) => void,
   *   onRefused: (reason: string) => void, onGone: (reason: string) => void }} handlers
   *   `onWay` is told when the network breaks off and when it is back
   * @param {import('./service.js').Service} service
   */
  constructor(handlers, service) {
    this.#handlers = handlers;
    this.#service = service;
    this.#channel.onopen = () => {
      if (this.#manner) this.express(this.#manner);
      if (this.#video !== null) this.view(this.#video);
    };
    this.#channel.onmessage = (event) => this.#take(JSON.parse(event.data));
  }

  get pc() { return this.#pc; }

  get session() { return this.#session; }

  /**
   * Connect; gives the MediaStream with voice and face.
   * @param {MediaStreamTrack | null} track what is spoken; without, somebody else speaks through it
   * @param {string} [profile] the server's own by default, as is the avatar
   * @param {string} [avatar]
   * @param {boolean} [record] to be recorded; refused where nothing is
   * @returns {Promise<MediaStream>}
   */
  async open(track, profile, avatar, record = false) {
    const pc = this.#pc;
    pc.setConfiguration({ iceServers: await this.#service.iceServers() });
    this.#stillOpen();
    this.#sender = pc.addTransceiver(track ?? 'audio', { direction: 'sendrecv' }).sender;
    const face = pc.addTransceiver('video', { direction: 'recvonly' });
    const remote = new Promise((resolve) => {
      pc.ontrack = ({ streams }) => {
        for (const receiver of pc.getReceivers()) preferPresent(receiver);
        if (streams[0]?.getVideoTracks().length && streams[0].getAudioTracks().length) resolve(streams[0]);
      };
    });
    await this.#orClosed(pc.setLocalDescription());
    this.#stillOpen();
    await gathered(pc);
    this.#stillOpen();
    const answer = await this.#service.post('api/offer', {
      sdp: pc.localDescription.sdp, type: pc.localDescription.type, profile, avatar, record,
    });
    if (this.#closed) this.#service.leave(answer.session);
    this.#stillOpen();
    this.#session = answer.session;
    await this.#orClosed(pc.setRemoteDescription({ sdp: answer.sdp, type: answer.type }));
    this.#stillOpen();
    preferPresent(face.receiver);
    await this.#connected();
    this.#stillOpen();
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'failed') this.#gone('The connection to the server was lost.');
      if (pc.connectionState === 'disconnected') this.#handlers.onWay?.(false);
      if (pc.connectionState === 'connected') this.#handlers.onWay?.(true);
    };
    this.#channel.onclose = () => this.#gone('The server ended the session.');
    this.#heard = performance.now();
    this.#timer = setInterval(() => this.#beat(), HEARTBEAT_MS / 2);
    return remote;
  }

  /** Change the outgoing track. @param {MediaStreamTrack | null} track */
  async speak(track) { await this.#sender.replaceTrack(track); }

  /**
   * Set emotion, intensity and style; kept until the channel is open. With `onset_s`, `apex_s` or
   * `offset_s` the expression comes, stays and goes again, and is not kept.
   */
  express(manner) {
    if (![manner.onset_s, manner.apex_s, manner.offset_s].some(Number.isFinite)) this.#manner = manner;
    if (this.#channel.readyState === 'open') {
      this.#channel.send(JSON.stringify({ type: 'express', ...manner }));
    }
  }

  /**
   * Tell the face how loud somebody is who talks to it; ten times a second is enough.
   * @param {number} loudness root mean square of the samples, 0..1
   */
  listen(loudness) {
    if (this.#channel.readyState !== 'open') return;
    const level = 20 * Math.log10(Math.max(loudness, 1e-6));
    this.#channel.send(JSON.stringify({ type: 'listen', level_db: Math.min(0, Math.round(level * 10) / 10) }));
  }

  /** Say whether pictures are wanted; kept until the channel is open. */
  view(video) {
    this.#video = video;
    if (this.#channel.readyState === 'open') {
      this.#channel.send(JSON.stringify({ type: 'view', video }));
    }
  }

  /**
   * Stop sound and face at once.
   * @returns {Promise<{ pts: number, frame: number, resume_frame: number, ms_to_neutral: number }>}
   *   where it was cut, and how soon after the interrupt the mouth is shut
   */
  interrupt() {
    if (this.#channel.readyState !== 'open') return Promise.reject(new RefusedError('There is no session to interrupt.'));
    return new Promise((resolve, reject) => {
      this.#cuts.push({ resolve, reject });
      this.#channel.send(JSON.stringify({ type: 'interrupt' }));
    });
  }

  /**
   * The voice that was last played, or null.
   * @returns {{ rtpTimestamp: number, timestamp: number } | null} on `performance.now()`'s clock
   */
  voicePlayed() {
    const receiver = this.#pc.getReceivers().find(({ track }) => track.kind === 'audio');
    const [source] = receiver?.getSynchronizationSources() ?? [];
    if (!source) return null;
    const { rtpTimestamp, timestamp } = source; // some browsers count from 1970
    return { rtpTimestamp, timestamp: timestamp > 1e11 ? timestamp - performance.timeOrigin : timestamp };
  }

  /** Leave; the server is told at once, even while the page goes away. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#channel.onclose = null;
    this.#pc.onconnectionstatechange = null;
    if (this.#session) this.#service.leave(this.#session);
    this.#pc.close();
    this.#abandon();
    this.#look();
    for (const { reject } of this.#cuts.splice(0)) reject(new RefusedError('The session has ended.'));
  }

  // What is asked of a connection that is closed meanwhile never settles.
  #orClosed(work) { return Promise.race([work, this.#abandoned]); }

  #stillOpen() { if (this.#closed) throw new DOMException('The connection was closed.', 'AbortError'); }

  #connected() {
    const pc = this.#pc;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new RefusedError(NO_PATH)), CONNECT_MS);
      const look = this.#look = () => {
        if (this.#closed || pc.connectionState === 'connected') { clearTimeout(late); resolve(); }
        if (pc.connectionState === 'failed') { clearTimeout(late); reject(new RefusedError(NO_PATH)); }
      };
      pc.onconnectionstatechange = look;
      look();
    });
  }

  #gone(reason) {
    if (this.#closed) return;
    this.#handlers.onGone(reason);
  }

  #beat() {
    if (performance.now() - this.#heard > SILENT_MS) {
      this.#gone('The server fell silent. Is it still running?');
      return;
    }
    if (this.#channel.readyState === 'open') {
      this.#channel.send(JSON.stringify({ type: 'heartbeat', t: performance.now() }));
    }
    this.#figures();
  }

  #take(message) {
    this.#heard = performance.now();
    if (message.type === 'motion') this.#handlers.onMotion(message);
    else if (message.type === 'stats') {
      this.#serverStats = message;
      this.#handlers.onStats?.(message);
    } else if (message.type === 'face.sync') this.#handlers.onSync?.(message);
    else if (message.type === 'face.sync.action') this.#handlers.onSyncAction?.(message);
    else if (message.type === 'interrupted') this.#cuts.shift()?.resolve(message);
    if (message.type === 'error' && message.ends) this.#gone(readable(message.error));
    else if (message.type === 'error') this.#handlers.onRefused(readable(message.error));
  }

  // Microphone to screen = capture + way there + server + way back + this browser's buffer.
  async #figures() {
    const now = { at: performance.now() };
    (await this.#pc.getStats()).forEach((report) => {
      if (report.type === 'inbound-rtp') now[report.kind] = report;
      if (report.type === 'candidate-pair' && report.nominated) now.pair = report;
    });
    const before = this.#last;
    this.#last = now;
    if (this.#closed || !now.video || !before?.video) return;
    const frames = now.video.framesDecoded - before.video.framesDecoded;
    // Without pictures the face waits for the voice, so the voice's buffer and delay count.
    const drawn = this.#video === false;
    const buffered = 1000 * (drawn
      ? delta('audio', now, before, 'jitterBufferDelay')
        / Math.max(1, delta('audio', now, before, 'jitterBufferEmittedCount'))
      : delta('video', now, before, 'totalProcessingDelay') / Math.max(1, frames));
    const network = (now.pair?.currentRoundTripTime ?? 0) * 1000;
    const server = drawn ? this.#serverStats?.delay_ms : this.#serverStats?.latency_ms.server;
    this.#handlers.onFigures({
      fps: frames / (now.at - before.at) * 1000,
      network,
      server,
      buffered,
      total: server === undefined ? undefined : CAPTURE_MS + network + server + buffered + DISPLAY_MS,
      repeated: this.#serverStats?.counts.video_repeated_total,
      detail: this.#serverStats,
    });
  }
}

const NO_PATH = 'No way through to the server was found.\nUDP between this browser and the server must be open; across networks the server needs a TURN server (server.ice_servers).';

// A browser hands its microphone on in packets of 10 ms and Opus looks at 20 ms.
const CAPTURE_MS = 20;
// Half a screen refresh at 60 Hz, and one of composition.
const DISPLAY_MS = 25;

const delta = (kind, now, before, key) => (now[kind]?.[key] ?? 0) - (before[kind]?.[key] ?? 0);

function preferPresent(receiver) {
  if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
  else if ('playoutDelayHint' in receiver) receiver.playoutDelayHint = 0;
}

function gathered(pc) {
  return new Promise((resolve) => {
    const done = () => { if (pc.iceGatheringState === 'complete') resolve(); };
    pc.addEventListener('icegatheringstatechange', done);
    setTimeout(resolve, 1500); // what is known by then will do
    done();
  });
}
