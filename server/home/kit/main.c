// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Loads LESSON_SLUG.bpf.c, attaches it, prints what comes out of it until
 * Ctrl-C, and takes it away again. bpftool makes LESSON_SLUG.skel.h.
 */
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>

#include "LESSON_SLUG.skel.h"
#include "home.h"

/* What programs attach to where their sections do not say it. */
static const struct target targets[] = {
	/* LESSON_TARGETS */
	{0},
};

/* How many entries maps have where the program does not say it. */
static const struct size sizes[] = {
	/* LESSON_SIZES */
	{0},
};

static volatile sig_atomic_t over;

static void end(int signal)
{
	over = 1;
}

int main(int argc, char **argv)
{
	struct sigaction ending = {.sa_handler = end};
	struct words words = {0};
	struct LESSON_NAME *skel;
	int status = 0;

	libbpf_set_print(keep_log);
	skel = LESSON_NAME__open();
	if (!skel)
		return failed("open");
	if (read_words(skel->obj, argc, argv, &words)) {
		LESSON_NAME__destroy(skel);
		return 2;
	}
	sigaction(SIGINT, &ending, NULL);
	sigaction(SIGTERM, &ending, NULL);
	choose_optional(skel->obj, targets);
	if (size_maps(skel->obj, sizes) || take_ours(skel->obj, targets) ||
	    LESSON_NAME__load(skel)) {
		status = failed("load");
		goto out;
	}
	if (attach_ours(skel->obj, targets, &words) ||
	    LESSON_NAME__attach(skel)) {
		status = failed("attach");
		goto out;
	}
	say_attached(skel->skeleton);
	printf("Ctrl-C ends it.\n");
	fflush(stdout);
	if (show(skel->obj, &over))
		status = failed("show its buffers");
out:
	detach_ours();
	LESSON_NAME__destroy(skel);
	return status;
}
