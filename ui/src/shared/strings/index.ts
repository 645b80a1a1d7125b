// Every word of the window. Another language is another object of this shape.
import { answer } from "./answer";
import { ask } from "./ask";
import { triage } from "./feedback";
import { releases } from "./releases";
import { reviewing } from "./reviewing";
import { session } from "./session";
import { sources } from "./sources";
import { subjects } from "./subjects";

export { ago, day, dayOf, ended, moment, timeOf } from "./format";

export const strings = {
  ...session,
  ...ask,
  ...answer,
  ...sources,
  ...subjects,
  ...releases,
  reviewing,
  triage,
  commands: { ...session.commands, ...reviewing.commands, ...triage.commands },
};
