/**
 * All that the dashboard says beside its HTML pages: a translation is a copy of the two.
 *
 * The pages import the modules one by one, each as it is needed.
 */

export * from "./texts/ages.js";
export * from "./texts/alerts.js";
export * from "./texts/crew.js";
export * from "./texts/desk.js";
export * from "./texts/fuel.js";
export * from "./texts/gaps.js";
export * from "./texts/limits.js";
export * from "./texts/link.js";
export * from "./texts/pace.js";
export * from "./texts/page.js";
export * from "./texts/reach.js";
export * from "./texts/setup.js";
export * from "./texts/start.js";
export * from "./texts/tires.js";
export * from "./texts/weather.js";
export * from "./texts/words.js";
