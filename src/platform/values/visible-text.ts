/**
 * Invisible characters: controls, format characters, line separators, the other default ignorable code points of
 * Unicode, and U+2800, a blank. A joiner or a selector within an emoji is visible as a part of it.
 */
const INVISIBLE =
  /(?!(?<=\p{Extended_Pictographic}|\ufe0f|\p{Emoji_Modifier})\u200d(?=\p{Extended_Pictographic})|(?<=\p{Extended_Pictographic}|[0-9#*])\ufe0f)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/**
 * Text as one line without invisible characters: white space becomes one blank, and invisible characters appear as
 * `\u200b` or `\u{e0041}`. A name with such characters could reverse the direction of a line, or look like another
 * name.
 */
export function visibleText(text: string): string {
  return text
    .replaceAll(/[\t\n\v\f\r ]+/g, ' ')
    .trim()
    .replaceAll(INVISIBLE, escaped);
}

function escaped(character: string): string {
  const code = character.codePointAt(0)?.toString(16) ?? '';
  return code.length > 4 ? String.raw`\u{${code}}` : String.raw`\u${code.padStart(4, '0')}`;
}

/** The text, or its beginning and an ellipsis: at most `length` whole characters. */
export function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
