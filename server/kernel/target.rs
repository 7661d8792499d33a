//! What a program attaches to, as a person writes it: `if:lab0:egress`.

use bpflab_worker::{Counter, Target};

use crate::say::Sentence;

/// Reads `KIND:DETAIL`.
///
/// # Errors
/// A sentence that says what can be written.
pub fn target(words: &str) -> Result<Target, Sentence> {
    read(words).ok_or_else(|| Sentence::BadTarget { target: words.chars().take(80).collect() })
}

fn read(words: &str) -> Option<Target> {
    let (kind, detail) = words.split_once(':').unwrap_or((words, ""));
    match (kind, detail) {
        ("cgroup", "") => Some(Target::Cgroup),
        ("none", "") => Some(Target::Nothing),
        ("if", _) => {
            let (name, egress) = match detail.split_once(':') {
                None => (detail, None),
                Some((name, "ingress")) => (name, Some(false)),
                Some((name, "egress")) => (name, Some(true)),
                Some(_) => return None,
            };
            (!name.is_empty()).then(|| Target::Interface { name: name.to_owned(), egress })
        }
        ("uprobe", _) => {
            let (path, symbol) = detail.rsplit_once(':')?;
            let is_whole = !path.is_empty() && !symbol.is_empty();
            is_whole.then(|| Target::Uprobe { path: path.to_owned(), symbol: symbol.to_owned() })
        }
        ("usdt", _) => {
            let (rest, name) = detail.rsplit_once(':')?;
            let (path, provider) = rest.rsplit_once(':')?;
            let [path, provider, name] = [path, provider, name].map(str::to_owned);
            [&path, &provider, &name].iter().all(|word| !word.is_empty()).then_some(())?;
            Some(Target::Usdt { path, provider, name })
        }
        ("kprobe" | "kretprobe", _) => {
            let at_return = kind == "kretprobe";
            is_name(detail).then(|| Target::Kprobe { function: detail.to_owned(), at_return })
        }
        ("fentry" | "fexit", _) => {
            let at_return = kind == "fexit";
            is_name(detail).then(|| Target::Call { function: detail.to_owned(), at_return })
        }
        ("tracepoint", _) => {
            let (category, name) = detail.split_once('/')?;
            let are_names = is_name(category) && is_name(name);
            are_names.then(|| Target::Tracepoint { category: category.to_owned(), name: name.to_owned() })
        }
        ("raw_tp", _) => is_name(detail).then(|| Target::RawTracepoint { name: detail.to_owned() }),
        ("perf", _) => {
            let (event, hz) = detail.split_once(':')?;
            let hz = hz.parse().ok().filter(|hz| (1..=10_000).contains(hz))?;
            match event {
                "cpu-clock" => Some(Target::Clock { hz }),
                event => Some(Target::Counter { event: Counter::parse(event)?, hz }),
            }
        }
        _ => None,
    }
}

/// Whether it could be a name in the kernel, a pattern or a place in a function:
/// which of them there are, the kernel knows.
fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.$+*?".contains(&byte))
}

/// The words that [`target`] reads it from.
pub fn words(target: &Target) -> String {
    match target {
        Target::Interface { name, egress: None } => format!("if:{name}"),
        Target::Interface { name, egress: Some(true) } => format!("if:{name}:egress"),
        Target::Interface { name, egress: Some(false) } => format!("if:{name}:ingress"),
        Target::Cgroup => "cgroup".to_owned(),
        Target::Nothing => "none".to_owned(),
        Target::Uprobe { path, symbol } => format!("uprobe:{path}:{symbol}"),
        Target::Usdt { path, provider, name } => format!("usdt:{path}:{provider}:{name}"),
        Target::Kprobe { function, at_return: false } => format!("kprobe:{function}"),
        Target::Kprobe { function, at_return: true } => format!("kretprobe:{function}"),
        Target::Call { function, at_return: false } => format!("fentry:{function}"),
        Target::Call { function, at_return: true } => format!("fexit:{function}"),
        Target::Tracepoint { category, name } => format!("tracepoint:{category}/{name}"),
        Target::RawTracepoint { name } => format!("raw_tp:{name}"),
        Target::Clock { hz } => format!("perf:cpu-clock:{hz}"),
        Target::Counter { event, hz } => format!("perf:{}:{hz}", event.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_as_the_contract_writes_them() {
        let lab0 = |egress| Target::Interface { name: "lab0".into(), egress };
        assert_eq!(read("if:lab0"), Some(lab0(None)));
        assert_eq!(read("if:lab0:egress"), Some(lab0(Some(true))));
        assert_eq!(read("cgroup"), Some(Target::Cgroup));
        assert_eq!(read("none"), Some(Target::Nothing));
        assert_eq!(read("perf:cpu-clock:99"), Some(Target::Clock { hz: 99 }));
        let cycles = Target::Counter { event: Counter::Cycles, hz: 9 };
        assert_eq!(read("perf:cycles:9"), Some(cycles));
        let bash = Target::Uprobe { path: "/bin/bash".into(), symbol: "readline".into() };
        assert_eq!(read("uprobe:/bin/bash:readline"), Some(bash));
        let probe = |at_return| Some(Target::Kprobe { function: "vfs_read+0x8".into(), at_return });
        assert_eq!(read("kprobe:vfs_read+0x8"), probe(false));
        assert_eq!(read("kretprobe:vfs_read+0x8"), probe(true));
        let tick = Target::Tracepoint { category: "timer".into(), name: "tick_stop".into() };
        assert_eq!(read("tracepoint:timer/tick_stop"), Some(tick));
        for wrong in [
            "",
            "none:x",
            "if:",
            "if:lab0:up",
            "uprobe:/bin/bash",
            "usdt:a:b",
            "kprobe:",
            "kretprobe:vfs read",
            "fentry:a/b",
            "tracepoint:sched_switch",
            "tracepoint:sched/",
            "tracepoint:a/b/c",
            "raw_tp:",
            "perf:cycle:9",
            "perf:cycles",
            "perf:cpu-clock:0",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        for word in [
            "if:lab0",
            "if:lab0:egress",
            "if:lab0:ingress",
            "cgroup",
            "none",
            "uprobe:/bin/bash:readline",
            "usdt:/bin/x:a:b",
            "kprobe:vfs_read",
            "kretprobe:tcp_*",
            "fentry:vfs_read",
            "fexit:vfs_read",
            "tracepoint:sched/sched_switch",
            "raw_tp:sched_switch",
            "perf:cpu-clock:99",
            "perf:cycles:99",
        ] {
            assert_eq!(read(word).as_ref().map(words).as_deref(), Some(word));
        }
    }
}
