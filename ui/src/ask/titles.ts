// Titles of conversations as a narrow list shows them: what is alike at their beginning would hide what tells them apart.

/** So many letters are read at a glance. */
const GLANCE = 18;

const wordsOf = (title: string) => title.split(/\s+/).filter(Boolean);

function sharedWords(a: string[], b: string[]): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n]?.toLowerCase() === b[n]?.toLowerCase()) n++;
  return n;
}

/** Each title from where it is another than those that begin like it. */
export function apart(titles: string[]): string[] {
  const all = titles.map(wordsOf);
  return all.map((words, i) => {
    const title = titles[i] ?? "";
    let from = 0;
    for (const other of all) {
      const shared = sharedWords(words, other);
      const alike = words.slice(0, shared).join(" ").length >= GLANCE;
      // The same to the end, it says no more further on.
      if (other !== words && alike && shared < words.length) from = Math.max(from, shared);
    }
    return from === 0 ? title : `… ${words.slice(Math.max(from - 1, 0)).join(" ")}`;
  });
}
