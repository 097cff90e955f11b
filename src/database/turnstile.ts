/**
 * Lets so many through at once, the others in the order of their arrival; who has waited for too long is turned away.
 */
export class Turnstile {
  private readonly queue: (() => void)[] = [];

  constructor(
    private places: number,
    private readonly patienceMs: number,
    private readonly turnedAway: () => Error,
  ) {}

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.places > 0) this.places -= 1;
    else await this.turn();
    try {
      return await work();
    } finally {
      // A place that is given back goes to whoever waits, and never becomes free in between.
      const next = this.queue.shift();
      if (next) next();
      else this.places += 1;
    }
  }

  private turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.queue.splice(this.queue.indexOf(enter), 1);
        reject(this.turnedAway());
      }, this.patienceMs);
      this.queue.push(enter);
    });
  }
}
