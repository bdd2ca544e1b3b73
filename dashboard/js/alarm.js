/**
 * Sound and notifications. A browser allows either only after its reader asked for it, and a
 * sound only once the page has been touched.
 */

/** @import { Severity } from "./alert_types.js" */

/**
 * @typedef {Pick<AudioContext, "state" | "resume" | "currentTime" | "destination"
 *   | "createOscillator" | "createGain">} Audio
 */
/**
 * @typedef {object} Notifier
 * @property {() => NotificationPermission | null} permission null in a browser without
 * @property {() => Promise<NotificationPermission>} ask
 * @property {(title: string, options: NotificationOptions) => void} show
 */

/** @type {Readonly<Record<Severity, { beeps: number, hz: number }>>} */
const TONES = {
  critical: { beeps: 3, hz: 960 },
  warning: { beeps: 1, hz: 720 },
  info: { beeps: 0, hz: 0 },
};
const BEEP_S = 0.14;
const PAUSE_S = 0.1;
const VOLUME = 0.2;

export class Alarm {
  #makeAudio;
  /** @type {Audio | null} */
  #audio = null;

  /** @param {() => Audio} makeAudio */
  constructor(makeAudio) {
    this.#makeAudio = makeAudio;
  }

  /** Whether a beep would be heard. */
  get is_ready() {
    return this.#audio?.state === "running";
  }

  /** The reader has touched the page. */
  wake() {
    try {
      this.#audio ??= this.#makeAudio();
      if (!this.is_ready) void this.#audio.resume();
    } catch {
      // A device without sound.
    }
  }

  /** @param {Severity} severity */
  ring(severity) {
    const audio = this.#audio;
    if (audio === null || !this.is_ready) return;
    const { beeps, hz } = TONES[severity];
    for (let i = 0; i < beeps; i += 1) {
      const start = audio.currentTime + i * (BEEP_S + PAUSE_S);
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = hz;
      volume.gain.value = VOLUME;
      tone.connect(volume);
      volume.connect(audio.destination);
      tone.start(start);
      tone.stop(start + BEEP_S);
    }
  }
}

/** @returns {Notifier} */
export function browserNotifier() {
  const has = "Notification" in globalThis;
  return {
    permission: () => (has ? Notification.permission : null),
    ask: () => (has ? Notification.requestPermission() : Promise.resolve("denied")),
    show(title, options) {
      try {
        new Notification(title, options);
      } catch {
        // Phones let only the service worker notify.
        void navigator.serviceWorker?.ready.then((worker) => {
          return worker.showNotification(title, options);
        });
      }
    },
  };
}
