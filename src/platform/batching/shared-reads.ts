/**
 * Reads whose answer is shared for a moment: many pages ask the same every few seconds, and one read answers all of
 * them. A failed read is not kept.
 */
export class SharedReads<T> {
  private readonly answers = new Map<string, Promise<T>>();

  constructor(private readonly keptMs: number) {}

  get(key: string, read: () => Promise<T>): Promise<T> {
    const known = this.answers.get(key);
    if (known) return known;
    const answer = read();
    this.answers.set(key, answer);
    const forget = (): boolean => this.answers.delete(key);
    answer.then(() => setTimeout(forget, this.keptMs).unref(), forget);
    return answer;
  }
}
