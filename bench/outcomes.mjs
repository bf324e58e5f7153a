// SPDX-License-Identifier: GPL-2.0-only

/** A case cannot be measured here; the message says what would have to be done. */
export class Skipped extends Error {}

/** The command did not do what was to be measured; the message says what it did. */
export class Failed extends Error {}
