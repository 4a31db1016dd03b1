// The page: microphone or sample up, face and delayed voice down.
//
// One RTCPeerConnection per talk. Voice and face come back in one MediaStream, so the browser
// plays them in sync; a face that is drawn here follows the voice. Query: ?raw=1 leaves the
// microphone's processing off (measurements), ?view=local begins with the face drawn here.

import { readBackground } from './backdrop.js';
import { BotVoice, readSpeech } from './bot.js';
import { Link } from './link.js';
import { Panel } from './panel.js';
import { pictureInPicture } from './pip.js';
import { RecordBox } from './record.js';
import { Service } from './service.js';
import { Speech } from './sources.js';
import { Stage } from './stage.js';
import { SyncPanel } from './syncpanel.js';
import { TextBox } from './text.js';
import { explain } from './words.js';

const $ = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);
// The page's address may end in #token=…: what follows # is sent to nobody, so no log has it.
const service = new Service('', new URLSearchParams(location.hash.slice(1)).get('token'));

const PROFILE_HELP = {
  ultra: 'Quickest answer: hears 80 ms ahead.',
  balanced: 'Good lips at a short delay: hears 120 ms ahead.',
  quality: 'Best lips: hears 320 ms ahead.',
};
const KEPT_MOTION = 3000;
const LOUD = 0.02;
const QUIET_AFTER_MS = 700;
const JAW = 17; // jawOpen
const OPEN = 0.06;

const state = { link: null, bot: null, avatar: undefined, spokeAt: 0, movedAt: 0 };

// For tests and the curious: what goes up, what comes down, and the newest motion.
const view = { motion: [], stats: null, cut: null, local: null, remote: null, link: null, stage: null };
window.elocute = view;

const panel = new Panel();
const syncPanel = new SyncPanel();
const speech = new Speech(service, (loudness) => {
  $('level').style.transform = `scaleX(${Math.min(1, loudness * 6).toFixed(2)})`;
  if (loudness > LOUD) state.spokeAt = performance.now();
  caption();
});
const stage = new Stage($('face'), $('drawn'), {
  onMode: showMode,
  onTrouble: complain,
  outputMs: () => speech.outputMs,
});
view.stage = stage;
const text = new TextBox($('say'), sayText);
const record = new RecordBox($('record-row'), $('recording'));

// ---------------------------------------------------------------- what is shown

function show(name, text) {
  document.body.dataset.state = name;
  $('badge').textContent = text;
  const on = name === 'live' || name === 'connecting' || name === 'reconnecting';
  $('stop').disabled = $('mute').disabled = $('push').disabled = !on;
  $('start').disabled = name === 'connecting' || (on && speech.live);
  $('sample').disabled = $('bot').disabled = $('speak').disabled = name === 'connecting';
  $('interrupt').disabled = name !== 'live';
  $('profile').disabled = $('avatar').disabled = on;
  record.during(on, on && name !== 'connecting');
  $('start').textContent = on && !speech.live ? 'Microphone' : 'Start';
  caption();
}

function showMode(mode) {
  for (const choice of document.getElementsByName('view')) choice.checked = choice.value === mode;
  document.body.dataset.view = mode;
}

// Seen, not announced: a screen reader would never be silent. What changes rarely is in the badge.
function caption() {
  const now = performance.now();
  const texts = {
    idle: '', failed: '', connecting: 'Connecting…', reconnecting: 'Reconnecting…',
    live: now - state.movedAt < QUIET_AFTER_MS ? 'Speaking'
      : state.bot ? 'Waiting for the bot'
      : !speech.open || !speech.stream ? 'Not listening'
        : now - state.spokeAt < QUIET_AFTER_MS ? 'Hearing you' : 'Listening',
  };
  const text = texts[document.body.dataset.state] ?? '';
  if ($('caption').textContent !== text) $('caption').textContent = text;
}

function complain(text) {
  $('error').textContent = text;
  $('error').hidden = !text;
}

// ---------------------------------------------------------------- talk

