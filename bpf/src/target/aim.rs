//! What is asked of a target before anything is loaded: whether it suits its
//! program, and for a program that is verified against a kernel's function,
//! which one that is.
//!
//! Knows program types, and what can be written for each. Attaches nothing.

use bpflab_worker::{AttachFailure, Event, Target};
use libbpf_rs::{AsRawLibbpf as _, OpenObject, ProgramImpl, ProgramType, libbpf_sys};

use super::{attach_type, wants_cgroup};
use crate::attach::nearest_in_btf;

/// Tells programs what they are asked to attach to, where that is told before
/// they are loaded.
///
/// # Errors
/// What to say of the first target that cannot be, or is missing.
pub(crate) fn tell(opened: &mut OpenObject, targets: &[(String, Target)]) -> Result<(), Box<Event>> {
    for mut program in opened.progs_mut() {
        let name = program.name().to_string_lossy().into_owned();
        let section = program.section().to_string_lossy().into_owned();
        let kind = program.prog_type();
        // SAFETY: the program belongs to `opened`.
        let attach_type =
            unsafe { libbpf_sys::bpf_program__expected_attach_type(program.as_libbpf_object().as_ptr()) };
        let forms = forms(kind, attach_type);
        let wanted = targets.iter().find(|(own, _)| *own == name).map(|(_, target)| target);
        let reason = match wanted {
            Some(Target::Nothing) => continue,
            None if is_unsaid(kind, &section) => AttachFailure::NeedsTarget { forms: owned(forms) },
            None => continue,
            Some(target) if !suits(target, forms) => AttachFailure::Unsuited { forms: owned(forms) },
            Some(target @ (Target::Call { function: hook, .. } | Target::RawTracepoint { name: hook }))
                if kind == ProgramType::Tracing =>
            {
                // SAFETY: as above. libbpf has dropped the section's `?`.
                let is_optional =
                    unsafe { !libbpf_sys::bpf_program__autoload(program.as_libbpf_object().as_ptr()) };
                if program.set_attach_target(0, Some(hook.clone())).is_ok() || is_optional {
                    continue;
                }
                let nearest = nearest_in_btf(hook, &section);
                AttachFailure::NoSuchHook { asked: words(target), nearest }
            }
            Some(_) => continue,
        };
        return Err(Box::new(Event::AttachFailed { program: name, section, reason }));
    }
    Ok(())
}

/// What can be written for a loaded program.
pub(crate) fn forms_of(program: &ProgramImpl<'_>) -> Vec<String> {
    owned(forms(program.prog_type(), attach_type(program)))
}

/// A target as a section says it, where one could.
pub(crate) fn words(target: &Target) -> Option<String> {
    Some(match target {
        Target::Kprobe { function, at_return: false } => format!("kprobe/{function}"),
        Target::Kprobe { function, at_return: true } => format!("kretprobe/{function}"),
        Target::Call { function, at_return: false } => format!("fentry/{function}"),
        Target::Call { function, at_return: true } => format!("fexit/{function}"),
        Target::Tracepoint { category, name } => format!("tracepoint/{category}/{name}"),
        Target::RawTracepoint { name } => format!("raw_tp/{name}"),
        Target::Interface { .. }
        | Target::Cgroup
        | Target::Uprobe { .. }
        | Target::Usdt { .. }
        | Target::Clock { .. }
        | Target::Counter { .. }
        | Target::Nothing => return None,
    })
}

/// Whether a program is verified against what its section should name, and does not.
fn is_unsaid(kind: ProgramType, section: &str) -> bool {
    matches!(kind, ProgramType::Tracing | ProgramType::Lsm) && !section.contains('/')
}

fn suits(target: &Target, forms: &[&str]) -> bool {
    let own = match target {
        Target::Interface { .. } => "if",
        Target::Cgroup => "cgroup",
        Target::Uprobe { .. } => "uprobe",
        Target::Usdt { .. } => "usdt",
        Target::Kprobe { at_return: false, .. } => "kprobe",
        Target::Kprobe { at_return: true, .. } => "kretprobe",
        Target::Call { at_return: false, .. } => "fentry",
        Target::Call { at_return: true, .. } => "fexit",
        Target::Tracepoint { .. } => "tracepoint",
        Target::RawTracepoint { .. } => "raw_tp",
        Target::Clock { .. } | Target::Counter { .. } => "perf",
        Target::Nothing => return true,
    };
    forms.iter().any(|form| form.split(':').next() == Some(own))
}

