/** Who is near: the race in class, the leader and the traffic. */

/** @import { View } from "../types.js" */

import { find, textSlot } from "../dom.js";
import { number } from "../format.js";
import { caughtText, flagText, leaderLapText, leaderText } from "../texts/gaps.js";

/** @param {HTMLElement} root */
export function gapsWidget(root) {
  const slot = (/** @type {string} */ name) => textSlot(find(root, `[data-slot=${name}]`));
  const [ahead, behind] = [slot("catch-ahead"), slot("caught-behind")];
  const [leader, leaderLap] = [slot("leader"), slot("leader-lap")];
  const [trafficAhead, trafficBehind] = [slot("traffic-ahead"), slot("traffic-behind")];
  const flag = slot("flag");

  return {
    /** @param {View} view */
    render({ telemetry: car, gaps }) {
      ahead(caughtText(gaps.ahead));
      behind(caughtText(gaps.behind));
      leader(leaderText(car));
      leaderLap(leaderLapText(car));
      trafficAhead(number(car.traffic_ahead, 1));
      trafficBehind(number(car.traffic_behind, 1));
      flag(flagText(car));
    },
  };
}
