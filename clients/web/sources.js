// Where the speech comes from: a microphone or the sample; muting, push-to-talk, loudness.

import { RefusedError } from './service.js';

const METER_MS = 80;
const SAMPLE_LEAD_S = 0.8; // the voice coming back joins half a second after the face

/** Speech going up: one source at a time. */
export class Speech {
  #service;
  #context = null;
  #out = null;
  #buffer = null;
  #meter = null;
  #timer = 0;
  #muted = false;
  #push = false;
  #held = false;

  /** The stream going up, or null. @type {MediaStream | null} */
  stream = null;
  /** Whether it is a microphone. */
  live = false;
  /** The sample while it plays. @type {AudioBufferSourceNode | null} */
  sample = null;

  /**
   * @param {import('./service.js').Service} service has the sample
   * @param {(loudness: number) => void} onLevel told the loudness that goes up, 0..1
   */
  constructor(service, onLevel) {
    this.#service = service;
    this.onLevel = onLevel;
  }

  /** The page's sound device. */
  get context() {
    this.#context ??= new AudioContext({ latencyHint: 'interactive', sampleRate: 48000 });
    return this.#context;
  }

  /** Milliseconds from the browser's mixer to the ear, as far as it says. */
  get outputMs() { return (this.#context?.outputLatency ?? 0) * 1000; }

  /** Whether speech goes up now. */
  get open() { return !this.#muted && (!this.#push || this.#held); }

  get muted() { return this.#muted; }
  set muted(on) { this.#muted = on; this.#gate(); }

  /** Push-to-talk: speech goes up only while it is held. */
  set push(on) { this.#push = on; this.#gate(); }
  set held(on) { this.#held = on; this.#gate(); }

  /**
   * Ask for the microphone.
   * @param {boolean} raw leave the browser's processing off
   * @param {() => void} onTaken told when it is unplugged
   */
  async openMicrophone(raw, onTaken) {
    if (!navigator.mediaDevices) {
      throw new RefusedError('The browser gives the microphone to https:// and localhost pages only. Open this page through localhost, or play the sample.');
    }
    const processing = !raw;
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: {
        channelCount: 1,
        echoCancellation: processing,
        noiseSuppression: processing,
        autoGainControl: processing,
      },
    });
    stream.getAudioTracks()[0].onended = () => { if (this.stream === stream) onTaken(); };
    this.#take(stream, true);
  }

  /** Prepare the sample; `begin` starts it. @param {() => void} onEnded */
  async openSample(onEnded) {
    await this.context.resume();
    this.#buffer ??= await this.#load();
    this.#out ??= new MediaStreamAudioDestinationNode(this.context, { channelCount: 1 });
    const source = new AudioBufferSourceNode(this.context, { buffer: this.#buffer });
    source.connect(this.#out);
    source.onended = () => {
      if (this.sample !== source) return;
      this.sample = null;
      onEnded();
    };
    this.#take(this.#out.stream, false);
    return () => {
      source.start(this.context.currentTime + SAMPLE_LEAD_S);
      this.sample = source;
    };
  }

  /** End what goes up. */
  silence() {
    const playing = this.sample;
    this.sample = null;
    playing?.stop();
    if (this.live) this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.live = false;
    clearInterval(this.#timer);
    this.onLevel(0);
  }

  async #load() {
    const response = await this.#service.reach('assets/sample.wav');
    if (!response.ok) throw new RefusedError('The server has no speech sample.');
    return this.context.decodeAudioData(await response.arrayBuffer());
  }

  #take(stream, live) {
    this.stream = stream;
    this.live = live;
    this.#gate();
    this.#watch(stream);
  }

  #gate() { this.stream?.getAudioTracks().forEach((track) => { track.enabled = this.open; }); }

  #watch(stream) {
    this.#meter?.disconnect();
    const analyser = new AnalyserNode(this.context, { fftSize: 1024, smoothingTimeConstant: 0 });
    this.#meter = new MediaStreamAudioSourceNode(this.context, { mediaStream: stream });
    this.#meter.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
      this.onLevel(this.open ? Math.sqrt(power) : 0);
    }, METER_MS);
  }
}
