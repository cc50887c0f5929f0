export interface Answer {
  readonly number: number;
  readonly text: string;
}
