// The face in a small window above all others, whichever view is on.

/**
 * @param {HTMLButtonElement} button
 * @param {import('./stage.js').Stage} stage
 * @param {HTMLVideoElement} video shows the server's pictures
 * @param {(text: string) => void} complain
 */
export function pictureInPicture(button, stage, video, complain) {
  button.hidden = !document.pictureInPictureEnabled;
  const small = document.createElement('video'); // what is drawn here goes in as a stream
  small.muted = true;
  button.addEventListener('click', async () => {
    try {
      if (document.pictureInPictureElement) {
        await document.exitPictureInPicture();
      } else if (stage.mode === 'local') {
        small.srcObject = stage.canvas.captureStream();
        await small.play();
        await small.requestPictureInPicture();
      } else {
        await video.requestPictureInPicture();
      }
    } catch (error) {
      complain(`The small window cannot be opened now: ${error.message}`);
    }
  });
  for (const element of [small, video]) {
    element.addEventListener('enterpictureinpicture', () => button.setAttribute('aria-pressed', 'true'));
    element.addEventListener('leavepictureinpicture', () => button.setAttribute('aria-pressed', 'false'));
  }
  small.addEventListener('leavepictureinpicture', () => { small.srcObject = null; });
}
