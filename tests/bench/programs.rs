//! The programs that are measured, and the lessons that give them a stimulus.
//!
//! The same text goes to the lab and to clang by hand. Knows BPF C and the
//! format of lesson folders; does not know who runs them.

use std::{fs, path::Path};

use anyhow::Context as _;

/// A lesson whose stimulus writes once.
pub(crate) const ONCE: (&str, &str) = ("once", "exec lab-do write 1");

/// Compiled for the first row: a program of a lesson, with CO-RE and two helpers.
const OPENSNOOP: &str = include_str!("../../lessons/140-opensnoop/solution.bpf.c");

/// A real program whose text is new for every `number`, so that no cache knows it.
pub(crate) fn opensnoop(number: usize) -> String {
    OPENSNOOP.replace("openat %s", &format!("openat {number} %s"))
}

/// Prints at every write of one thread.
pub(crate) fn writes_of_thread(tid: u32, number: usize) -> String {
    program(&format!(
        "\tif ((__u32)bpf_get_current_pid_tgid() != {tid})\n\t\treturn 0;\n\n\tbpf_printk(\"{}\");\n",
        sample(number)
    ))
}

/// Prints at every write of the stimuli's tool.
pub(crate) fn writes_of_tool(number: usize) -> String {
    program(&format!("{IS_TOOL}\tbpf_printk(\"{}\");\n", sample(number)))
}

/// Prints at every write; no kernel type is read.
pub(crate) fn guest_hello(number: usize) -> String {
    program(&format!("\tbpf_printk(\"hello {number}\");\n"))
}

/// Prints at every write, from a kprobe, what it reads of a kernel struct.
pub(crate) fn guest_core(number: usize) -> String {
    format!(
        "// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include \"vmlinux.h\"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC(\"kprobe/ksys_write\")
int BPF_KPROBE(on_write)
{{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	bpf_printk(\"core {number} %d\", BPF_CORE_READ(task, tgid));
	return 0;
}}

char LICENSE[] SEC(\"license\") = \"GPL\";
"
    )
}

/// A program of any kind with one CO-RE relocation.
pub(crate) fn core_in(section: &str) -> String {
    format!(
        "// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include \"vmlinux.h\"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

int offset;

SEC(\"{section}\")
int on_it(void *ctx)
{{
	offset = bpf_core_field_offset(struct task_struct, tgid);
	return 0;
}}

char LICENSE[] SEC(\"license\") = \"GPL\";
"
    )
}

/// What the two above print.
pub(crate) fn sample(number: usize) -> String {
    format!("sample {number}")
}

/// Prints as fast as the tool writes, and counts how often in its first global.
pub(crate) fn flood() -> String {
    program(&format!("{IS_TOOL}\tbpf_printk(\"write %llu\", __sync_fetch_and_add(&calls, 1));\n"))
}

/// Sends a hundred records at each write of the processes of this name, and
/// counts in its first two globals what it tried and what the full buffer refused.
pub(crate) fn records(writer: &str) -> String {
    format!(
        "// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include \"vmlinux.h\"
#include <bpf/bpf_helpers.h>

struct event {{
	__u64 number;
	__u32 pid;
	char comm[16];
}};

struct {{
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
}} events SEC(\".maps\");

__u64 tried = 0;
__u64 refused = 0;

SEC(\"tp/syscalls/sys_enter_write\")
int on_write(void *ctx)
{{
	char task[16];

	bpf_get_current_comm(task, sizeof(task));
	if (bpf_strncmp(task, sizeof(task), \"{writer}\"))
		return 0;
	for (int i = 0; i < 100; i++) {{
		struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

		tried++;
		if (!event) {{
			refused++;
			continue;
		}}
		event->number = tried;
		event->pid = bpf_get_current_pid_tgid() >> 32;
		bpf_get_current_comm(event->comm, sizeof(event->comm));
		bpf_ringbuf_submit(event, 0);
	}}
	return 0;
}}

char LICENSE[] SEC(\"license\") = \"Dual BSD/GPL\";
"
    )
}

/// By its name, which it has only after exec; this bench's own begins alike.
const IS_TOOL: &str = "\
	char task[16];

	bpf_get_current_comm(task, sizeof(task));
	if (task[0] != 'l' || task[3] != '-' || task[4] != 'd' || task[5] != 'o')
		return 0;

";

fn program(body: &str) -> String {
    format!(
        "// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include \"vmlinux.h\"
#include <bpf/bpf_helpers.h>

__u64 calls = 0;

SEC(\"tp/syscalls/sys_enter_write\")
int on_write(void *ctx)
{{
{body}	return 0;
}}

char LICENSE[] SEC(\"license\") = \"Dual BSD/GPL\";
"
    )
}

/// Writes as fast as it can for so many seconds. The signal is one that
/// cannot be ignored, so that both sides stop alike.
pub(crate) fn flood_command(seconds: u64) -> String {
    format!("exec timeout -s KILL {seconds} lab-do write {}", u32::MAX)
}

/// The name of the lesson that floods for so long.
pub(crate) fn flood_lesson(seconds: u64) -> String {
    format!("flood{seconds}")
}

/// Writes a course of one lesson for each stimulus: over the page's wire a
/// stimulus can only come from a lesson.
pub(crate) fn write_course(folder: &Path, lessons: &[(String, String)]) -> anyhow::Result<()> {
    let both = |text: &str| format!("{{ en = \"{text}\", zh = \"{text}\" }}");
    let course = format!(
        "format = 1\ntitle = {title}\nlead = {title}\n[[part]]\nid = \"bench\"\ntitle = {title}\n",
        title = both("bench")
    );
    fs::write(folder.join("course.toml"), course)?;
    for (number, (slug, stimulus)) in (1..).zip(lessons) {
        let lesson = folder.join(format!("{number:03}-{slug}"));
        fs::create_dir(&lesson)?;
        let title = both(slug);
        let toml = format!(
            "title = {title}\nsummary = {title}\npart = \"bench\"\nminutes = 1\n[run]\nstimulus = \"{stimulus}\"\n"
        );
        let files = [
            ("lesson.toml", toml),
            ("lesson.md", "Bench.\n".to_owned()),
            ("starter.bpf.c", flood()),
            ("solution.bpf.c", flood()),
        ];
        for (name, text) in files {
            fs::write(lesson.join(name), text).with_context(|| name.to_owned())?;
        }
    }
    Ok(())
}