/// What can be written for programs of a type, as the server reads it.
fn forms(kind: ProgramType, attach_type: u32) -> &'static [&'static str] {
    const PROBE: &[&str] =
        &["kprobe:FUNCTION", "kretprobe:FUNCTION", "uprobe:PATH:SYMBOL", "usdt:PATH:PROVIDER:NAME"];
    match kind {
        ProgramType::Xdp | ProgramType::SocketFilter => &["if:lab0"],
        ProgramType::SchedCls if super::is_netkit(attach_type) => &["if:nk0"],
        ProgramType::SchedCls => &["if:lab0:ingress", "if:lab0:egress"],
        ProgramType::PerfEvent => &["perf:cpu-clock:99", "perf:cycles:99"],
        // One such program is for many places.
        ProgramType::Kprobe if attach_type != 0 => match attach_type {
            libbpf_sys::BPF_TRACE_KPROBE_MULTI => &["kprobe:PATTERN", "kretprobe:PATTERN"],
            // libbpf makes one for a mark such a program too, where the kernel has the type.
            libbpf_sys::BPF_TRACE_UPROBE_MULTI => &["uprobe:PATH:PATTERN", "usdt:PATH:PROVIDER:NAME"],
            _ => &[],
        },
        ProgramType::Kprobe => PROBE,
        ProgramType::Tracepoint => &["tracepoint:CATEGORY/NAME"],
        ProgramType::RawTracepoint | ProgramType::RawTracepointWritable => &["raw_tp:NAME"],
        ProgramType::Tracing => match attach_type {
            libbpf_sys::BPF_TRACE_FENTRY => &["fentry:FUNCTION"],
            libbpf_sys::BPF_TRACE_FEXIT => &["fexit:FUNCTION"],
            libbpf_sys::BPF_TRACE_RAW_TP => &["raw_tp:NAME"],
            _ => &[],
        },
        kind if wants_cgroup(kind, attach_type) => &["cgroup"],
        _ => &[],
    }
}

fn owned(forms: &[&str]) -> Vec<String> {
    forms.iter().map(|form| (*form).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_suits_the_types_that_it_is_for() {
        let suits = |target: &Target, kind, attach_type| suits(target, forms(kind, attach_type));
        let vfs_read = |at_return| Target::Kprobe { function: "vfs_read".into(), at_return };
        assert!(suits(&vfs_read(true), ProgramType::Kprobe, 0));
        assert!(!suits(&vfs_read(false), ProgramType::Tracing, libbpf_sys::BPF_TRACE_FENTRY));
        let end = Target::Call { function: "vfs_read".into(), at_return: true };
        assert!(suits(&end, ProgramType::Tracing, libbpf_sys::BPF_TRACE_FEXIT));
        assert!(!suits(&end, ProgramType::Tracing, libbpf_sys::BPF_TRACE_FENTRY));
        let raw = Target::RawTracepoint { name: "sched_switch".into() };
        assert!(suits(&raw, ProgramType::Tracing, libbpf_sys::BPF_TRACE_RAW_TP));
        assert!(suits(&raw, ProgramType::RawTracepoint, 0));
        assert!(!suits(&Target::Cgroup, ProgramType::Xdp, libbpf_sys::BPF_XDP));
        assert!(suits(&Target::Cgroup, ProgramType::SockOps, 0));
    }

    #[test]
    fn a_section_without_a_slash_says_nothing_to_be_verified_against() {
        assert!(is_unsaid(ProgramType::Tracing, "fentry"));
        assert!(!is_unsaid(ProgramType::Tracing, "fentry/vfs_read"));
        assert!(!is_unsaid(ProgramType::Kprobe, "kprobe"));
    }
}
