// The page: microphone or sample up, face and delayed voice down.
//
// One RTCPeerConnection per talk. Voice and face come back in one MediaStream, so the browser
// plays them in sync. Query: ?raw=1 leaves the microphone's processing off (measurements).

import { Link, RefusedError, reach } from './link.js';

const $ = (id) => document.getElementById(id);
const raw = new URLSearchParams(location.search).has('raw');

const PROFILE_HELP = {
  ultra: 'Quickest answer: hears 80 ms ahead.',
  balanced: 'Good lips at a short delay: hears 120 ms ahead.',
  quality: 'Best lips: hears 320 ms ahead.',
};

const state = {
  link: null,        // the connection
  context: null,     // AudioContext: sample and level meter
  microphone: null,  // MediaStream
  sample: null,      // AudioBufferSourceNode while it plays
  sampleOut: null,   // MediaStreamAudioDestinationNode
  meter: null,
  muted: false,
};

// For tests and the curious: what goes up, what comes down, and the newest motion.
const view = { motion: [], stats: null, local: null, remote: null, link: null };
window.elocute = view;
const KEPT_MOTION = 3000;
const METER_MS = 80;
const SAMPLE_LEAD_S = 0.8; // the voice coming back joins half a second after the face

// ---------------------------------------------------------------- what is shown

function show(name, text) {
  document.body.dataset.state = name;
  $('badge').textContent = text;
  const on = name === 'live' || name === 'connecting';
  $('stop').disabled = !on;
  $('mute').disabled = !on;
  $('start').disabled = name === 'connecting' || (on && state.microphone !== null);
  $('sample').disabled = name === 'connecting';
  $('profile').disabled = on;
  $('start').textContent = on && !state.microphone ? 'Microphone' : 'Start';
}

function complain(text) {
  $('error').textContent = text;
  $('error').hidden = !text;
}

function explain(error) {
  if (error instanceof RefusedError) return error.message;
  const texts = {
    NotAllowedError: 'The microphone was not allowed. Allow it in the address bar, then press Start — or play the sample.',
    NotFoundError: 'No microphone was found. Plug one in, or play the sample.',
    NotReadableError: 'The microphone is in use by another program.',
    EncodingError: 'The speech sample could not be read.',
  };
  return texts[error.name] ?? `Something went wrong: ${error.message}`;
}

const milliseconds = (value) => (value === undefined ? '–' : `${Math.round(value)} ms`);

function showFigures(figures) {
  $('latency').textContent = figures.total ? `≈ ${milliseconds(figures.total)}` : '–';
  $('fps').textContent = figures.fps === undefined ? '–' : `${Math.round(figures.fps)} per second`;
  $('server').textContent = milliseconds(figures.server);
  $('network').textContent = milliseconds(figures.network);
  $('repeated').textContent = figures.repeated ?? '–';
}

// ---------------------------------------------------------------- where the speech comes from

function audioContext() {
  state.context ??= new AudioContext({ latencyHint: 'interactive', sampleRate: 48000 });
  return state.context;
}

async function openMicrophone() {
  if (!navigator.mediaDevices) {
    throw new RefusedError('The browser gives the microphone to https:// and localhost pages only. Open this page through localhost, or play the sample.');
  }
  const processing = !raw;
  return navigator.mediaDevices.getUserMedia({
    audio: {
      channelCount: 1,
      echoCancellation: processing,
      noiseSuppression: processing,
      autoGainControl: processing,
    },
  });
}

async function loadSample() {
  const response = await reach('assets/sample.wav');
  if (!response.ok) throw new RefusedError('The server has no speech sample.');
  return audioContext().decodeAudioData(await response.arrayBuffer());
}

async function playSample() {
  const context = audioContext();
  await context.resume();
  state.sampleBuffer ??= await loadSample();
  state.sampleOut ??= new MediaStreamAudioDestinationNode(context, { channelCount: 1 });
  const source = new AudioBufferSourceNode(context, { buffer: state.sampleBuffer });
  source.connect(state.sampleOut);
  source.onended = () => {
    if (state.sample === source) state.sample = null;
    if (state.link && !state.microphone) $('badge').textContent = 'Live · sample has ended';
  };
  const begin = () => {
    source.start(context.currentTime + SAMPLE_LEAD_S);
    state.sample = source;
  };
  return { stream: state.sampleOut.stream, begin };
}

function silenceSources() {
  state.sample?.stop();
  state.sample = null;
  state.microphone?.getTracks().forEach((track) => track.stop());
  state.microphone = null;
}

