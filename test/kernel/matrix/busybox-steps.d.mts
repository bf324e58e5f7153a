export declare function busyboxOf(cache: string, architecture: string): string;
