import { Thing } from './thing';
/** A store. */
export abstract class Store<T> extends Base<T> implements Closable {
  private items: T[] = [];
  abstract close(): void;
  get(key: string): T { return this.find(key); }
}
export interface Options extends Common { depth: number; apply(x: Thing): void }
export type Id = string;
export enum Color { Red = 1, Green }
export const make = (o: Options): Id => create(o);
