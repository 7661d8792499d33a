// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Attaches what a section alone does not say how to attach. The skeleton's
 * own function does all the others.
 */
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "home.h"

#define MOST 256 /* links, and programs that are attached by hand */
#define HZ   99	 /* of a clock, when the lesson says nothing */

/* What detach_ours() takes back. */
static struct bpf_link *links[MOST];
static struct {
	struct bpf_tc_hook hook;
	struct bpf_tc_opts opts;
	bool made; /* the hook is ours, not only the filter */
} filters[MOST];
static int link_count, filter_count;

const struct target *target_of(const struct target *targets,
			       const struct bpf_program *prog)
{
	static const struct target nothing;

	for (; targets->program; targets++)
		if (!strcmp(targets->program, bpf_program__name(prog)))
			return targets;
	return &nothing;
}

static int keep(struct bpf_link *link)
{
	if (!link)
		return -errno;
	if (link_count == MOST) {
		bpf_link__destroy(link);
		return -E2BIG;
	}
	links[link_count++] = link;
	return 0;
}

static int interface(const struct target *target, const struct words *words)
{
	const char *name = target->kind == INTERFACE ? target->what : "lo";
	int index;

	if (words->interface)
		name = words->interface;
	index = if_nametoindex(name);
	if (!index)
		fprintf(stderr,
			"There is no interface %s: choose one with -i.\n",
			name);
	return index ? index : -ENODEV;
}

/* On lo, or another interface, as a filter on what comes in or goes out. */
static int classifier(struct bpf_program *prog, int ifindex, bool egress)
{
	struct bpf_tc_hook *hook = &filters[filter_count].hook;
	struct bpf_tc_opts *opts = &filters[filter_count].opts;
	int err;

	if (filter_count == MOST)
		return -E2BIG;
	*hook = (struct bpf_tc_hook){
		.sz = sizeof(*hook),
		.ifindex = ifindex,
		.attach_point = egress ? BPF_TC_EGRESS : BPF_TC_INGRESS,
	};
	*opts = (struct bpf_tc_opts){
		.sz = sizeof(*opts),
		.prog_fd = bpf_program__fd(prog),
	};
	err = bpf_tc_hook_create(hook);
	if (err && err != -EEXIST)
		return err;
	filters[filter_count].made = !err;
	filter_count++; /* so that a hook that is ours goes in any case */
	return bpf_tc_attach(hook, opts);
}

/* On a socket that sees every packet of an interface, and reads none. */
static int socket_filter(struct bpf_program *prog, int ifindex)
{
	struct sockaddr_ll all = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = ifindex,
	};
	int fd = bpf_program__fd(prog);
	int own = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (own < 0 ||
	    setsockopt(own, SOL_SOCKET, SO_ATTACH_BPF, &fd, sizeof(fd)) ||
	    bind(own, (struct sockaddr *)&all, sizeof(all)))
		return -errno;
	return 0; /* it is closed when we end */
}

/* On a clock of each CPU, or on what it counts. */
static int clocks(struct bpf_program *prog, unsigned long hz, __u32 type,
		  __u64 event)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = event,
		.sample_freq = hz ? hz : HZ,
		.freq = 1,
	};
	int cpu, err = -ENODEV;

	for (cpu = 0; cpu < libbpf_num_possible_cpus(); cpu++) {
		int fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1,
				 PERF_FLAG_FD_CLOEXEC);

		if (fd < 0 && errno == ENODEV)
			continue; /* it is switched off */
		if (fd < 0)
			return -errno;
		err = keep(bpf_program__attach_perf_event(prog, fd));
		if (err)
			break;
	}
	return err;
}

