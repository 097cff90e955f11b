/**
 * The normal form of names, and their comparison. The service computes both by Unicode, because PostgreSQL's `lower`
 * depends on the locale of the database: with the C ctype it changes only ASCII letters.
 */

const ASCII = /^[\0-\x7f]*$/;

/** Trims text and brings it to NFC. */
export function tidyText(text: string): string {
  return text.trim().normalize('NFC');
}

/** Whether text contains a control character (Unicode's category Cc). */
export function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

/** A name in lower case, as `WATCHER_NAME_CASE=lower` stores it. May be longer than the name: `İ` becomes two. */
export function lowerCaseName(name: string): string {
  return name.toLowerCase().normalize('NFC');
}

/**
 * The key of a name. Names with the same key are the same: it is Unicode's canonical caseless match, full case folding
 * between NFD and NFC. Unicode guarantees that neither changes for an assigned character, so stored keys stay valid.
 */
export function nameKey(name: string): string {
  if (ASCII.test(name)) return name.toLowerCase();
  return [...name.normalize('NFD')].map(fold).join('').normalize('NFC');
}

/**
 * Folds one character. Full folding is the lower case of the upper case, except for two letters. Cherokee folds to
 * lower case here and to upper case in Unicode's table; the same letters are equal by both. Characters are folded one
 * by one, because the lower case of a final sigma depends on its neighbours.
 */
function fold(character: string): string {
  if (character === 'ı') return character;
  if (character === 'ẞ') return 'ss';
  return [...character.toUpperCase()].map((upper) => upper.toLowerCase()).join('');
}
