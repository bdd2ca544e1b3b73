/** The page's own clock. */

/** Shorter jumps of the wall clock are corrections; a longer one is a machine that slept. */
const JUMP_MS = 5000;

/**
 * A steady clock that goes on while the machine sleeps. `performance.now()` stands still then in
 * most browsers, and numbers of before would look young.
 * @param {() => number} steady ms
 * @param {() => number} wall ms since 1970
 * @returns {() => number}
 */
export function steadyClock(steady, wall) {
  let slept_ms = 0;
  let apart_ms = wall() - steady();
  return () => {
    const now_ms = steady();
    const jump_ms = wall() - now_ms - apart_ms;
    apart_ms += jump_ms;
    if (jump_ms > JUMP_MS) slept_ms += jump_ms;
    return now_ms + slept_ms;
  };
}
