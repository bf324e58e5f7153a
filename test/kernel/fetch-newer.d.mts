export declare const trixieRoot: string;
export declare function preparedNewerKernel(series?: string):
  | {
      readonly version: string;
      readonly headers: string;
      readonly root: string;
      readonly vmlinuz: string;
    }
  | undefined;
