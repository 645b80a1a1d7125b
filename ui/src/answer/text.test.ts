import { expect, test } from "vitest";
import { grounded, passage } from "../backend/fake";
import { plainText, withSources } from "./text";

test.each([
  ["One.\nTwo.", "One. Two."],
  ["One.\n\nTwo.\nThree.", "One.\n\nTwo. Three."],
  ["Do:\n1. Open it.\nLook.\n2. Close it.\n", "Do:\n1. Open it. Look.\n2. Close it."],
  ["- a\n- b", "- a\n- b"],
  ["", ""],
  ["\n\nOne.\n\n\n", "One."],
])("%j goes out as %j", (text, want) => expect(plainText(text)).toBe(want));

test("sources are those that are cited, once", () => {
  const text = "Code 75 means that the plan requires a prior authorization.\nThe claim was well formed.";
  const got = withSources(text, grounded(text), [passage, { ...passage, document: "other", title: "Other" }]);
  expect(got).toContain(
    "Sources:\n- Reject 75: prior authorization required (version 7, effective since 1 Sept 2026) https://kb",
  );
  expect(got).not.toContain("Other");
});
