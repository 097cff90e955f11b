/**
 * Names: how they are written, and which of them are the same. The service computes this itself, by Unicode, since
 * PostgreSQL's `lower` follows the locale of each database: one with the C ctype knows no letter beyond ASCII.
 */

const ASCII = /^[\0-\x7f]*$/;

/** Trims text and brings it to NFC. */
export function tidyText(text: string): string {
  return text.trim().normalize('NFC');
}

/** Whether text holds a control character (Unicode's category Cc). */
export function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

/** A name in lower case, as `WATCHER_NAME_CASE=lower` stores it. May be longer than the name: `İ` becomes two characters. */
export function lowerCaseName(name: string): string {
  return name.toLowerCase().normalize('NFC');
}

/**
 * What two names share that are the same: Unicode's canonical caseless match, full case folding between NFD and NFC.
 * Unicode promises that neither changes for a character once it has been assigned, so stored keys stay right.
 */
export function nameKey(name: string): string {
  if (ASCII.test(name)) return name.toLowerCase();
  return [...name.normalize('NFD')].map(fold).join('').normalize('NFC');
}

/**
 * Folds one character. Full folding is the lower case of the upper case, but for two letters; Cherokee folds to lower
 * case here and to upper case in Unicode's table, which makes the same letters equal. One by one, since the lower case
 * of a final sigma depends on its neighbours.
 */
function fold(character: string): string {
  if (character === 'ı') return character;
  if (character === 'ẞ') return 'ss';
  return [...character.toUpperCase()].map((upper) => upper.toLowerCase()).join('');
}
