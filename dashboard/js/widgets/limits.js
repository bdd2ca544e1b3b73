/** The editor of limits: by family of cars, a line for each quantity, in the reader's units. */

/** @import { Desk } from "../desk.js" */
/** @import { Family } from "../car_families.js" */
/** @import { LimitName, Quantity } from "../thresholds.js" */
/** @import { Units, View } from "../types.js" */

import { FAMILIES, familyOf } from "../car_families.js";
import { create, find } from "../dom.js";
import { DEFAULT_UNITS } from "../format.js";
import { actLabel } from "../texts/desk.js";
import { limitText, limitUnit, problemText, readLimit } from "../texts/limits.js";
import { changedLimit, limitsOf, QUANTITIES, quantities, resetLimits } from "../thresholds.js";
import { DESK, LIMITS } from "../words.js";

/**
 * @param {HTMLDialogElement} dialog
 * @param {Desk} desk
 */
export function limitsWidget(dialog, desk) {
  /** @type {Family} */
  let family = "other";
  let units = DEFAULT_UNITS;
  const select = familySelect();
  select.addEventListener("change", () => {
    family = FAMILIES.find((each) => each === select.value) ?? family;
    paint();
  });
  find(dialog, "[data-slot=family]").append(select);
  const state = () => ({ family, units });
  const lines = quantities().map((quantity) => lineWidget(quantity, desk, state));
  find(dialog, ".limits").append(...lines.map(({ element }) => element));
  const paint = () => lines.forEach((line) => line.paint());
  find(dialog, "[data-slot=reset]").addEventListener("click", () => {
    desk.changeThresholds(resetLimits(desk.thresholds, family));
    paint();
  });
  find(dialog, "[data-slot=close]").addEventListener("click", () => dialog.close());
  /** @type {View | null} */
  let shown = null;

  return {
    open() {
      // The car on show is the one that its crew wants to set.
      family = familyOf(shown?.meta.car_class);
      units = shown?.units ?? units;
      select.value = family;
      paint();
      dialog.showModal();
    },
    /** @param {View} view */
    render(view) {
      shown = view;
      if (view.units === units || !dialog.open) return;
      units = view.units;
      paint();
    },
  };
}

function familySelect() {
  const select = create("select");
  select.name = "family";
  for (const family of FAMILIES) {
    const option = create("option", undefined, LIMITS.families[family]);
    option.value = family;
    select.append(option);
  }
  return select;
}

/**
 * @param {Quantity} quantity
 * @param {Desk} desk
 * @param {() => { family: Family, units: Units }} state
 */
function lineWidget(quantity, desk, state) {
  const { element, unit, fields, reset, problem } = lineElement(quantity);
  const paint = () => {
    const { family, units } = state();
    const limits = limitsOf(desk.thresholds, family)[quantity];
    unit.textContent = limitUnit(quantity, units);
    problem.textContent = "";
    for (const { name, input } of fields) {
      input.value = limitText(quantity, limits[name], units);
      input.removeAttribute("aria-invalid");
    }
  };
  for (const { name, input } of fields) {
    input.addEventListener("change", () => {
      const { family, units } = state();
      const value = readLimit(quantity, input.value, units);
      const changed = changedLimit(desk.thresholds, family, quantity, name, value);
      if (changed.problem === null) {
        desk.changeThresholds(changed.thresholds);
        paint();
        return;
      }
      input.setAttribute("aria-invalid", "true");
      problem.textContent = problemText(changed.problem, quantity, units);
    });
  }
  reset.addEventListener("click", () => {
    desk.changeThresholds(resetLimits(desk.thresholds, state().family, quantity));
    paint();
  });
  return { element, paint };
}

/** @param {Quantity} quantity */
function lineElement(quantity) {
  const element = create("fieldset", "limit");
  element.dataset["quantity"] = quantity;
  const unit = create("span", "unit");
  const legend = create("legend", undefined, LIMITS.quantities[quantity]);
  legend.append(unit);
  const problem = create("p", "problem");
  problem.id = `problem-${quantity}`;
  const reset = create("button", "quiet", DESK.reset);
  reset.type = "button";
  reset.setAttribute("aria-label", actLabel(DESK.reset, LIMITS.quantities[quantity]));
  const fields = QUANTITIES[quantity].names.map((name) => fieldElement(quantity, name));
  element.append(legend, ...fields.map(({ label }) => label), reset, problem);
  return { element, unit, fields, reset, problem };
}

/**
 * @param {Quantity} quantity
 * @param {LimitName} name
 */
function fieldElement(quantity, name) {
  const label = create("label", undefined, LIMITS.names[name]);
  const input = create("input");
  input.name = name;
  input.inputMode = "decimal";
  input.autocomplete = "off";
  input.size = 5;
  input.setAttribute("aria-describedby", `problem-${quantity}`);
  label.append(input);
  return { name, label, input };
}
