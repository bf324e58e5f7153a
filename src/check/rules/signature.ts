/** The signature that may stand behind a module. */

import { nameOfBytes } from "../../byte-string.js";
import { readAppendedSignature } from "../appended-signature.js";
import { TOLERATED } from "../file-tests.js";
import { refused } from "../outcome.js";
import type { Rule } from "../rule.js";

export const L15: Rule = {
  id: "L15",
  title: "A signature behind the module is one of the converted module",
  severity: "error",
  needs: [],
  consequences: [
    {
      kind: "refused",
      text: "it was made of other contents with a key that the kernel trusts; nothing is printed",
      errno: "EKEYREJECTED",
    },
    { kind: "refused", text: "it cannot be read; nothing is printed", errno: "EBADMSG" },
    {
      kind: "refused",
      text: "there is none, or none of a known key, where signatures are enforced",
      message: "Loading of unsigned module is rejected",
      errno: "EKEYREJECTED",
    },
  ],
  remedy:
    "sign the module after conversion: scripts/sign-file sha256 KEY CERTIFICATE FILE, as the last step",
  source: "kernel/module/signing.c, module_sig_check",
  isStructural: true,
  test({ signature, input, bytes: file }, findings) {
    if (signature === undefined) {
      findings.unchecked(
        "whether the kernel asks for a signature, of which the module has none (CONFIG_MODULE_SIG_FORCE)",
      );
      return;
    }
    const { fault, imageLength, bytes } = signature;
    if (fault !== undefined) {
      const isOverlooked = fault.errno === "ENOPKG";
      findings.add({
        message: fault.text,
        ...(isOverlooked ? TOLERATED : { outcome: refused("signature", fault.errno, "") }),
      });
      return;
    }
    const before = input && readAppendedSignature(input.bytes);
    if (before !== undefined && nameOfBytes(before.bytes) === nameOfBytes(bytes)) {
      const isSame =
        before.imageLength === imageLength && input!.bytes.every((byte, at) => byte === file[at]);
      if (isSame) return;
      findings.add({
        message: "the signature is that of the module before conversion",
        outcome: refused("signature", "EKEYREJECTED", ""),
      });
      return;
    }
    findings.unchecked(
      "whether the signature is right: that is known to who has the key, and has to be of the converted module",
    );
  },
};
