import { expect, test } from "vitest";
import { indexOfByte } from "./bytes";

test.each(["", "plain", "naïve ½ 25 mg", "日本語 text", "😀 emoji 😀", "مرحبا mixed"])(
  "bytes to positions in %j",
  (text) => {
    for (let i = 0; i <= text.length; i++) {
      // A position between the halves of a pair is none that the program can name.
      if (/[\uDC00-\uDFFF]/.test(text[i] ?? "")) continue;
      const byte = new TextEncoder().encode(text.slice(0, i)).length;
      expect(indexOfByte(text, byte)).toBe(i);
    }
  },
);

test("past the end is the end", () => expect(indexOfByte("é", 99)).toBe(1));
