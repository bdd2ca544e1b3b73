import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const CHECKSUMS = {
  LICENSE: "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
  "uPlot.esm.d.ts": "af44374f6e808be4f7f3fa5888b9c7574dca9f8a15a66d54b6763535802c8080",
  "uPlot.esm.js": "5dd9b3281aa64b461b42d9945f6adb2649d346502b12281a9ae0d46599a80eba",
  "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
};

for (const [name, checksum] of Object.entries(CHECKSUMS)) {
  test(`vendored ${name} is what its authors published`, () => {
    const file = new URL(`../../dashboard/vendor/uplot/${name}`, import.meta.url);

    assert.equal(createHash("sha256").update(readFileSync(file)).digest("hex"), checksum);
  });
}
