import { hasControlCharacter, lowerCaseName, nameKey, tidyText } from './name.js';

const same = (a: string, b: string): boolean => nameKey(a) === nameKey(b);
/** All characters that case mapping or normalisation can change. */
const characters = Array.from({ length: 0x11_0000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((character) =>
    [character.toLowerCase(), character.toUpperCase(), character.normalize('NFD')].some((other) => other !== character),
  );

describe('names', () => {
  it.each([
    ['Customer Data', 'CUSTOMER data'],
    ['Überweisungen', 'überweisungen'],
    ['Überweisungen', 'Überweisungen'.normalize('NFD')],
    ['Straße', 'STRASSE'],
    ['Straße', 'STRAẞE'],
    ['ΔΕΔΟΜΕΝΑ ΠΕΛΑΤΗΣ', 'δεδομενα πελατης'],
    ['ΠΕΛΑΤΗΣ', 'πελατησ'],
    ['İstanbul', 'i\u0307stanbul'],
    ['ЗАГРУЗКА', 'загрузка'],
    ['ﬁle', 'FILE'],
    ['K', 'k'],
    ['Å', 'å'],
    ['ᏣᎳᎩ', 'ꮳꮃꭹ'],
    ['ǅ', 'ǆ'],
    ['𐐀', '𐐨'],
  ])('%s and %s are the same', (a, b) => {
    expect(same(a, b)).toBe(true);
  });

  it.each([
    ['resume', 'résumé'],
    ['ı', 'i'],
    ['İ', 'i'],
    ['Istanbul', 'ıstanbul'],
    ['a\u200bb', 'ab'],
    ['ﬁ', 'fj'],
    ['½', '1⁄2'],
  ])('%j and %j are two', (a, b) => {
    expect(same(a, b)).toBe(false);
  });

  it('of any character are the same in any case, also after lower-casing', () => {
    // The upper case of the dotless i is the dotted one's.
    const odd = characters.filter(
      (character) =>
        !same(character, character.toLowerCase()) ||
        !same(character, lowerCaseName(character)) ||
        !same(character, character.normalize('NFC')) ||
        !same(character, character.normalize('NFD')) ||
        (character !== 'ı' && !same(character, character.toUpperCase())),
    );
    expect(odd).toEqual([]);
  });

  it('have a key that is its own key', () => {
    expect(characters.filter((character) => nameKey(nameKey(character)) !== nameKey(character))).toEqual([]);
  });
});

describe('text', () => {
  it('is trimmed and brought to NFC', () => {
    expect(tidyText(' \u00a0\ufeff\u2003A\u030a\t\n')).toBe('Å');
  });

  it.each([
    ['a\nb', true],
    ['a\u0000b', true],
    ['a\u0085b', true],
    ['a\u007fb', true],
    ['a\u200bb\u2028ü 😀', false],
  ])('has control characters: %j: %s', (text, expected) => {
    expect(hasControlCharacter(text)).toBe(expected);
  });
});
