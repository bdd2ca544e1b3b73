import assert from "node:assert/strict";
import { test } from "node:test";

import { csv, lapsCsv, telemetryCsv, tracesCsv } from "../../dashboard/js/csv.js";
import { LapTraces } from "../../dashboard/js/lap_trace.js";
import { drive, LAP_S, META } from "./driving.js";
import { row } from "./messages.js";

/** @import { CsvCell } from "../../dashboard/js/csv.js" */
/** @import { LapRow } from "../../dashboard/js/types.js" */

/** @type {[string, CsvCell, string][]} */
const CELLS = [
  ["a whole number", 12, "12"],
  ["a negative number is no formula", -3.5, "-3.5"],
  ["a float's noise is cut off", 0.1 + 0.2, "0.3"],
  ["a tiny number has no exponent", 1e-9, "0"],
  ["a small one neither", 0.000012, "0.000012"],
  ["no minus on nothing", -0, "0"],
  ["unknown", null, ""],
  ["absent", undefined, ""],
  ["not a number", NaN, ""],
  ["endless", Infinity, ""],
  ["yes", true, "true"],
  ["no", false, "false"],
  ["plain text", "Driver One", "Driver One"],
  ["text with a comma", "Doe, Jo", '"Doe, Jo"'],
  ["text with quotes", 'Jo "Speedy" Doe', '"Jo ""Speedy"" Doe"'],
  ["text with a line break", "Jo\nDoe", '"Jo\nDoe"'],
  ["text with a return", "Jo\rDoe", '"Jo\rDoe"'],
  ["other scripts", "Ñandú 小林", "Ñandú 小林"],
  ["text that begins with =", '=HYPERLINK("x")', `"'=HYPERLINK(""x"")"`],
  ["with +", "+1", "'+1"],
  ["with -", "-1", "'-1"],
  ["with @", "@SUM(A1)", "'@SUM(A1)"],
  ["with a tab", "\t=1", "'\t=1"],
  ["with a return", "\r=1", `"'\r=1"`],
  ["with it farther on", "a=1", "a=1"],
];

for (const [name, cell, expected] of CELLS) {
  test(`cell: ${name}`, () => {
    assert.equal(csv(["name"], [[cell]]), `name\r\n${expected}\r\n`);
  });
}

test("a header is text like any other", () => {
  assert.equal(csv(["=a", "b,c"], []), `'=a,"b,c"\r\n`);
});

const LAP_HEADER =
  "monitor_id,run,lap,finished_at,driver,stint,stint_lap,kind,valid,yellow,complete,lap_time_s," +
  "position,class_position,fuel_used_l,fuel_left_l,fuel_added_l,energy_used_pct,energy_left_pct," +
  "compound,wear_fl_pct,wear_fr_pct,wear_rl_pct,wear_rr_pct,wear_max_pct,track_temp_c,wetness_pct";

/** @type {[string, LapRow[], string[]][]} */
const LAPS = [
  ["no laps are a header", [], [LAP_HEADER]],
  [
    "a lap with all that is known of it",
    [{
      ...row({ lap: 167, run: 3, lap_time: 139.482, fuel_used: 3.02 }),
      sector_times: [42.301, 55.127, 42.054],
      stint: 3, stint_lap: 15, energy_used: 3.4, energy_left: 49, compound: "medium", position: 12,
      class_position: 3, track_temp: 33.9, wetness: 0,
      tire_wear: { fl: 20.9, fr: 23.3, rl: 18.4, rr: 19.6 }, wear_max: 23.3,
    }],
    [
      `${LAP_HEADER},sector_1_s,sector_2_s,sector_3_s`,
      "pc-a,3,167,2026-06-13T18:42:00.000Z,Driver One,3,15,flying,true,false,true,139.482,12,3," +
        "3.02,50,0,3.4,49,medium,20.9,23.3,18.4,19.6,23.3,33.9,0,42.301,55.127,42.054",
    ],
  ],
  [
    "what is unknown is empty, and rows are of one width",
    [
      {
        ...row({ driver: null, kind: null, valid: null, lap_time: null, wear_max: null }),
        sector_times: [40],
      },
      row({ lap: 2, driver: "=cmd|' /C calc'!A0", sector_times: [40, 60] }),
    ],
    [
      `${LAP_HEADER},sector_1_s,sector_2_s`,
      "pc-a,1,1,2026-06-13T18:42:00.000Z,,,,,,false,true,,,,3,50,0,,,,,,,,,,,40,",
      "pc-a,1,2,2026-06-13T18:42:00.000Z,'=cmd|' /C calc'!A0,,,flying,true,false,true,100,,," +
        "3,50,0,,,,,,,,10,,,40,60",
    ],
  ],
];

for (const [name, rows, expected] of LAPS) {
  test(name, () => {
    assert.equal(lapsCsv(rows), `${expected.join("\r\n")}\r\n`);
  });
}

test("recorded telemetry has its units in the header and its time from the first sample", () => {
  const text = telemetryCsv(Float64Array.of(100.5, 101, 101.25, 102), [
    { name: "speed", values: Float64Array.of(200, 210.5, NaN, 220) },
    { name: "tire_temps_fl", values: [80, null, null, 81] },
    { name: "rpm", values: [7000, null, null, 7100] },
    { name: "gear", values: [5, 5, null, 6] },
    { name: "extra", values: [] },
  ]);

  assert.equal(
    text,
    "time_s,speed_kmh,tire_temps_fl_c,rpm,gear,extra\r\n" +
      "0,200,80,7000,5,\r\n" +
      "0.5,210.5,,,5,\r\n" +
      "1.5,220,81,7100,6,\r\n",
  );
});

test("traces stand side by side along the longest", () => {
  const traces = new LapTraces();
  const driven = drive({ paces: [1, 1, 1.01, 1], hz: 10 });
  const until = driven.filter(({ frame }) => (frame.lap ?? 0) < 4 || (frame.lap_time ?? 0) < 10);
  for (const { at_ms, frame } of until) traces.take(at_ms, "pc-a", frame, META);

  const lines = tracesCsv(traces).split("\r\n");

  assert.equal(lines[0], "lap_distance_m,current_s,last_s,best_s");
  assert.equal(lines[1], "0,0,0,0");
  assert.equal(lines.length, 1 + 401 + 1);
  const end = lines[401]?.split(",") ?? [];
  assert.deepEqual(end.slice(0, 2), ["4000", ""]);
  assert(Math.abs(Number(end[2]) - 1.01 * LAP_S) < 0.001);
  assert(Math.abs(Number(end[3]) - LAP_S) < 0.001);
});

test("without traces there is a header", () => {
  const text = tracesCsv({ current: null, last: null, best: null });

  assert.equal(text, "lap_distance_m,current_s,last_s,best_s\r\n");
});
