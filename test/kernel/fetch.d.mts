export declare const kernelCache: string;
export declare const cachedObjtool: string;
export declare function installedHeadersVersion(): string | undefined;
export declare function fetchKernel(version: string): string;
