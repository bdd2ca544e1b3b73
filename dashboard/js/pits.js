/** Where the pits begin and end, by what the game says of the car. */

/** From pit entry to pit exit; a garage is in between. */
const IN_PITS = new Set(["entering", "stopped", "exiting", "garage"]);

/** @param {{ pit_state?: string | null }} car */
export function isInPits({ pit_state }) {
  return IN_PITS.has(pit_state ?? "");
}
