/** How far the tanks go, in words. Pure. */

/** @import { Reach, Tank } from "../energy.js" */
/** @import { Outlook } from "../outlook.js" */
/** @import { RaceEnd } from "../race_end.js" */
/** @import { Need, ToFlag } from "../to_flag.js" */
/** @import { Units } from "../types.js" */

import { fuel, number, unitName } from "../format.js";
import { say, sayCount } from "../say.js";
import { PHRASES, REACH } from "../words.js";
import { aboutText } from "./phrases.js";

/** @type {ReadonlyMap<string, string>} */
const NO_STOP = new Map(Object.entries(REACH.no_stop));

/**
 * Named only where another could.
 * @param {Pick<Reach, "energy" | "limiting">} reach
 */
export function endsFirstText({ energy, limiting }) {
  if (energy === null || limiting === null) return "";
  return limiting === "fuel" ? REACH.fuel_first : REACH.energy_first;
}

/**
 * Whether the tanks reach the flag.
 * @param {Pick<Outlook, "reach" | "end" | "to_flag">} outlook
 * @param {Units} units
 */
export function verdictText({ reach, end, to_flag }, units) {
  const { reaches_flag } = to_flag;
  if (end.reason !== null) return REACH.no_end[end.reason];
  if (reaches_flag === null) return REACH.lacks[reach.reason ?? "no data"];
  if (!reaches_flag) return say(REACH.not, { missing: missingText(reach, to_flag, units) });
  const is_short = [to_flag.fuel, to_flag.energy].some((need) => (need?.over_spare ?? 0) < 0);
  return is_short ? REACH.just : REACH.reaches;
}

/**
 * The laps at whose end the car can stop, if one stop is enough.
 * @param {Pick<ToFlag, "pit_by" | "pit_from">} to_flag
 */
export function boxText({ pit_by: by, pit_from: from }) {
  if (by.lap === null) return NO_STOP.get(by.reason) ?? "";
  const lap = number(by.lap);
  if (from.lap === null) return say(REACH.box_by, { lap });
  if (from.lap > by.lap) return say(REACH.box_by_not_enough, { lap });
  if (from.lap === by.lap) return say(REACH.box_on, { lap });
  return say(REACH.box_from, { from: number(from.lap), to: lap });
}

/**
 * When the race ends for this car.
 * @param {RaceEnd} end
 */
export function endText({ final_lap, laps_to_go, is_close, estimated }) {
  if (final_lap === null || laps_to_go === null) return "";
  const laps = sayCount(REACH.to_go, number(laps_to_go, 1));
  return say(is_close ? REACH.end_close : REACH.end, {
    to_go: estimated ? aboutText(laps) : laps,
    lap: number(final_lap),
  });
}

/**
 * What is missing or, where no tank holds it, how many stops.
 * @param {Pick<Reach, "fuel" | "energy">} reach
 * @param {Pick<ToFlag, "fuel" | "energy">} to_flag
 * @param {Units} units
 */
function missingText(reach, to_flag, units) {
  const litres = missing(to_flag.fuel);
  const energy = missing(to_flag.energy);
  const stops = Math.max(tanksOf(litres, reach.fuel), tanksOf(energy, reach.energy));
  if (stops > 1) return sayCount(REACH.stops, number(stops));
  const of_fuel = `${fuel(litres, units)} ${unitName(units, "fuel")}`;
  const of_energy = say(REACH.energy, { percent: number(energy, 1) });
  if (energy <= 0) return say(REACH.missing, { amounts: of_fuel });
  if (litres <= 0) return say(REACH.missing, { amounts: of_energy });
  return say(REACH.missing, { amounts: say(PHRASES.both, { first: of_fuel, second: of_energy }) });
}

/** @param {Need | null} need */
function missing(need) {
  return Math.max(0, -(need?.over ?? 0));
}

/**
 * How many full tanks an amount is.
 * @param {number} amount
 * @param {Tank | null} tank
 */
function tanksOf(amount, tank) {
  const full = tank?.full ?? null;
  return full === null ? 0 : Math.ceil(amount / full);
}
