/**
 * What is painted in which frame.
 *
 * Quick widgets follow each change. The others take their turn four times a second, as many in a
 * frame as its time allows, so that neither a number that nobody can read changes sixty times a
 * second nor one frame pays for all.
 */

/** How often widgets take their turn, and how often the ages move on when nothing comes. */
const ROUND_MS = 250;
/** A frame has 16 ms, and most of them are the browser's. */
const TURN_MS = 4;

/**
 * @template V
 * @typedef {{ render: (view: V) => void }} Widget
 */

/** @template V what is painted */
export class Painter {
  #now;
  /** @type {Widget<V>[]} */
  #quick;
  /** @type {Turn<V>[]} */
  #turns = [];
  /** @type {Turn<V>[]} */
  #due = [];
  #painted_revision = NaN;
  #painted_ms = -Infinity;
  #round_ms = -Infinity;

  /**
   * @param {Widget<V>[]} quick
   * @param {() => number} now steady, ms
   */
  constructor(quick, now) {
    this.#quick = quick;
    this.#now = now;
  }

  /**
   * @param {() => Widget<V>} make is called when it is the widget's first turn
   * @param {{ is_quick?: boolean }} [how]
   */
  add(make, { is_quick = false } = {}) {
    const turn = new Turn(make, (widget) => {
      if (is_quick) this.#quick.push(widget);
      else this.#turns.push(turn);
    });
    this.#due.push(turn);
  }

  /** Somebody did something and waits to see it. */
  hurry() {
    this.#painted_ms = this.#round_ms = -Infinity;
  }

  /**
   * @param {number} revision of what there is to paint
   * @param {() => V} look
   * @param {number} [turn_ms] what the turns may take of the frame
   */
  frame(revision, look, turn_ms = TURN_MS) {
    const now_ms = this.#now();
    const is_news =
      revision !== this.#painted_revision || now_ms - this.#painted_ms >= ROUND_MS;
    if (!is_news && this.#due.length === 0) return;
    const view = look();
    if (is_news) {
      this.#painted_revision = revision;
      this.#painted_ms = now_ms;
      for (const widget of this.#quick) widget.render(view);
      this.#begin(now_ms);
    }
    this.#take(view, now_ms + turn_ms);
  }

  /** @param {number} now_ms */
  #begin(now_ms) {
    if (now_ms - this.#round_ms < ROUND_MS) return;
    this.#round_ms = now_ms;
    this.#due.push(...this.#turns.filter((turn) => !this.#due.includes(turn)));
  }

  /**
   * @param {V} view
   * @param {number} until_ms
   */
  #take(view, until_ms) {
    for (;;) {
      const turn = this.#due.shift();
      if (turn === undefined) return;
      const is_first = turn.render(view);
      if (this.#now() >= until_ms) return;
      // Its section is laid out in this frame, which is as much again.
      if (is_first && until_ms !== Infinity) return;
    }
  }
}

/**
 * A widget that is made when it is first painted.
 * @template V
 */
class Turn {
  /** @type {Widget<V> | null} */
  #widget = null;
  #make;
  #onMade;

  /**
   * @param {() => Widget<V>} make
   * @param {(widget: Widget<V>) => void} onMade
   */
  constructor(make, onMade) {
    this.#make = make;
    this.#onMade = onMade;
  }

  /**
   * @param {V} view
   * @returns {boolean} whether the widget was made for it
   */
  render(view) {
    const is_first = this.#widget === null;
    if (this.#widget === null) {
      this.#widget = this.#make();
      this.#onMade(this.#widget);
    }
    this.#widget.render(view);
    return is_first;
  }
}
