/**
 * The shapes on the WebSocket, as `docs/protocol.md` fixes them, and those the page makes of them.
 *
 * Only types: this module has no code, so nothing imports it at run time.
 */

/**
 * @template T
 * @typedef {{ fl?: T | null, fr?: T | null, rl?: T | null, rr?: T | null }} Wheels
 */

/** @typedef {"fl" | "fr" | "rl" | "rr"} Corner */

/**
 * @typedef {object} Envelope
 * @property {number} v
 * @property {string} session_id
 * @property {string} monitor_id
 * @property {number} birth
 * @property {number} seq
 * @property {string} timestamp
 */

/**
 * Those fields of a telemetry frame that the page shows.
 * @typedef {object} Telemetry
 * @property {number | null} [lap]
 * @property {number | null} [fuel]
 * @property {number | null} [position]
 * @property {number | null} [class_position]
 * @property {number | null} [fuel_capacity]
 * @property {number | null} [virtual_energy]
 * @property {number | null} [lap_time]
 * @property {number | null} [last_lap_time]
 * @property {number | null} [best_lap_time]
 * @property {number | null} [delta_best]
 * @property {boolean | null} [lap_valid]
 * @property {number | null} [gap_ahead]
 * @property {number | null} [gap_behind]
 * @property {number | null} [gap_ahead_laps]
 * @property {number | null} [gap_behind_laps]
 * @property {number | null} [speed]
 * @property {number | null} [gear]
 * @property {number | null} [rpm]
 * @property {number | null} [throttle]
 * @property {number | null} [brake]
 * @property {number | null} [clutch]
 * @property {number | null} [steering]
 * @property {Wheels<number> | null} [tire_pressures]
 * @property {Wheels<number> | null} [tire_temps]
 * @property {Wheels<number> | null} [tire_wear]
 * @property {number | null} [tires_as_of_lap]
 * @property {Wheels<string> | null} [tire_compounds]
 * @property {Wheels<boolean> | null} [tire_flat]
 * @property {Wheels<number> | null} [brake_temps]
 * @property {number | null} [engine_water_temp]
 * @property {number | null} [engine_oil_temp]
 * @property {number | null} [brake_bias]
 * @property {number | null} [tc]
 * @property {number | null} [abs]
 * @property {number | null} [engine_map]
 * @property {boolean | null} [tc_active]
 * @property {boolean | null} [abs_active]
 * @property {boolean | null} [speed_limiter]
 * @property {string[] | null} [flags]
 * @property {string | null} [pit_state]
 * @property {number | null} [pit_stops]
 * @property {number | null} [penalties]
 * @property {string | null} [session_phase]
 * @property {number | null} [time_remaining]
 * @property {number | null} [laps_remaining]
 * @property {number | null} [stint_laps]
 * @property {number | null} [stint_time]
 * @property {number | null} [track_temp]
 * @property {number | null} [ambient_temp]
 * @property {number | null} [rain]
 * @property {number | null} [wetness]
 * @property {number | null} [wind_speed]
 */

/** @typedef {Envelope & { telemetry: Telemetry }} TelemetryMessage */

/** @typedef {"online" | "idle" | "offline" | "lost"} MonitorState */

/**
 * @typedef {object} StatusFields
 * @property {MonitorState} state
 * @property {boolean | null} [in_control]
 * @property {string | null} [driver]
 * @property {string | null} [source]
 */
/** @typedef {Envelope & StatusFields} StatusMessage */

/**
 * @typedef {object} Meta
 * @property {string | null} [car]
 * @property {string | null} [car_class]
 * @property {string | null} [car_number]
 * @property {string | null} [team]
 * @property {string | null} [track]
 * @property {string | null} [layout]
 * @property {string | null} [session_type]
 * @property {number | null} [race_laps]
 * @property {number | null} [fuel_capacity]
 * @property {number | null} [rpm_limit]
 */
/** @typedef {Envelope & Meta} MetaMessage */

/** @typedef {number | boolean | string} SettingValue */
/** @typedef {SettingValue | Wheels<SettingValue> | null} Setting */

/**
 * @typedef {object} SetupFields
 * @property {number} revision
 * @property {string} captured_at
 * @property {string | null} [name]
 * @property {Record<string, Record<string, Setting>>} setup
 */
/** @typedef {Envelope & SetupFields} SetupMessage */

/**
 * @typedef {object} LapSummary
 * @property {number} run
 * @property {number} lap
 * @property {string} finished_at
 * @property {number | null} [lap_time]
 * @property {number[] | null} [sector_times]
 * @property {string | null} [driver]
 * @property {string | null} [kind]
 * @property {boolean | null} [valid]
 * @property {boolean | null} [yellow]
 * @property {boolean | null} [complete]
 * @property {number | null} [fuel_used]
 * @property {number | null} [fuel_left]
 * @property {number | null} [fuel_added]
 * @property {Wheels<number> | null} [tire_wear]
 */
