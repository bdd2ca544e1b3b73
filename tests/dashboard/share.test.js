import assert from "node:assert/strict";
import { test } from "node:test";

import { shared } from "../../dashboard/js/widgets/share.js";

test("the link is that of the address the page was opened by", () => {
  const at = { origin: "http://192.168.1.20:8000", hostname: "192.168.1.20" };

  assert.deepEqual(shared(at, "spa24"), {
    link: "http://192.168.1.20:8000/s/spa24",
    picture: "/qr/spa24.svg",
    note: "",
  });
});

test("a link that only this device can open says so", () => {
  for (const hostname of ["localhost", "127.0.0.1", "[::1]"]) {
    assert.match(shared({ origin: `http://${hostname}`, hostname }, "a").note, /this device only/);
  }
});
