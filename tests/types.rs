//! Relocations against the types that an object needs, and against all of the
//! kernel's: libbpf must find the same, on every kernel.

mod support;

use bpflab::{
    compile::{Compiled, Object, Sources, Types},
    lab::{self, Folders, Setup},
    run::Lab,
};
use bpflab_worker::{Command, Event, KernelTypes, Load, Policy, Relocation, Span};
use support::guests::{KERNELS, can_use_guests};

/// One of each way of asking, of types that kernels have in several forms.
const EVERYTHING: &str = r#"#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_struct___old {
	long state;
} __attribute__((preserve_access_index));

struct task_struct___none {
	int nobody_has_this;
} __attribute__((preserve_access_index));

struct kernel_stat___part {
	unsigned int softirqs[10];
} __attribute__((preserve_access_index));

enum bpf_prog_type___some {
	BPF_PROG_TYPE_KPROBE___some = 77,
	BPF_PROG_TYPE_OF_NOBODY___some = 78,
};

volatile long seen;

SEC("kprobe/ksys_write")
int on_it(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct___old *old = (void *)task;
	struct tcp_sock *sock = (void *)task;

	seen += BPF_CORE_READ(task, real_parent, mm, start_code);
	seen += BPF_CORE_READ(task, se.sum_exec_runtime);
	seen += bpf_core_field_offset(task->comm[3]);
	seen += bpf_core_field_size(task->comm);
	seen += bpf_core_field_offset(task->thread.sp);
	seen += bpf_core_field_exists(old->state);
	seen += bpf_core_field_exists(((struct task_struct___none *)0)->nobody_has_this);
	seen += bpf_core_field_offset(((struct kernel_stat___part *)0)->softirqs[3]);
	seen += BPF_CORE_READ_BITFIELD_PROBED(task, sched_reset_on_fork);
	seen += BPF_CORE_READ_BITFIELD_PROBED(sock, is_cwnd_limited);
	seen += bpf_core_field_offset(((struct sk_buff *)0)->_skb_refdst);
	seen += bpf_core_field_offset(((struct iphdr *)0)->daddr);
	seen += bpf_core_type_size(struct pt_regs) + bpf_core_type_size(union bpf_attr);
	seen += bpf_core_type_exists(struct task_struct___none);
	seen += bpf_core_enum_value(enum bpf_prog_type___some, BPF_PROG_TYPE_KPROBE___some);
	seen += bpf_core_enum_value_exists(enum bpf_prog_type___some, BPF_PROG_TYPE_OF_NOBODY___some);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
"#;

/// What only all types will do for: a number among them, a type that is compared whole.
const ONLY_ALL: [&str; 2] =
    ["bpf_core_type_id_kernel(struct task_struct)", "bpf_core_type_matches(struct task_struct)"];

/// A name that may be a module's.
const PARTLY: &str = "bpf_core_type_exists(struct this_may_be_a_modules)";

async fn compile(lab: &Lab, types: &Types, text: &str) -> std::sync::Arc<Object> {
    let compiler = lab.compilers.as_ref().expect("a compiler").get(types).await.expect("headers");
    let sources = Sources::new([("types.bpf.c".to_owned(), text.to_owned())].into()).expect("a program");
    match compiler.compile(&sources).await.expect("clang") {
        Compiled::Object { object, .. } => object,
        Compiled::Failed(found) => panic!("{found:#?}"),
    }
}

/// What libbpf patched, and whether the kernel took the program.
async fn relocated(lab: &Lab, kernel: &str, object: &Object, types: KernelTypes) -> (Vec<Relocation>, bool) {
    let span = Span { exactly_ms: None, after_stimulus_ms: 0, at_most_ms: 1_000 };
    let mut load = Some(Command::Load(Box::new(Load {
        types,
        ..Load::plain(object.bytes().to_vec(), Policy::VerifyOnly, span)
    })));
    let mut worker = lab.backends.worker(kernel).await.expect("a guest");
    let mut found = Vec::new();
    let loaded = loop {
        match worker.next().await.expect("an event").expect("a guest that lives") {
            Event::Hello { .. } => {
                if let Some(load) = load.take() {
                    worker.send(&load).await.expect("sent");
                }
            }
            Event::Relocated(some) => found.extend(some),
            Event::Loaded { .. } => break true,
            Event::LoadFailed { .. } => break false,
            Event::Log { text, .. } => println!("{text}"),
            other => println!("{other:?}"),
        }
    };
    worker.gone().await;
    (found, loaded)
}

#[tokio::test(flavor = "multi_thread")]
async fn needed_types_do_as_well_as_all_of_them() {
    if !can_use_guests() {
        return;
    }
    let lab = lab::prepare(&Folders::new(None, None), &Setup::local()).await;
    for kernel in KERNELS {
        let types = Types::File(lab.backends.types(kernel).await.expect("ready").expect("a file"));
        let object = compile(&lab, &types, EVERYTHING).await;
        let KernelTypes::Needed(needed) = object.types_needed(&types) else {
            panic!("{kernel}: all of them")
        };
        let sizes = (needed.len() as u64, std::fs::metadata(file(&types)).expect("types").len());
        assert!(sizes.0 < sizes.1 / 10, "{kernel}: {sizes:?}");
        let with_all = relocated(&lab, kernel, &object, KernelTypes::All).await;
        let with_needed = relocated(&lab, kernel, &object, KernelTypes::Needed(needed)).await;
        assert!(with_all.1 && with_all.0.len() >= 20, "{kernel}: {with_all:?}");
        assert_eq!(with_all, with_needed, "{kernel}");
        assert!(with_all.0.iter().any(|one| one.target != Some(one.local)), "nothing had to be patched");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_needs_all_types_is_given_all() {
    if !can_use_guests() {
        return;
    }
    let lab = lab::prepare(&Folders::new(None, None), &Setup::local()).await;
    let kernel = support::guests::DEFAULT;
    let types = Types::File(lab.backends.types(kernel).await.expect("ready").expect("a file"));
    for asks in ONLY_ALL.into_iter().chain([PARTLY]) {
        let text = format!(
            "#include \"vmlinux.h\"\n#include <bpf/bpf_core_read.h>\n#include <bpf/bpf_helpers.h>\n\
             struct this_may_be_a_modules {{ int x; }} __attribute__((preserve_access_index));\n\
             long seen;\nSEC(\"kprobe/ksys_write\") int on_it(void *ctx) {{ seen = {asks}; return 0; }}\n\
             char LICENSE[] SEC(\"license\") = \"GPL\";\n"
        );
        let object = compile(&lab, &types, &text).await;
        let needed = object.types_needed(&types);
        if asks == PARTLY {
            assert!(matches!(needed, KernelTypes::Partly(_)), "{asks}: {needed:?}");
        } else {
            assert_eq!(needed, KernelTypes::All, "{asks}");
        }
        assert!(relocated(&lab, kernel, &object, needed).await.1, "{asks}");
    }
}

fn file(types: &Types) -> &std::path::Path {
    match types {
        Types::Running => panic!("a guest's types are a file"),
        Types::File(file) => file,
    }
}
