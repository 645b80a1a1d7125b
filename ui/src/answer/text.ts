// The answer as it leaves the window: one sentence a line becomes running text again.
import type { Passage, Sentence } from "../backend/backend";
import { strings } from "../shared/strings";
import { inForce } from "../sources/in-force";

const ITEM = /^\s*(?:[-*+•]|\d{1,3}[.)])\s/;

/** Lines of one paragraph are joined; list items and blank lines stay. */
export function plainText(text: string): string {
  const out: string[] = [];
  for (const line of text.split("\n").map((l) => l.trim())) {
    const last = out[out.length - 1];
    if (line !== "" && last && !ITEM.test(line)) out[out.length - 1] = `${last} ${line}`;
    else if (line !== "" || last) out.push(line);
  }
  while (out[out.length - 1] === "") out.pop();
  return out.join("\n");
}

/** The same with the documents that its sentences stand on. */
export function withSources(text: string, sentences: Sentence[], passages: Passage[]): string {
  const cited = new Set(sentences.flatMap((s) => s.citations.map((c) => c.document)));
  const lines: string[] = [];
  for (const p of passages) {
    if (cited.delete(p.document)) {
      lines.push(
        `- ${p.title} (${strings.version} ${p.version}, ${strings.effective} ${inForce(p)})${p.url ? ` ${p.url}` : ""}`,
      );
    }
  }
  return lines.length ? `${plainText(text)}\n\n${strings.sources}\n${lines.join("\n")}` : plainText(text);
}
