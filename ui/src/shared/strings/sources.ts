// The words of a source, beside an answer and in Browse.
import type { Kind } from "../../backend/backend";
import { plural } from "./format";

export const sources = {
  chooseSource: "Choose a source to read it here.",
  alsoFound: "Also found",
  used: "used",
  near: "near",
  nearNotUsed: "near, not used",
  weak: "weak",
  version: "version",
  effective: "effective",
  since: (d: string) => `since ${d}`,
  until: (d: string) => `until ${d}`,
  fromTo: (a: string, b: string) => `${a} to ${b}`,
  notYet: (d: string) => `not in force before ${d}`,
  expired: (d: string) => `expired on ${d}`,
  always: "always",
  findHere: "Find in this document",
  hits: (at: number, count: number) =>
    count === 0 ? "not in it" : `${at.toLocaleString("en")} of ${count.toLocaleString("en")}`,
  nothingOpen: "Choose a document first",
  openOriginal: "open original ↗",
  askAbout: "Ask about this",
  openInBrowse: "Open in Browse",
  kinds: { qa: "Question", sop: "SOP", article: "Article", code: "Code" } satisfies Record<Kind, string>,

  kindsMany: { qa: "Questions", sop: "SOPs", article: "Articles", code: "Codes" } satisfies Record<Kind, string>,
  allKinds: "All documents",
  tags: "Tags",
  onThisPage: "On this page",
  findPlaceholder: "Search titles, words, codes…",
  find: "Search the documents",
  nothingFound: "No document holds these words.",
  clearSearch: "Clear the search",
  documents: (n: number) => plural(n, "document", "documents"),
  onlyThese: (what: string) => `Only ${what}: show all documents`,
  documentList: "Documents",
  stepDone: (n: number) => `Step ${n}`,
  chooseDocument: "Choose a document to read it here.",
};
