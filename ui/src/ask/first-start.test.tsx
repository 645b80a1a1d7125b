// What somebody sees who has never seen Mortar, and nobody else.
import { screen } from "@testing-library/react";
import axe from "axe-core";
import { beforeEach, expect, test } from "vitest";
import { asked, open } from "../test-window";

beforeEach(() => localStorage.clear());

const shown = () => screen.queryByRole("region", { name: /^First/ });

test("the first start says what to do, three keys and where help is, and no other does", async () => {
  const first = await open();
  await screen.findByText("What does the customer ask?");
  const keys = [...(shown()?.querySelectorAll("kbd") ?? [])].map((k) => k.textContent);
  expect(keys).toEqual(["Enter", "⌃↵", "⌃K", "F1"]);
  const found = await axe.run(first.container, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  expect(found.violations).toEqual([]);
  await first.user.keyboard("{F1}");
  expect(await screen.findByRole("dialog", { name: "Keys" })).toBeTruthy();
  first.unmount();
  await open();
  await screen.findByText("What does the customer ask?");
  expect(shown()).toBeNull();
});

test("it goes with the first question, and a new conversation does not bring it back", async () => {
  const { user } = await asked();
  await screen.findByText("Copy");
  await user.keyboard("{Control>}n{/Control}");
  await screen.findByText("What does the customer ask?");
  expect(shown()).toBeNull();
});