function watchLevel(stream) {
  const context = audioContext();
  state.meter?.disconnect();
  const analyser = new AnalyserNode(context, { fftSize: 1024, smoothingTimeConstant: 0 });
  state.meter = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
  state.meter.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  clearInterval(state.meterTimer);
  state.meterTimer = setInterval(() => {
    const on = view.local === stream && state.link && !state.muted;
    if (on) analyser.getFloatTimeDomainData(samples);
    const loud = on ? Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length) : 0;
    $('level').style.transform = `scaleX(${Math.min(1, loud * 6).toFixed(2)})`;
    if (view.local !== stream || !state.link) clearInterval(state.meterTimer);
  }, METER_MS);
}

// ---------------------------------------------------------------- talk

async function talk(openSource) {
  complain('');
  const fresh = !state.link;
  try {
    if (fresh) show('connecting', 'Connecting');
    const { stream, begin, microphone } = await openSource();
    state.microphone = microphone ? stream : null;
    view.local = stream;
    const track = stream.getAudioTracks()[0];
    track.enabled = !state.muted;
    if (fresh) await connect(track, stream);
    else await state.link.speak(track);
    watchLevel(stream);
    begin?.();
    show('live', microphone ? 'Live' : 'Live · sample');
  } catch (error) {
    hangUp('failed', 'Not connected');
    complain(explain(error));
  }
}

async function connect(track, stream) {
  const link = new Link({
    onMotion: (message) => {
      view.motion.push({ ...message, at: performance.now() });
      if (view.motion.length > KEPT_MOTION) view.motion.splice(0, KEPT_MOTION / 2);
    },
    onFigures: (figures) => { view.stats = figures; showFigures(figures); },
    onRefused: complain,
    onGone: (reason) => {
      if (state.link !== link) return;
      hangUp('failed', 'Disconnected');
      complain(reason);
    },
  });
  state.link = view.link = link;
  link.express(manner());
  await audioContext().resume();
  view.remote = await link.open(track, stream, $('profile').value);
  $('face').srcObject = view.remote;
  await $('face').play();
}

function hangUp(name = 'idle', text = 'Ready') {
  silenceSources();
  state.link?.close();
  state.link = view.link = null;
  $('face').srcObject = null;
  showFigures({});
  show(name, text);
}

async function startMicrophone() {
  silenceSources();
  await talk(async () => {
    const stream = await openMicrophone();
    stream.getAudioTracks()[0].onended = () => {
      if (state.microphone !== stream) return;
      hangUp('failed', 'Not connected');
      complain('The microphone was unplugged or taken away.');
    };
    return { stream, microphone: true };
  });
}

async function startSample() {
  silenceSources();
  await talk(playSample);
}

function toggleMute() {
  state.muted = !state.muted;
  $('mute').setAttribute('aria-pressed', String(state.muted));
  $('mute').textContent = state.muted ? 'Muted' : 'Mute';
  view.local?.getAudioTracks().forEach((track) => { track.enabled = !state.muted; });
}

function toggleSound() {
  const off = !$('face').muted;
  $('face').muted = off;
  $('sound').setAttribute('aria-pressed', String(off));
  $('sound').textContent = off ? 'Sound off' : 'Sound on';
}

const manner = () => ({
  emotion: $('emotion').value,
  intensity: Number($('intensity').value),
  style: Number($('style').value),
});

async function fillProfiles() {
  try {
    const { profiles, default: standard, manner: first } = await (await reach('api/profiles')).json();
    $('profile').replaceChildren(...profiles.map(({ name }) => new Option(name, name)));
    $('profile').value = standard;
    for (const id of ['emotion', 'intensity', 'style']) $(id).value = first[id];
    helpProfile();
  } catch (error) {
    complain(explain(error));
  }
}

function helpProfile() {
  $('profile-help').textContent = PROFILE_HELP[$('profile').value] ?? '';
}

$('start').addEventListener('click', startMicrophone);
$('sample').addEventListener('click', startSample);
$('stop').addEventListener('click', () => { complain(''); hangUp(); });
$('mute').addEventListener('click', toggleMute);
$('sound').addEventListener('click', toggleSound);
$('profile').addEventListener('change', helpProfile);
for (const id of ['emotion', 'intensity', 'style']) {
  $(id).addEventListener('input', () => state.link?.express(manner()));
}
addEventListener('pagehide', () => state.link?.close());
show('idle', 'Ready');
fillProfiles();
