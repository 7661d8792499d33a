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
        for wrong in [
            "",
            "none:x",
            "if:",
            "if:lab0:up",
            "uprobe:/bin/bash",
            "usdt:a:b",
            "perf:cycle:9",
            "perf:cycles",
            "perf:cpu-clock:0",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
