/* SPDX-License-Identifier: GPL-2.0-only */
	.file	"file_then_core"
