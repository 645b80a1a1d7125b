// The field brings back what was asked last.
import { screen } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { asked, open } from "../test-window";

beforeEach(() => localStorage.clear());

const field = () => screen.getByLabelText("Question") as HTMLTextAreaElement;

test("↑ in an empty field brings the last question back, also in a new conversation", async () => {
  const { user } = await asked();
  await screen.findByText("Copy");
  await user.keyboard("{ArrowUp}");
  expect(field().value).toBe("What is 75?");
  await user.clear(field());
  await user.keyboard("{Control>}n{/Control}{ArrowUp}");
  expect(field().value).toBe("What is 75?");
});

test("where something is typed, and where nothing was asked, ↑ changes nothing", async () => {
  const { user } = await open();
  await user.click(await screen.findByLabelText("Question"));
  await user.keyboard("{ArrowUp}");
  expect(field().value).toBe("");
  await user.keyboard("half{Enter}");
  await screen.findByText("Copy");
  await user.keyboard("and{ArrowUp}");
  expect(field().value).toBe("and");
});
