import { expect, test } from "vitest";
import { sought } from "./sought";

const BODY =
  "# Refunds\n\nWe refund the price. A refund of the shipping takes five days.\n\n1. Ask for the naïve order.\n2. Call the plan.";

test.each([
  ["refund", "# Refunds"],
  ["refund shipping", "A refund of the shipping takes five days."],
  ["SHIPPING, Refund!", "A refund of the shipping takes five days."],
  ["pri", "We refund the price."],
  ["the plan", "Call the plan."],
  ["naïve", "Ask for the naïve order."],
  ["zzz", null],
  ["", null],
])("“%s” stands in %s", (typed, expected) => {
  const place = sought(BODY, typed);
  const cut = place && new TextDecoder().decode(new TextEncoder().encode(BODY).slice(place.start, place.end));
  expect(cut).toBe(expected);
});
