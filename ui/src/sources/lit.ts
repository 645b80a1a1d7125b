// What is lit up in a document's text: the cited range of its source, and the words that are looked for.
import type { Element, Nodes, Root, RootContent, Text } from "hast";

/** Positions in the text of which the tree was made. */
export type Lit = { from: number; to: number };

/** Wraps the part of each text node that lies in the range into <mark>. */
export function highlight(lit: Lit | null) {
  return () => (tree: Root) => {
    if (lit) walk(tree, (text) => parted(text, lit));
  };
}

/** Wraps the words wherever they stand, also over borders of elements; `data-hit` numbers the places. */
export function hits(words: string) {
  const wanted = words.trim().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return () => (tree: Root) => {
    if (wanted === "") return;
    let all = "";
    walk(tree, (text) => {
      all += text.value;
      return [text];
    });
    const places = [...all.matchAll(new RegExp(wanted.replace(/\s+/g, "\\s+"), "gi"))].map((m, i) => ({
      from: m.index,
      to: m.index + m[0].length,
      hit: i,
    }));
    let at = 0;
    let next = 0;
    walk(tree, ({ value }) => {
      const start = at;
      at += value.length;
      const out: RootContent[] = [];
      let done = start;
      for (let i = next; i < places.length; i++) {
        const place = places[i];
        if (!place || place.from >= at) break;
        const from = Math.max(place.from, start);
        const to = Math.min(place.to, at);
        if (from > done) out.push({ type: "text", value: value.slice(done - start, from - start) });
        out.push(mark(value.slice(from - start, to - start), place.hit));
        done = to;
        // One that goes on in the next text is looked at there again.
        if (place.to <= at) next = i + 1;
      }
      if (done < at) out.push({ type: "text", value: value.slice(done - start) });
      return out;
    });
  };
}

/** Numbers the lists of the text, to tell their steps apart. */
export function lists() {
  return (tree: Root) => {
    let number = 0;
    const count = (parent: Nodes) => {
      if (!("children" in parent)) return;
      for (const child of parent.children) {
        if (child.type === "element" && child.tagName === "ol") child.properties.dataList = number++;
        count(child);
      }
    };
    count(tree);
  };
}

/** All the words of an element. */
export const wordsOf = (node: Nodes): string =>
  node.type === "text" ? node.value : "children" in node ? node.children.map(wordsOf).join("") : "";

/** Puts what `of` makes of each text in its place. */
function walk(parent: Nodes, of: (text: Text) => RootContent[]) {
  if (!("children" in parent)) return;
  const out: RootContent[] = [];
  for (const child of parent.children as RootContent[]) {
    if (child.type === "text") out.push(...of(child));
    else {
      walk(child, of);
      out.push(child);
    }
  }
  (parent as Element).children = out as Element["children"];
}

function parted(text: Text, lit: Lit): RootContent[] {
  const start = text.position?.start.offset;
  const end = text.position?.end.offset;
  if (start === undefined || end === undefined || end <= lit.from || start >= lit.to) return [text];
  // Escapes and entities make the shown text shorter than its source: then the whole of it is lit.
  if (text.value.length !== end - start) return [mark(text.value)];
  const from = Math.max(0, lit.from - start);
  const to = Math.min(text.value.length, lit.to - start);
  const out: RootContent[] = [mark(text.value.slice(from, to))];
  if (from > 0) out.unshift({ type: "text", value: text.value.slice(0, from) });
  if (to < text.value.length) out.push({ type: "text", value: text.value.slice(to) });
  return out;
}

const mark = (value: string, hit?: number): Element => ({
  type: "element",
  tagName: "mark",
  properties: hit === undefined ? {} : { dataHit: hit },
  children: [{ type: "text", value }],
});