static int in_cgroup(struct bpf_program *prog, const struct words *words)
{
	int fd, err;

	if (!words->cgroup) {
		fprintf(stderr,
			"%s decides for a cgroup: name one with -c, "
			"such as /sys/fs/cgroup/lab.\n",
			bpf_program__name(prog));
		return -EINVAL;
	}
	fd = open(words->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	err = keep(bpf_program__attach_cgroup(prog, fd));
	close(fd);
	return err;
}

static int in_file(struct bpf_program *prog, const struct target *target)
{
	const char *section = bpf_program__section_name(prog);
	DECLARE_LIBBPF_OPTS(bpf_uprobe_opts, opts, .func_name = target->name,
			    .retprobe = !strncmp(section, "uretprobe", 9));

	if (target->kind == USDT)
		return keep(bpf_program__attach_usdt(prog, -1, target->what,
						     target->provider,
						     target->name, NULL));
	return keep(bpf_program__attach_uprobe_opts(prog, -1, target->what,
						    target->number, &opts));
}

/* On a function of the kernel, or on all that are like it. */
static int on_function(struct bpf_program *prog, const struct target *target)
{
	DECLARE_LIBBPF_OPTS(bpf_kprobe_opts, opts, .offset = target->number,
			    .retprobe = target->at_return);
	DECLARE_LIBBPF_OPTS(bpf_kprobe_multi_opts, several,
			    .retprobe = target->at_return);
	char name[256];
	int err;

	if (bpf_program__expected_attach_type(prog) == BPF_TRACE_KPROBE_MULTI)
		return keep(bpf_program__attach_kprobe_multi_opts(
			prog, target->name, &several));
	err = keep(bpf_program__attach_kprobe_opts(prog, target->name, &opts));
	if (!err || strncmp(target->name, "sys_", 4))
		return err;
	/* As older programs name a system call. */
	snprintf(name, sizeof(name), "__x64_%s", target->name);
	return keep(bpf_program__attach_kprobe_opts(prog, name, &opts));
}

static bool wants_cgroup(const struct bpf_program *prog)
{
	switch (bpf_program__type(prog)) {
	case BPF_PROG_TYPE_CGROUP_SKB:
	case BPF_PROG_TYPE_CGROUP_SOCK:
	case BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
	case BPF_PROG_TYPE_CGROUP_SOCKOPT:
	case BPF_PROG_TYPE_CGROUP_SYSCTL:
	case BPF_PROG_TYPE_CGROUP_DEVICE:
	case BPF_PROG_TYPE_SOCK_OPS:
		return true;
	default:
		return !strncmp(bpf_program__section_name(prog), "lsm_cgroup",
				10);
	}
}

/* Whether it is ours to attach. */
static bool is_ours(const struct bpf_program *prog, const struct target *target)
{
	switch (bpf_program__type(prog)) {
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SOCKET_FILTER:
	case BPF_PROG_TYPE_PERF_EVENT:
		return true;
	case BPF_PROG_TYPE_KPROBE:
		return target->kind == UPROBE || target->kind == USDT ||
		       target->kind == PROBE;
	case BPF_PROG_TYPE_TRACEPOINT:
		return target->kind == TRACEPOINT;
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
		return target->kind == RAW_TRACEPOINT;
	default:
		return wants_cgroup(prog);
	}
}

static int attach_one(struct bpf_program *prog, const struct target *target,
		      const struct words *words)
{
	bool egress = target->egress ||
		      strstr(bpf_program__section_name(prog), "egress");
	int ifindex;

	switch (bpf_program__type(prog)) {
	case BPF_PROG_TYPE_PERF_EVENT:
		if (target->kind == COUNTER)
			return clocks(prog, target->number, PERF_TYPE_HARDWARE,
				      target->event);
		return clocks(prog, target->number, PERF_TYPE_SOFTWARE,
			      PERF_COUNT_SW_CPU_CLOCK);
	case BPF_PROG_TYPE_KPROBE:
		return target->kind == PROBE ? on_function(prog, target)
					     : in_file(prog, target);
	case BPF_PROG_TYPE_TRACEPOINT:
		return keep(bpf_program__attach_tracepoint(prog, target->what,
							   target->name));
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
		return keep(bpf_program__attach_raw_tracepoint(prog,
							       target->name));
	case BPF_PROG_TYPE_XDP:
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SOCKET_FILTER:
		break;
	default:
		return in_cgroup(prog, words);
	}
	ifindex = interface(target, words);
	if (ifindex < 0)
		return ifindex;
	if (bpf_program__type(prog) == BPF_PROG_TYPE_XDP)
		return keep(bpf_program__attach_xdp(prog, ifindex));
	if (bpf_program__type(prog) == BPF_PROG_TYPE_SCHED_CLS)
		return classifier(prog, ifindex, egress);
	return socket_filter(prog, ifindex);
}

/* Tells the skeleton which programs it need not attach, and the kernel what a
 * program will be attached to that is verified against it.
 */
int take_ours(struct bpf_object *obj, const struct target *targets)
{
	struct bpf_program *prog;
	int err;

	bpf_object__for_each_program(prog, obj)
	{
		const struct target *target = target_of(targets, prog);

		if (target->kind == LEFT_OUT)
			bpf_program__set_autoload(prog, false);
		else if (is_ours(prog, target))
			bpf_program__set_autoattach(prog, false);
		if (bpf_program__type(prog) != BPF_PROG_TYPE_TRACING ||
		    !bpf_program__autoload(prog) || !target->name)
			continue;
		err = bpf_program__set_attach_target(prog, 0, target->name);
		if (err) {
			fprintf(stderr, "%s cannot be attached to %s: %s\n",
				bpf_program__name(prog), target->name,
				strerror(-err));
			return err;
		}
	}
	return 0;
}

int attach_ours(struct bpf_object *obj, const struct target *targets,
		const struct words *words)
{
	struct bpf_program *prog;
	int err;

	bpf_object__for_each_program(prog, obj)
	{
		const struct target *target = target_of(targets, prog);

		if (!bpf_program__autoload(prog) || !is_ours(prog, target))
			continue;
		err = attach_one(prog, target, words);
		if (err) {
			fprintf(stderr, "%s (%s) cannot be attached: %s\n",
				bpf_program__name(prog),
				bpf_program__section_name(prog),
				strerror(-err));
			return err;
		}
		printf("attached: %s (%s)\n", bpf_program__name(prog),
		       bpf_program__section_name(prog));
	}
	return 0;
}

/* What the skeleton has attached, and what nobody has. */
void say_attached(const struct bpf_object_skeleton *skeleton)
{
	static const struct target nothing;
	int i;

	for (i = 0; i < skeleton->prog_cnt; i++) {
		const struct bpf_prog_skeleton *own =
			(void *)skeleton->progs + i * skeleton->prog_skel_sz;
		const struct bpf_program *prog = *own->prog;
		const char *section = bpf_program__section_name(prog);

		if (!bpf_program__autoload(prog))
			continue;
		if (own->link && *own->link)
			printf("attached: %s (%s)\n", own->name, section);
		else if (bpf_program__autoattach(prog) &&
			 !is_ours(prog, &nothing))
			printf("loaded, attached to nothing: %s (%s)\n",
			       own->name, section);
	}
}

void detach_ours(void)
{
	while (link_count)
		bpf_link__destroy(links[--link_count]);
	while (filter_count) {
		struct bpf_tc_opts *opts = &filters[--filter_count].opts;
		struct bpf_tc_hook *hook = &filters[filter_count].hook;

		opts->flags = opts->prog_fd = opts->prog_id = 0;
		bpf_tc_detach(hook, opts);
		if (filters[filter_count].made) {
			/* Both ways: this takes the whole qdisc away. */
			hook->attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
			bpf_tc_hook_destroy(hook);
		}
	}
}
