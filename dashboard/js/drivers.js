/** How long each driver has driven, and what the crew's rules leave. */

/** @import { CarLap, Seat, Sum } from "./stint.js" */

import { known } from "./race_progress.js";
import { added, isOther, timeOf } from "./stint.js";

/**
 * What the crew's rules say of each driver, in s; null is no rule.
 * @typedef {object} Rules
 * @property {number | null} min_total
 * @property {number | null} max_total
 * @property {number | null} max_continuous
 */

/**
 * @typedef {object} DriverTime
 * @property {string} driver
 * @property {boolean} is_driving
 * @property {number} laps completed in this run
 * @property {number} time_s driven in this run
 * @property {number} continuous_s since the driver got in; 0 for who is not in the car
 * @property {number | null} may_s what a rule leaves, below 0 when it is broken; null without one
 * @property {number | null} must_s what a rule still asks for; null without one
 * @property {boolean} estimated whether a lap has no time or driver, or was shared by two
 */

/** @typedef {Pick<CarLap, "driver" | "monitor_id" | "run"> & Sum} Driven a lap */

/**
 * The drivers that `meta` names, that monitors name and that drove. What telemetry says of the
 * time on its own monitor wins over that monitor's laps.
 * @param {CarLap[]} run oldest first
 * @param {Seat[]} seats
 * @param {Readonly<Rules>} rules
 * @param {readonly unknown[] | null} [entered]
 * @returns {DriverTime[]}
 */
export function driversOf(run, seats, rules, entered) {
  const laps = run.map((row, index) => ({ ...row, ...timeOf(row, run[index - 1]) }));
  const active = seats.find((seat) => seat.is_active) ?? null;
  const is_nameless = laps.some((lap) => !lap.driver);
  return namesOf(run, seats, entered ?? []).map((driver) => {
    const seat = active?.driver === driver ? active : null;
    const total = totalOf(driver, laps, seats);
    const at_once = seat === null ? null : sinceSwap(laps, seat);
    const continuous_s = Math.min(at_once?.time_s ?? 0, total.time_s);
    return {
      driver,
      is_driving: seat !== null,
      laps: laps.filter((lap) => lap.driver === driver).length,
      time_s: total.time_s,
      continuous_s,
      may_s: mayDrive(rules, total.time_s, continuous_s, seat),
      must_s: rules.min_total === null ? null : Math.max(0, rules.min_total - total.time_s),
      estimated: is_nameless || total.estimated || at_once?.estimated === true,
    };
  });
}

/**
 * @param {CarLap[]} run
 * @param {Seat[]} seats
 * @param {readonly unknown[]} entered
 */
function namesOf(run, seats, entered) {
  const driven = run.map((row) => row.driver);
  const names = [...entered, ...seats.map((seat) => seat.driver), ...driven];
  return [...new Set(names.flatMap((name) => (typeof name === "string" && name ? name : [])))];
}

/**
 * @param {string} driver
 * @param {Driven[]} laps of the car
 * @param {Seat[]} seats
 * @returns {Sum}
 */
function totalOf(driver, laps, seats) {
  const driven = laps.filter((lap) => lap.driver === driver);
  const seated = seats.filter((seat) => seat.driver === driver);
  const monitors = new Set([...seated, ...driven].map(({ monitor_id }) => monitor_id));
  const sums = [...monitors].map((id) => {
    const seat = seated.find((each) => each.monitor_id === id) ?? null;
    const there = driven.filter((lap) => lap.monitor_id === id);
    return timeOn(there, seat, laps.at(-1));
  });
  return added(sums);
}

/**
 * The time of a driver on one monitor.
 * @param {Driven[]} laps of both
 * @param {Seat | null} seat
 * @param {Driven | undefined} newest lap of the car
 * @returns {Sum}
 */
function timeOn(laps, seat, newest) {
  if (seat === null) return added(laps);
  const said = known(seat.telemetry.drive_time);
  // The last frame of a monitor without the car may be of a run that is over.
  const last = laps.at(-1);
  const is_of_run = seat.is_active || (last !== undefined && last.run === seat.telemetry.run);
  if (said !== null && is_of_run) return { time_s: said, estimated: false };
  return added(seat.is_active ? [...laps, openLap(seat, newest)] : laps);
}

/**
 * The time since the driver of a seat got in.
 * @param {Driven[]} laps of the car
 * @param {Seat} seat
 * @returns {Sum}
 */
function sinceSwap(laps, seat) {
  const other = laps.findLastIndex(({ driver }) => driver !== seat.driver);
  return added([...laps.slice(other + 1), openLap(seat, laps.at(-1))]);
}

/**
 * What the driver of a seat has driven of the lap that is not over.
 * @param {Seat} seat
 * @param {Driven | undefined} newest lap of the car
 * @returns {Sum}
 */
function openLap({ driver, telemetry }, newest) {
  const [lap_time, stint_time] = [known(telemetry.lap_time), known(telemetry.stint_time)];
  if (lap_time === null) return { time_s: 0, estimated: true };
  const is_shared = isOther(driver, newest?.driver ?? null);
  if (!is_shared) return { time_s: lap_time, estimated: false };
  return { time_s: Math.min(lap_time, stint_time ?? Infinity), estimated: stint_time === null };
}

/**
 * @param {Readonly<Rules>} rules
 * @param {number} total_s
 * @param {number} continuous_s
 * @param {Seat | null} seat
 */
function mayDrive({ max_total, max_continuous }, total_s, continuous_s, seat) {
  const said = known(seat?.telemetry.drive_time_remaining);
  const left_s = said ?? (max_total === null ? Infinity : max_total - total_s);
  const at_once_s = max_continuous === null ? Infinity : max_continuous - continuous_s;
  const may_s = Math.min(left_s, at_once_s);
  return may_s === Infinity ? null : may_s;
}
