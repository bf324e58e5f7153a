import type { Cell } from "./prepare.mjs";

export declare function buildFolderOf(cache: string, cell: Cell): string;
export declare function isBuilt(cache: string, cell: Cell): boolean;
