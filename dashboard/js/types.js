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

/** @typedef {import("./fields.js").Telemetry} Telemetry */

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

/** @typedef {import("./fields.js").Meta} Meta */
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

/** @typedef {import("./fields.js").LapSummary} LapSummary */
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
 * What a browser kept of a session: its values, each with when it came, ms since 1970.
 * @typedef {{ active: string | null, values: { at: number, value: Value }[] }} Kept
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
 * @property {number | null} energy_used
 * @property {number | null} energy_left
 * @property {Wheels<number> | null} tire_wear
 * @property {number | null} wear_max of the most worn tyre
 * @property {string | null} compound
 * @property {number | null} stint
 * @property {number | null} stint_lap
 * @property {number | null} position
 * @property {number | null} class_position
 * @property {number | null} track_temp
 * @property {number | null} wetness
 */

/** @typedef {"connecting" | "connected" | "lost"} LinkState */
/** @typedef {"connecting" | "waiting" | "live" | "stale" | "disconnected"} PageState */
/** @typedef {"calm" | "info" | "warn" | "bad" | "yellow" | "blue"} Level */
/** @typedef {{ level: Level, text: string, of: "car" | "service" }} Notice */
/** @typedef {{ id: string, name: string, state: MonitorState | null }} OtherMonitor */
/** @typedef {{ ms: number, is_estimate: boolean }} Age */

/** @typedef {"good" | "fair" | "poor" | "unknown"} QualityLevel */
/** @typedef {{ p50_ms: number, p95_ms: number, count: number }} Spread */
/**
 * How good the way from the car to this page was in the last minute.
 * @typedef {object} Quality
 * @property {QualityLevel} level
 * @property {Spread | null} round_trip of a `ping`
 * @property {Spread | null} age of telemetry as it comes
 * @property {{ lost: number, sent: number } | null} loss between monitors and bridge
 * @property {number | null} monitor_ahead_ms of the bridge's clock; null while that is not known
 * @property {boolean} is_age_partial whether the monitor's clock is off, so that ages leave out
 *   what even its fastest message took
 * @property {number | null} device_ahead_ms of the bridge's clock; null while that is not known
 */

/**
 * That fewer frames are sent here than there are.
 * @typedef {object} Limited
 * @property {number} max_hz
 * @property {"asked" | "too slow"} reason
 */

/**
 * @typedef {object} Units
 * @property {"L" | "gal"} fuel
 * @property {"kPa" | "bar" | "psi"} pressure
 * @property {"C" | "F"} temperature
 * @property {"kmh" | "mph"} speed
 */

/**
 * What is known of the session without computing anything.
 * @typedef {object} Picture
 * @property {PageState} state
 * @property {string} connection
 * @property {Age | null} age
 * @property {string | null} monitor_id
 * @property {MonitorState | null} monitor_state
 * @property {boolean} is_heard whether what monitors say would come here
 * @property {boolean} has_broker
 * @property {{ at: number, age_ms: number } | null} kept what is shown is what this browser kept
 * @property {Quality} quality
 * @property {Limited | null} limited
 * @property {Notice[]} notices
 * @property {OtherMonitor[]} others
 * @property {string | null} driver
 * @property {Telemetry} telemetry
 * @property {Meta} meta
 * @property {SetupMessage | null} setup
 * @property {Units} units
 */

/**
 * What is computed of it.
 * @typedef {object} Analysis
 * @property {LapRow[]} laps of the car, oldest first; the same array until there is news
 * @property {number | null} best_lap_time
 * @property {import("./outlook.js").Outlook} outlook
 * @property {import("./gaps.js").Gaps} gaps
 * @property {import("./thresholds.js").Limits} limits of this car
 * @property {import("./wear.js").Wear} wear
 */

/** @typedef {Picture & Analysis} View all that the widgets paint */

export {};
