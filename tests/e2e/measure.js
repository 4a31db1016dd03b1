// Runs in the page: records loudness of the voice going up and coming back, and the mouth's pixels.
//
// One AudioWorklet hears both streams, so both loudness curves are on the same clock.
// Gives window.probe = {audio: [[s, up, back]], mouth: [[ms, share]], clock: [[ms, s]]}.
async (box) => {
  const probe = { audio: [], mouth: [], clock: [] };
  window.probe = probe;
  const code = `registerProcessor('levels', class extends AudioWorkletProcessor {
    constructor() { super(); this.n = 0; this.sums = [0, 0]; }
    process(inputs) {
      inputs.forEach((input, i) => { for (const x of input[0] ?? []) this.sums[i] += x * x; });
      if (++this.n === 2) {
        this.port.postMessage([currentTime, ...this.sums.map((s) => Math.sqrt(s / 256))]);
        this.n = 0; this.sums = [0, 0];
      }
      return true;
    }
  });`;
  const context = new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
  await context.resume();
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
  const node = new AudioWorkletNode(context, 'levels', { numberOfInputs: 2 });
  [elocute.local, elocute.remote].forEach((stream, index) => {
    context.createMediaStreamSource(new MediaStream(stream.getAudioTracks())).connect(node, 0, index);
  });
  node.port.onmessage = ({ data }) => {
    probe.audio.push(data);
    probe.clock.push([performance.now(), context.currentTime]);
  };

  const video = document.getElementById('face');
  const canvas = new OffscreenCanvas(box.width, box.height);
  const paint = canvas.getContext('2d', { willReadFrequently: true });
  const look = (now, frame) => {
    paint.drawImage(video, box.x, box.y, box.width, box.height, 0, 0, box.width, box.height);
    const { data } = paint.getImageData(0, 0, box.width, box.height);
    let open = 0; // neither skin nor lip: the dark of the mouth, or teeth, which are not red
    for (let i = 0; i < data.length; i += 4) {
      const [red, green, blue] = [data[i], data[i + 1], data[i + 2]];
      if (0.3 * red + 0.59 * green + 0.11 * blue < box.darkness || red - blue < (box.paleness ?? 25)) open += 1;
    }
    probe.mouth.push([frame.expectedDisplayTime, open / (box.width * box.height)]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}
