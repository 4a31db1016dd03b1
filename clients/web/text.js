// The box for text that the server's own voice says, shown only where the server has one.

/** A form with one textarea and a button; Ctrl+Enter in the text is the button. */
export class TextBox {
  #form;
  #text;

  /**
   * @param {HTMLFormElement} form
   * @param {(text: string) => void} say
   */
  constructor(form, say) {
    this.#form = form;
    this.#text = form.querySelector('textarea');
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (this.#text.value.trim()) say(this.#text.value);
      else this.#text.focus();
    });
    this.#text.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
  }

  /** Show it, or hide it where nothing can be said. @param {number} most characters the server takes */
  offer(most) {
    this.#form.hidden = !most;
    this.#text.maxLength = most || 0;
  }
}