function live() {
  if (state.bot) return 'Live · bot';
  return speech.stream && !speech.live ? 'Live · sample' : 'Live';
}

/** @param {() => Promise<void | (() => void)>} openSource gives what begins the speech, if anything */
async function talk(openSource) {
  complain('');
  const fresh = !state.link;
  speech.silence();
  try {
    if (fresh) show('connecting', 'Connecting');
    const begin = await openSource();
    view.local = speech.stream;
    const track = speech.stream?.getAudioTracks()[0] ?? null;
    if (fresh) await connect(track);
    else await state.link.speak(track);
    begin?.();
    show('live', live());
  } catch (error) {
    if (error.name === 'AbortError') return; // stopped meanwhile
    hangUp('failed', 'Not connected');
    complain(explain(error));
  }
}

async function connect(track) {
  const link = new Link({
    onMotion: takeMotion,
    onSync: (message) => { if (state.link === link) syncPanel.found(message); },
    onSyncAction: (action) => { if (state.link === link) syncPanel.acted(action); },
    onStats: (stats) => stage.timing(stats.rtp_zero),
    onFigures: (figures) => {
      const shown = stage.figures();
      view.stats = { ...figures, stage: shown };
      panel.show(figures, shown);
    },
    onWay: (up) => {
      if (state.link === link) show(up ? 'live' : 'reconnecting', up ? live() : 'Reconnecting');
    },
    onRefused: complain,
    onGone: (reason) => {
      if (state.link !== link) return;
      hangUp('failed', 'Disconnected');
      complain(reason);
    },
  }, service);
  state.link = view.link = link;
  syncPanel.begin();
  link.express(manner());
  await speech.context.resume();
  view.remote = await link.open(track, $('profile').value, state.avatar, record.asked);
  await stage.attach(link, view.remote);
}

function takeMotion(message) {
  stage.motion(message);
  if (message.coefficients.some((row) => row[JAW] > OPEN)) state.movedAt = performance.now();
  view.motion.push({ ...message, at: performance.now() });
  if (view.motion.length > KEPT_MOTION) view.motion.splice(0, KEPT_MOTION / 2);
}

function hangUp(name = 'idle', text = 'Ready') {
  speech.silence();
  state.bot?.close();
  state.bot = null;
  state.link?.close();
  state.link = view.link = null;
  stage.detach();
  panel.clear();
  syncPanel.end();
  show(name, text);
}

const startMicrophone = () => talk(() => speech.openMicrophone(query.has('raw'), () => {
  hangUp('failed', 'Not connected');
  complain('The microphone was unplugged or taken away.');
}));

const startSample = () => talk(() => speech.openSample(() => {
  if (state.link && !speech.live) $('badge').textContent = 'Live · sample has ended';
}));

const sayFile = (file) => say(async () => {
  const pcm = await readSpeech(file);
  return (bot) => bot.say(pcm);
});

function sayText(words) { say(async () => (bot) => bot.sayText(words)); }

/**
 * Let the face say something in a bot's voice; the microphone is heard again afterwards.
 * @param {() => Promise<(bot: BotVoice) => Promise<string>>} prepare gives what the bot does
 */
async function say(prepare) {
  complain('');
  let bot = null;
  try {
    const speak = await prepare();
    if (!state.link) await talk(async () => {});
    if (document.body.dataset.state !== 'live') return;
    await state.bot?.close();
    if (!state.link) return;
    bot = state.bot = new BotVoice(service, state.link.session);
    show('live', live());
    await speak(bot);
  } catch (error) {
    if (error.name !== 'AbortError') complain(explain(error));
  }
  if (!bot || state.bot !== bot) return;
  await bot.close();
  if (state.bot !== bot) return;
  state.bot = null;
  if (state.link) show('live', live());
}

async function interrupt() {
  if (document.body.dataset.state !== 'live') return;
  try {
    const cut = await (state.bot ?? state.link).interrupt();
    view.cut = cut;
    $('cut').textContent = `Interrupted: mouth shut after ${Math.round(cut.ms_to_neutral)} ms.`;
  } catch (error) {
    if (error.name !== 'AbortError') complain(explain(error));
  }
}

