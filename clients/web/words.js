// What the page says when something is wrong.

import { RefusedError } from './service.js';

const TEXTS = {
  NotAllowedError: 'The microphone was not allowed. Allow it in the address bar, then press Start — or play the sample.',
  NotFoundError: 'No microphone was found. Plug one in, or play the sample.',
  NotReadableError: 'The microphone is in use by another program.',
  EncodingError: 'This sound could not be read: the browser does not know its format.',
};

/** An error as a text for a person. @param {Error} error */
export function explain(error) {
  if (error instanceof RefusedError) return error.message;
  return TEXTS[error.name] ?? `Something went wrong: ${error.message}`;
}
