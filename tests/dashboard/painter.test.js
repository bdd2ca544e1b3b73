/** Which widgets are painted in which frame. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Painter } from "../../dashboard/js/painter.js";

let now_ms = 0;
const now = () => now_ms;

/** A widget that notes what it painted, and takes its time for it. */
function widget(cost_ms = 0) {
  /** @type {string[]} */
  const painted = [];
  return {
    painted,
    render(/** @type {string} */ view) {
      painted.push(view);
      now_ms += cost_ms;
    },
  };
}

beforeEach(() => {
  now_ms = 0;
});

test("what moves follows each change and no frame without one", () => {
  const quick = widget();
  const painter = new Painter(now, { frame: [quick] });

  for (const [revision, view] of /** @type {const} */ ([[1, "a"], [1, "b"], [2, "c"]])) {
    now_ms += 16;
    painter.frame(revision, () => view);
  }

  assert.deepEqual(quick.painted, ["a", "c"]);
});

test("what is watched changes twenty times a second, and shows the last change too", () => {
  const watched = widget();
  const painter = new Painter(now, { glance: [watched] });

  for (let frame = 0; frame < 60; frame += 1) {
    painter.frame(frame, () => String(frame));
    now_ms += 1000 / 60;
  }
  assert.equal(watched.painted.length, 20);

  // Nothing comes any more, and the last that came was not shown yet.
  for (const _ of [1, 2, 3]) {
    now_ms += 1000 / 60;
    painter.frame(59, () => "last");
  }
  assert.deepEqual(watched.painted.slice(20), ["last"]);
});

test("ages move on when nothing comes", () => {
  const quick = widget();
  const painter = new Painter(now, { frame: [quick] });
  painter.frame(1, () => "a");

  now_ms = 250;
  painter.frame(1, () => "b");

  assert.deepEqual(quick.painted, ["a", "b"]);
});

test("the others take their turn four times a second", () => {
  const slow = widget();
  const painter = new Painter(now);
  painter.add(() => slow);

  for (let frame = 0; frame < 60; frame += 1) {
    painter.frame(frame, () => "");
    now_ms += 1000 / 60;
  }

  assert.equal(slow.painted.length, 4);
});

test("a frame ends a turn that takes long, and the next goes on with the same news", () => {
  const widgets = [widget(3), widget(3), widget(3)];
  const painter = new Painter(now);
  for (const each of widgets) painter.add(() => each);
  for (const _ of widgets) painter.frame(0, () => "made");
  for (const { painted } of widgets) painted.length = 0;

  now_ms += 250;
  painter.frame(1, () => "first");
  const after_one = widgets.map(({ painted }) => painted.length);
  painter.frame(1, () => "second");

  assert.deepEqual(after_one, [1, 1, 0]);
  assert.deepEqual(widgets.map(({ painted }) => painted), [["first"], ["first"], ["second"]]);
});

test("widgets are made one a frame, for each has its section laid out", () => {
  const widgets = [widget(), widget(), widget()];
  const painter = new Painter(now);
  for (const each of widgets) painter.add(() => each);

  const made = [1, 2, 3].map(() => {
    painter.frame(1, () => "");
    return widgets.filter(({ painted }) => painted.length > 0).length;
  });

  assert.deepEqual(made, [1, 2, 3]);
});

test("a frame that may take as long as it likes makes all", () => {
  const widgets = [widget(3), widget(3), widget(3)];
  const painter = new Painter(now);
  for (const each of widgets) painter.add(() => each);

  painter.frame(1, () => "all", Infinity);

  assert.deepEqual(widgets.map(({ painted }) => painted), [["all"], ["all"], ["all"]]);
});

test("a widget is made when it is first painted, and once", () => {
  let made = 0;
  const painter = new Painter(now);
  painter.add(() => {
    made += 1;
    return widget();
  });
  assert.equal(made, 0);

  painter.frame(1, () => "");
  now_ms = 250;
  painter.frame(2, () => "");

  assert.equal(made, 1);
});

test("a widget that was added as moving follows each change after its first turn", () => {
  const quick = widget();
  const painter = new Painter(now);
  painter.add(() => quick, "frame");

  for (const revision of [1, 2, 3]) painter.frame(revision, () => String(revision));

  assert.deepEqual(quick.painted, ["1", "2", "3"]);
});

test("who did something sees it in the next frame", () => {
  const slow = widget();
  const painter = new Painter(now);
  painter.add(() => slow);
  painter.frame(1, () => "before");

  painter.hurry();
  painter.frame(1, () => "after");

  assert.deepEqual(slow.painted, ["before", "after"]);
});

test("nothing is looked at for a frame in which nothing is painted", () => {
  const painter = new Painter(now, { frame: [widget()], glance: [widget()] });
  painter.frame(1, () => "");

  painter.frame(1, () => assert.fail("looked"));
});
