export declare function preparedNewerKernel():
  | {
      readonly version: string;
      readonly headers: string;
      readonly root: string;
      readonly vmlinuz: string;
    }
  | undefined;