/** @typedef {Envelope & { lap_summary: LapSummary }} LapMessage */

/** @typedef {number | boolean | string | number[] | null} Cell */
/** @typedef {Envelope & { first: number, columns: string[], rows: Cell[][] }} LapsMessage */

/**
 * A message with the bridge's note of when it came and whether the broker replayed it.
 * @template {Envelope} T
 * @typedef {{ received_at: number, retained: boolean, data: T }} Arrival
 */

/**
 * @typedef {({ channel: "status", monitor_id: string } & Arrival<StatusMessage>)
 *   | ({ channel: "meta", monitor_id: string } & Arrival<MetaMessage>)
 *   | ({ channel: "setup", monitor_id: string } & Arrival<SetupMessage>)
 *   | ({ channel: "telemetry", monitor_id: string } & Arrival<TelemetryMessage>)
 *   | ({ channel: "lap", monitor_id: string } & Arrival<LapMessage>)
 *   | ({ channel: `laps/${number}`, monitor_id: string } & Arrival<LapsMessage>)} Value
 */

/**
 * @typedef {object} Snapshot
 * @property {"snapshot"} type
 * @property {string} session_id
 * @property {number} now
 * @property {{ connected: boolean }} upstream
 * @property {string | null} active
 * @property {Value[]} values
 */

/**
 * @typedef {Snapshot
 *   | ({ type: "status_update" } & Arrival<StatusMessage>)
 *   | ({ type: "meta_update" } & Arrival<MetaMessage>)
 *   | ({ type: "setup_update" } & Arrival<SetupMessage>)
 *   | ({ type: "telemetry_update" } & Arrival<TelemetryMessage>)
 *   | ({ type: "lap_update" } & Arrival<LapMessage>)
 *   | ({ type: "laps_update" } & Arrival<LapsMessage>)
 *   | { type: "upstream", connected: boolean, since: number }
 *   | { type: "active", session_id: string, monitor_id: string | null }
 *   | { type: "removed", session_id: string, channel: string, monitor_id: string }
 *   | { type: "heartbeat", session_id: string | null, t: number, lost: number, received: number }
 *   | { type: "pong", t: number }
 *   | { type: "error", code: number, message: string, ref: string }} BridgeFrame
 */

/**
 * One lap of the car, whichever monitor counted it.
 * @typedef {object} LapRow
 * @property {string} monitor_id
 * @property {number} run
 * @property {number} lap
 * @property {string} finished_at
 * @property {number | null} lap_time
 * @property {number[]} sector_times
 * @property {string | null} driver
 * @property {string | null} kind
 * @property {boolean | null} valid
 * @property {boolean | null} yellow
 * @property {boolean | null} complete
 * @property {number | null} fuel_used
 * @property {number | null} fuel_left
 * @property {number | null} fuel_added
 * @property {number | null} wear_max
 */

/** @typedef {"connecting" | "connected" | "lost"} LinkState */
/** @typedef {"connecting" | "waiting" | "live" | "stale" | "disconnected"} PageState */
/** @typedef {"calm" | "info" | "warn" | "bad" | "yellow" | "blue"} Level */
/** @typedef {{ level: Level, text: string }} Notice */
/** @typedef {{ id: string, name: string, state: MonitorState | null }} OtherMonitor */
/** @typedef {{ ms: number, is_estimate: boolean }} Age */

/**
 * @typedef {object} FuelView
 * @property {number | null} fuel
 * @property {number | null} percent
 * @property {number | null} use
 * @property {number | null} laps_left
 * @property {number} learned_from
 */

/**
 * @typedef {object} Units
 * @property {"L" | "gal"} fuel
 * @property {"kPa" | "bar" | "psi"} pressure
 * @property {"C" | "F"} temperature
 * @property {"kmh" | "mph"} speed
 */

/**
 * All that the widgets paint: values of one monitor, and the laps of the car.
 * @typedef {object} View
 * @property {PageState} state
 * @property {string} connection
 * @property {Age | null} age
 * @property {string | null} monitor_id
 * @property {MonitorState | null} monitor_state
 * @property {boolean} has_broker
 * @property {Notice[]} notices
 * @property {OtherMonitor[]} others
 * @property {string | null} driver
 * @property {Telemetry} telemetry
 * @property {Meta} meta
 * @property {SetupMessage | null} setup
 * @property {LapRow[]} laps
 * @property {number | null} best_lap_time
 * @property {FuelView} fuel
 * @property {Units} units
 */

export {};
