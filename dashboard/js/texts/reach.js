/** How far the tanks go, in words. Pure. */

/** @import { Lack, Reach, Tank } from "../energy.js" */
/** @import { Outlook } from "../outlook.js" */
/** @import { NoEnd, RaceEnd } from "../race_end.js" */
/** @import { Need, NoStop, ToFlag } from "../to_flag.js" */
/** @import { Units } from "../types.js" */

import { fuel, number, unitName } from "../format.js";
import { aboutText } from "./words.js";

/** @type {Record<NoEnd, string>} */
const NO_END = {
  "no race": "No race: no flag to reach",
  "not started": "The race has not started",
  over: "The race is over",
  "no lap": "Laps to go unknown: no lap number",
  "no end": "Laps to go unknown: no race length",
  learning: "Laps to go unknown: learning the pace",
};

/** @type {Record<Lack, string>} */
const LACKS = {
  learning: "learning the use",
  "no data": "the source does not tell",
  "no use": "no use",
};

/** @type {Partial<Record<NoStop, string>>} */
const NO_STOP = {
  "reaches flag": "No stop needed",
  "in pits": "In the pits",
  "too late": "Box: too late, it ends on the way",
};

/**
 * Named only where another could.
 * @param {Pick<Reach, "energy" | "limiting">} reach
 */
export function endsFirstText({ energy, limiting }) {
  if (energy === null || limiting === null) return "";
  return limiting === "fuel" ? "Fuel ends first" : "Virtual energy ends first";
}

/**
 * Whether the tanks reach the flag.
 * @param {Pick<Outlook, "reach" | "end" | "to_flag">} outlook
 * @param {Units} units
 */
export function verdictText({ reach, end, to_flag }, units) {
  const { reaches_flag } = to_flag;
  if (end.reason !== null) return NO_END[end.reason];
  if (reaches_flag === null) return `To the flag: ${LACKS[reach.reason ?? "no data"]}`;
  if (!reaches_flag) return `Does not reach the flag: ${missingText(reach, to_flag, units)}`;
  const is_short = [to_flag.fuel, to_flag.energy].some((need) => (need?.over_spare ?? 0) < 0);
  return is_short ? "Reaches the flag, but not one lap more" : "Reaches the flag, with a lap to spare";
}

/**
 * The laps at whose end the car can stop, if one stop is enough.
 * @param {Pick<ToFlag, "pit_by" | "pit_from">} to_flag
 */
export function boxText({ pit_by: by, pit_from: from }) {
  if (by.lap === null) return NO_STOP[by.reason] ?? "";
  if (from.lap === null) return `Box: by lap ${number(by.lap)}`;
  if (from.lap > by.lap) return `Box: by lap ${number(by.lap)}, one stop is not enough`;
  return from.lap === by.lap
    ? `Box: lap ${number(by.lap)}`
    : `Box: lap ${number(from.lap)} to ${number(by.lap)}`;
}

/**
 * When the race ends for this car.
 * @param {RaceEnd} end
 */
export function endText({ final_lap, laps_to_go, is_close, estimated }) {
  if (final_lap === null || laps_to_go === null) return "";
  const laps = number(laps_to_go, 1);
  const more = is_close ? ", perhaps one more" : "";
  return `${estimated ? aboutText(laps) : laps} laps to go, flag on lap ${number(final_lap)}${more}`;
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
  if (stops > 1) return `${number(stops)} stops at least`;
  const parts = [];
  if (litres > 0) parts.push(`${fuel(litres, units)} ${unitName(units, "fuel")}`);
  if (energy > 0) parts.push(`${number(energy, 1)} % energy`);
  return `${parts.join(" and ")} missing`;
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
