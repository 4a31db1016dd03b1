// Whether a call is recorded: asked beforehand, told while it is; only where the server records.

/** A box that asks for a recording, and a sign that there is one. */
export class RecordBox {
  #row;
  #box;
  #sign;
  #everyone = false;

  /**
   * @param {HTMLElement} row with a checkbox, the text beside it and a paragraph that says what is kept
   * @param {HTMLElement} sign what is shown, and read out, while a call is recorded
   */
  constructor(row, sign) {
    this.#row = row;
    this.#box = row.querySelector('input');
    this.#sign = sign;
  }

  /** Whether the next call is to ask for a recording. */
  get asked() { return this.#box.checked && !this.#everyone; }

  /** Show it, or hide it where nothing is recorded. @param {{ everyone: boolean, longest_s: number } | null} offered */
  offer(offered) {
    this.#row.hidden = !offered;
    this.#everyone = Boolean(offered?.everyone);
    this.#box.checked = this.#box.disabled = this.#everyone;
    if (!offered) return;
    this.#row.querySelector('span').textContent = this.#everyone ? 'Every call is recorded here' : 'Record this call';
    this.#row.querySelector('p').textContent = `Your voice and how the face moved, at most ${words(offered.longest_s)} `
      + 'of it, go into a file on the server and stay there until whoever runs it deletes them.';
  }

  /**
   * A call begins or is over: it is recorded from its beginning or not at all.
   * @param {boolean} begun
   * @param {boolean} open whether the server has taken it
   */
  during(begun, open) {
    this.#box.disabled = begun || this.#everyone;
    const told = open && this.#box.checked ? 'Recording' : '';
    if (this.#sign.textContent !== told) this.#sign.textContent = told;
  }
}

function words(seconds) {
  const [count, unit] = seconds < 120 ? [seconds, 'second'] : seconds < 7200 ? [seconds / 60, 'minute'] : [seconds / 3600, 'hour'];
  const whole = Math.ceil(count);
  return `${whole} ${unit}${whole === 1 ? '' : 's'}`;
}
