/** Explains why the text of a variable is invalid where "takes …" alone would not; never contains a secret. */
export class UnfitValue extends Error {}
