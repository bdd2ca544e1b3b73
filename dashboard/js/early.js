/** Asks the bridge for the session while the modules that show it are still on their way. */

import { sessionIdIn } from "./session_id.js";
import { EarlySocket, joinText, openSocket, socketUrl } from "./web_socket.js";

const session_id = sessionIdIn(location.pathname);

export const early =
  session_id === null
    ? null
    : new EarlySocket(openSocket, socketUrl(location), joinText(session_id));