// ---------------------------------------------------------------- controls

function pressed(id, on, text) {
  $(id).setAttribute('aria-pressed', String(on));
  if (text) $(id).textContent = text;
}

function toggleMute() {
  speech.muted = !speech.muted;
  pressed('mute', speech.muted, speech.muted ? 'Muted' : 'Mute');
}

function toggleSound() {
  const off = !$('face').muted;
  $('face').muted = off;
  pressed('sound', off, off ? 'Sound off' : 'Sound on');
}

function togglePush() {
  const on = $('push').getAttribute('aria-pressed') !== 'true';
  pressed('push', on);
  speech.push = on;
  $('hold').hidden = !on;
}

function hold(on) {
  speech.held = on;
  pressed('hold', on, on ? 'Let go to stop' : 'Hold to talk');
}

function connectHold() {
  const button = $('hold');
  const keys = (event) => event.key === ' ' || event.key === 'Enter';
  button.addEventListener('pointerdown', (event) => {
    button.setPointerCapture(event.pointerId);
    hold(true);
  });
  for (const name of ['pointerup', 'pointercancel', 'blur']) button.addEventListener(name, () => hold(false));
  button.addEventListener('keydown', (event) => { if (keys(event)) { event.preventDefault(); hold(true); } });
  button.addEventListener('keyup', (event) => { if (keys(event)) hold(false); });
}

const manner = () => ({
  emotion: $('emotion').value,
  intensity: Number($('intensity').value),
  style: Number($('style').value),
});

async function fillProfiles() {
  try {
    const { profiles, default: standard, manner: first, avatar, avatars, most_text: most, recording } = await (await service.reach('api/profiles')).json();
    text.offer(most);
    record.offer(recording);
    $('profile').replaceChildren(...profiles.map(({ name }) => new Option(name, name)));
    $('profile').value = standard;
    $('avatar').replaceChildren(...avatars.map((name) => new Option(name, name)));
    $('avatar').value = query.get('avatar') ?? avatar;
    takeAvatar();
    for (const id of ['emotion', 'intensity', 'style']) $(id).value = first[id];
    helpProfile();
  } catch (error) {
    complain(explain(error));
  }
}

// Another head: at once where it is drawn here, in video from the next talk on.
async function takeAvatar() {
  state.avatar = stage.avatar = $('avatar').value;
  if (stage.mode !== 'local') return;
  await stage.show('video');
  await stage.show('local');
}

function helpProfile() {
  $('profile-help').textContent = PROFILE_HELP[$('profile').value] ?? '';
}

$('start').addEventListener('click', startMicrophone);
$('sample').addEventListener('click', startSample);
$('stop').addEventListener('click', () => { complain(''); hangUp(); });
$('bot').addEventListener('click', () => $('file').click());
$('file').addEventListener('change', () => {
  const [file] = $('file').files;
  $('file').value = ''; // the same one may be chosen again
  if (file) sayFile(file);
});
$('interrupt').addEventListener('click', interrupt);
addEventListener('keydown', (event) => { if (event.key === 'Escape' && !event.repeat && !event.defaultPrevented) interrupt(); });
$('mute').addEventListener('click', toggleMute);
$('sound').addEventListener('click', toggleSound);
$('push').addEventListener('click', togglePush);
connectHold();
$('profile').addEventListener('change', helpProfile);
$('avatar').addEventListener('change', takeAvatar);
$('background').addEventListener('change', () => stage.setBackground(readBackground($('background').value)));
for (const choice of document.getElementsByName('view')) {
  choice.addEventListener('change', () => { complain(''); stage.show(choice.value); });
}
for (const id of ['emotion', 'intensity', 'style']) {
  $(id).addEventListener('input', () => state.link?.express(manner()));
}
pictureInPicture($('pip'), stage, $('face'), complain);
addEventListener('pagehide', () => state.link?.close());
show('idle', 'Ready');
showMode('video');
fillProfiles().then(() => { if (query.get('view') === 'local') stage.show('local'); });
