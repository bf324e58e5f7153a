export declare function missingLibraries(): string[];
export declare function fetchObjtool(objtool: string): string;
