// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads a module once and prints what the kernel returned, `0` or the name of an error. insmod of
 * busybox tries a second time when the kernel refuses a module, and prints what it was told then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int file = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	int error = syscall(SYS_finit_module, file, "", 0) ? errno : 0;

	puts(error ? strerrorname_np(error) : "0");
	return error != 0;
}
