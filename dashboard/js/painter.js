/**
 * What is painted in which frame.
 *
 * What moves follows each change. A number that changes sixty times a second nobody reads, so those
 * that are watched change twenty times. The others take their turn four times a second, as many in
 * a frame as its time allows, so that not one frame pays for all.
 */

/** Three frames of sixty a second, and some less, or it would be now three and now four. */
const GLANCE_MS = 45;
/** How often widgets take their turn, and how often the ages move on when nothing comes. */
const ROUND_MS = 250;
/** A frame has 16 ms, and most of them are the browser's. */
const TURN_MS = 4;

/**
 * @template V
 * @typedef {{ render: (view: V) => void }} Widget
 */

/** @typedef {"frame" | "glance" | "round"} Pace */

/** @template V what is painted */
export class Painter {
  #now;
  /** @type {Widget<V>[]} */
  #moving;
  /** @type {Widget<V>[]} */
  #watched;
  /** @type {Turn<V>[]} */
  #turns = [];
  /** @type {Turn<V>[]} */
  #due = [];
  #painted_revision = NaN;
  #painted_ms = -Infinity;
  #round_ms = -Infinity;
  #glance_ms = -Infinity;
  #has_glance_due = false;

  /**
   * @param {() => number} now steady, ms
   * @param {{ frame?: Widget<V>[], glance?: Widget<V>[] }} [widgets] by their pace
   */
  constructor(now, { frame = [], glance = [] } = {}) {
    this.#now = now;
    this.#moving = frame;
    this.#watched = glance;
  }

  /**
   * @param {() => Widget<V>} make is called when it is the widget's first turn
   * @param {Pace} [pace]
   */
  add(make, pace = "round") {
    const turn = new Turn(make, (widget) => {
      if (pace === "frame") this.#moving.push(widget);
      else if (pace === "glance") this.#watched.push(widget);
      else this.#turns.push(turn);
    });
    this.#due.push(turn);
  }

  /** Somebody did something and waits to see it. */
  hurry() {
    this.#painted_ms = this.#round_ms = this.#glance_ms = -Infinity;
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
    this.#has_glance_due ||= is_news;
    const is_glance = this.#has_glance_due && now_ms - this.#glance_ms >= GLANCE_MS;
    if (!is_news && !is_glance && this.#due.length === 0) return;
    const view = look();
    if (is_news) {
      this.#painted_revision = revision;
      this.#painted_ms = now_ms;
      for (const widget of this.#moving) widget.render(view);
      this.#begin(now_ms);
    }
    if (is_glance) {
      this.#has_glance_due = false;
      this.#glance_ms = now_ms;
      for (const widget of this.#watched) widget.render(view);
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
