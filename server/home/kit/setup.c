// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * Before the program is loaded: its globals take the values that were given,
 * its maps have sizes, and of its optional programs those stay whose hooks this
 * kernel has.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "home.h"

int each_global(struct bpf_object *obj, with_global with, void *context)
{
	const struct btf *btf = bpf_object__btf(obj);
	struct bpf_map *map;
	int done = 0;

	bpf_object__for_each_map(map, obj)
	{
		/* Of such a map's name, the end is the section's name. */
		const char *section = strchr(bpf_map__name(map), '.');
		const struct btf_var_secinfo *var;
		const struct btf_type *type;
		int id, i;

		if (!bpf_map__is_internal(map) || !section)
			continue;
		id = btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);
		if (id < 0)
			continue;
		type = btf__type_by_id(btf, id);
		var = btf_var_secinfos(type);
		for (i = 0; i < btf_vlen(type) && !done; i++, var++) {
			const struct btf_type *own =
				btf__type_by_id(btf, var->type);
			const char *name =
				btf__name_by_offset(btf, own->name_off);

			done = with(map, name, own->type, var->offset, context);
		}
	}
	return done;
}

/* How many bytes an array of bytes has, which we take for a string; else 0. */
int array_of_bytes(const struct btf *btf, __u32 type)
{
	int id = btf__resolve_type(btf, type);
	const struct btf_type *t = id < 0 ? NULL : btf__type_by_id(btf, id);

	if (!t || !btf_is_array(t))
		return 0;
	if (btf__resolve_size(btf, btf_array(t)->type) != 1)
		return 0;
	return btf_array(t)->nelems;
}

struct wish {
	const struct btf *btf;
	const char *name;
	size_t name_len;
	const char *value;
};

static int put_number(void *at, size_t size, bool is_signed, const char *value)
{
	bool negative = value[0] == '-';
	unsigned int bits = size * 8;
	unsigned long long number;
	char *end;

	errno = 0;
	number = strtoull(negative ? value + 1 : value, &end, 0);
	if (errno || end == value + negative || *end ||
	    (negative && !is_signed))
		return -EINVAL;
	if (is_signed ? number - negative > (~0ULL >> (65 - bits))
		      : bits < 64 && number >> bits)
		return -ERANGE;
	if (negative)
		number = -number;
	switch (size) {
	case 1:
		*(__u8 *)at = number;
		return 0;
	case 2:
		*(__u16 *)at = number;
		return 0;
	case 4:
		*(__u32 *)at = number;
		return 0;
	case 8:
		*(__u64 *)at = number;
		return 0;
	}
	return -EINVAL;
}

/* 1 when it is the global that was meant, and is set. */
static int set_if_meant(struct bpf_map *map, const char *name, __u32 type,
			__u32 offset, void *context)
{
	const struct wish *wish = context;
	const struct btf_type *t;
	size_t size, room;
	char *bytes;
	int err = -EINVAL;

	if (strlen(name) != wish->name_len ||
	    strncmp(name, wish->name, wish->name_len))
		return 0;
	bytes = (char *)bpf_map__initial_value(map, &size);
	if (!bytes)
		return -EINVAL;
	room = array_of_bytes(wish->btf, type);
	t = btf__type_by_id(wish->btf, btf__resolve_type(wish->btf, type));
	if (room && strlen(wish->value) < room) {
		memset(bytes + offset, 0, room);
		memcpy(bytes + offset, wish->value, strlen(wish->value));
		err = 0;
	} else if (room) {
		err = -ERANGE;
	} else if (t && (btf_is_int(t) || btf_is_any_enum(t))) {
		bool is_signed =
			btf_is_int(t) && (btf_int_encoding(t) & BTF_INT_SIGNED);

		err = put_number(bytes + offset, t->size, is_signed,
				 wish->value);
	}
	if (err)
		fprintf(stderr, "%s cannot be \"%s\": %s\n", name, wish->value,
			strerror(-err));
	return err ? err : 1;
}

static int say_global(struct bpf_map *map, const char *name, __u32 type,
		      __u32 offset, void *context)
{
	fprintf(stderr, " %s", name);
	return 0;
}

/* NAME=VALUE, -i INTERFACE, -c CGROUP. */
int read_words(struct bpf_object *obj, int argc, char **argv,
	       struct words *words)
{
	struct wish wish = {.btf = bpf_object__btf(obj)};
	int option, done;

