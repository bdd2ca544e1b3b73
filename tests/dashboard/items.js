/** A browser's storage for the tests. */

/** @param {Record<string, string>} [stored] */
export function items(stored = {}) {
  const texts = new Map(Object.entries(stored));
  const storage = {
    getItem: (/** @type {string} */ key) => texts.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ text) => void texts.set(key, text),
  };
  return () => storage;
}

/**
 * As a private window does.
 * @returns {never}
 */
export function refusing() {
  throw new Error("refused");
}
