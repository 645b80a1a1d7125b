// What the program says, as an operator is told it: words for machines are not read out, they stand behind “More”.
import type { DeskError } from "../backend/backend";
import { strings } from "./strings";

/** Paths, commands, names of types and numbers of errors: of use to whoever mends it. */
const FOR_MACHINES = [
  /\bcargo\b/i,
  /\bos error\b/i,
  /\bEOF\b/,
  /\berrno\b/i,
  /\bpanicked\b/i,
  /::/,
  /(?:^|[\s("'“:])(?:~|\.{0,2})[\\/][\w.-]+/,
  /\b[A-Za-z]:\\/,
  /\bhttps?:\/\//i,
  /[{}<>]/,
  /\b[A-Z]\w+(?:Error|Exception)\b/,
  /\bEX?(?:ACCES|IST|NOENT|PERM|ROFS|NOSPC)\b/,
];

const forMachines = (message: string) => FOR_MACHINES.some((r) => r.test(message));

export type Plain = { words: string; more: string | null };

/** `instead` says what did not work, where the message is not for a person. */
export function plain(message: string, instead: string): Plain {
  if (!forMachines(message)) return { words: message, more: null };
  return { words: `${instead} ${reason(message)}`.trim(), more: message };
}

export const plainError = ({ message }: DeskError, instead: string) => plain(message, instead);

/** What an operator can do something about is said all the same. */
function reason(message: string): string {
  if (/os error (?:30|13|1)\b|read-only|permission denied|EACCES|EROFS/i.test(message)) return strings.cannotWrite;
  if (/os error 28\b|no space|ENOSPC|disk is full/i.test(message)) return strings.diskFull;
  return "";
}
