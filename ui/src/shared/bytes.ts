// The program counts in UTF-8 bytes, the window in UTF-16 units. Every crossing goes through here.

/** The positions in `text` of ascending or any byte offsets. An offset inside a character goes to its beginning. */
export function indexOfByte(text: string, byte: number): number {
  let bytes = 0;
  let index = 0;
  while (index < text.length && bytes < byte) {
    const point = text.codePointAt(index) ?? 0;
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes + size > byte) break;
    bytes += size;
    index += point > 0xffff ? 2 : 1;
  }
  return index;
}