	while ((option = getopt(argc, argv, "i:c:")) != -1) {
		if (option == 'i')
			words->interface = optarg;
		else if (option == 'c')
			words->cgroup = optarg;
		else
			goto usage;
	}
	for (; optind < argc; optind++) {
		const char *equals = strchr(argv[optind], '=');

		if (!equals)
			goto usage;
		wish.name = argv[optind];
		wish.name_len = equals - argv[optind];
		wish.value = equals + 1;
		done = each_global(obj, set_if_meant, &wish);
		if (done < 0)
			return done;
		if (!done) {
			fprintf(stderr, "There is no global %.*s; there are:",
				(int)wish.name_len, wish.name);
			each_global(obj, say_global, NULL);
			fprintf(stderr, "\n");
			return -ENOENT;
		}
	}
	return 0;
usage:
	fprintf(stderr,
		"usage: %s [-i INTERFACE] [-c CGROUP] [GLOBAL=VALUE]...\n",
		argv[0]);
	return -EINVAL;
}

/* What most programs give maps that say no size. */
static int usual_size(struct bpf_map *map)
{
	unsigned int entries = 256 * 1024; /* bytes of a ring buffer */

	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_RINGBUF:
	case BPF_MAP_TYPE_USER_RINGBUF:
		break;
	case BPF_MAP_TYPE_STACK_TRACE:
		entries = 1024;
		if (!bpf_map__key_size(map))
			bpf_map__set_key_size(map, sizeof(__u32));
		if (!bpf_map__value_size(map))
			bpf_map__set_value_size(map, 127 * sizeof(__u64));
		break;
	default:
		return 0;
	}
	if (bpf_map__max_entries(map))
		return 0;
	return bpf_map__set_max_entries(map, entries);
}

int size_maps(struct bpf_object *obj, const struct size *sizes)
{
	struct bpf_map *map;
	int err;

	for (; sizes->map; sizes++) {
		map = bpf_object__find_map_by_name(obj, sizes->map);
		if (!map) {
			fprintf(stderr, "There is no map %s.\n", sizes->map);
			return -ENOENT;
		}
		err = bpf_map__set_max_entries(map, sizes->entries);
		if (err)
			return err;
	}
	bpf_object__for_each_map(map, obj)
	{
		err = usual_size(map);
		if (err)
			return err;
	}
	return 0;
}

/* Whether the kernel has a symbol: PREFIX and NAME, up to a '+'. */
static bool has_symbol(const char *prefix, const char *name)
{
	static char wanted[256], last[256];
	static bool found;
	char line[512], symbol[256];
	FILE *symbols;

	snprintf(wanted, sizeof(wanted), "%s%.*s", prefix,
		 (int)strcspn(name, "+"), name);
	/* Often asked twice in a row: at a function's begin, and its end. */
	if (!strcmp(wanted, last))
		return found;
	symbols = fopen("/proc/kallsyms", "r");
	if (!symbols)
		return false;
	strcpy(last, wanted);
	found = false;
	while (!found && fgets(line, sizeof(line), symbols))
		found = sscanf(line, "%*s %*s %255s", symbol) == 1 &&
			!strcmp(symbol, wanted);
	fclose(symbols);
	return found;
}

static bool has_tracepoint(const char *category, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%s/%s",
		 category, name);
	return !access(path, F_OK);
}

static bool kernel_has(const char *section, const struct target *target)
{
	static const struct {
		const char *kind;
		const char *prefix;
	} kinds[] = {
		{"kprobe", ""},
		{"kretprobe", ""},
		{"fentry", ""},
		{"fexit", ""},
		{"fmod_ret", ""},
		{"lsm", "bpf_lsm_"},
		{"tp_btf", "__traceiter_"},
		{"raw_tp", "__traceiter_"},
		{"raw_tracepoint", "__traceiter_"},
	};
	const char *hook = strchr(section, '/');
	size_t i, len = strcspn(section, "/.");

	if (target->kind == PROBE || target->kind == CALL)
		return has_symbol("", target->name);
	if (target->kind == RAW_TRACEPOINT)
		return has_symbol("__traceiter_", target->name);
	if (target->kind == TRACEPOINT)
		return has_tracepoint(target->what, target->name);
	if (!hook)
		return true;
	hook++;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].kind) == len &&
		    !strncmp(section, kinds[i].kind, len))
			return has_symbol(kinds[i].prefix, hook);
	if (strncmp(section, "tp/", 3) && strncmp(section, "tracepoint/", 11))
		return true;
	return has_tracepoint(".", hook);
}

/* SEC("?...") means: load it if this kernel has the hook. */
void choose_optional(struct bpf_object *obj, const struct target *targets)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj)
	{
		const char *section = bpf_program__section_name(prog);

		if (bpf_program__autoload(prog))
			continue;
		if (kernel_has(section, target_of(targets, prog)))
			bpf_program__set_autoload(prog, true);
		else
			printf("left out: %s (%s), which this kernel lacks\n",
			       bpf_program__name(prog), section);
	}
}
