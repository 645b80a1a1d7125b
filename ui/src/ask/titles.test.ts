import { expect, test } from "vitest";
import { apart } from "./titles";

const what = (code: number) => `What does claim rejection code ${code} mean?`;

test.each([
  ["alone it is whole", [what(75)], [what(75)]],
  ["alike, they begin where they differ", [what(75), what(76)], ["… code 75 mean?", "… code 76 mean?"]],
  ["another is left alone", [what(75), what(76), "Refund?"], ["… code 75 mean?", "… code 76 mean?", "Refund?"]],
  ["what is short is read at a glance", ["Is it in?", "Is it out?"], ["Is it in?", "Is it out?"]],
  ["the same twice is said whole", [what(75), what(75)], [what(75), what(75)]],
  [
    "one that goes on where the other ends",
    ["How do I cancel an order", "How do I cancel an order that shipped"],
    ["How do I cancel an order", "… order that shipped"],
  ],
  ["none", [], []],
  ["nothing in it", [""], [""]],
])("%s", (_, titles, want) => expect(apart(titles)).toEqual(want));
