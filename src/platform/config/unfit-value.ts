/** Says what is wrong with the text of a variable, where "takes …" alone would not; never repeats a secret. */
export class UnfitValue extends Error {}
