// SPDX-License-Identifier: GPL-2.0-only

// A module, and what three tools made of it.

import { gzipSync } from "node:zlib";
import { buildModule, fromFile, globals } from "./sources.js";

export const PLAIN = buildModule("klp-packed", {
  symbols: [
    ...fromFile("main.c", ["probe", ".text", 0x10], ["packed_init", ".init.text", 0]),
    ...fromFile("other.c", ["probe", ".text", 0x20]),
    ...globals(["packed_value", ".data", 0]),
  ],
});

/** The same, as xz -9 --check=crc32 made it. */
export const XZ = Buffer.from(
  `
/Td6WFoAAAFpIt42AgAhARwAAAAQz1jM4Ac/ATVdAD+RRYRoPYmm2pymrC4rzBr61reWrDcMK5AZPMYW/XjhnfA1gIGvpydS
Rlipy5PTl4MiLQQXKnVxf3JndqqYfi87Ke26K90S9BvuXxAypgqWLP4SGkioiJsmJOzX66+qPIjFvCSwCGCWOJ60j6xyjNo0
2VeEA30yTzFuIxqnz6e1l19xmO6ME7+CcCdJ7cAkNB9d6A5ZTKyHOBEsm1eCcAYwd4hmsQ88gyhI8jCTeNIXjhS2CKLDuqga
S6SPP34EPxRJZ1SLXEN4OK4K68EFJsWtUFdtKIiVmZmXeIM+lPxhkCYIR4+V1RuL8JIVgM2dSK6zoBvAMGfMvwMUvtp92ANk
YfKzPbVAI1HEF6nqIlz0ItPmG94QyEcgUbWELyd+bHdoHA6NoyHrJ09Wyd/V+TSWau7+7AAAAAANQAjyAAHNAsAOAADbSTBo
PjANiwIAAAAAAVla`,
  "base64",
);

/** The same, as zstd -19 made it from its standard input; so the file does not say its size. */
export const ZSTD = Buffer.from(
  `
KLUv/QRoFQoAks81LHBvxvz1/62qqg0ACgom0cpVW4oiJdREW2O7tby//dD5b37j6iIgtL2bCJEpn5WmoZ0siU3AakmyBYaQ
meGqAEFqKpgkhVucD9GNUeK8/caqMUi8pD2tl3Up32+OeTRPN63z+2T3vBblWzWevx0/aro3Q0va+vvmC7oN6RC8N/Ol+NkP
DE5xrXDDsWP/t79c1/7Lc5XqL4+gqjG3QWxtCHIdjoeDRCqm3aNzzMeMTLw7oji0pldb8ijYgV9pYjHN33QyEytm693v2weV
Ay5PufylxDCbSyozoIG8pihJka3WwErIxBkDmrO2Hmj14KC/M7LKTvJkQ3kg+yPSAC4oD/bHAOg8Q1HcmaXWKbrr7sy0Q93O
ru7nDIJEvRM7YBFLNgr7b2Si4eAzB1xnadOG+8qXJ3Too5XqkLnYTVIG+iqfJUA=`,
  "base64",
);
export const GZIP = gzipSync(PLAIN);
