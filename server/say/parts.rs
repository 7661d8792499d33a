//! What some sentences are made of besides numbers and names, and which names they list.

use bpflab_worker::nearest;

/// Why it matters to a learner that a kernel lacks something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Matters {
    KernelFunctions,
    Tracepoints,
    UserFunctions,
    Sampling,
    Listing,
    Policy,
    Packets,
    Sockets,
    Cgroups,
    Replacing,
}

/// A trace line that shows what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Example {
    Matching(String),
    Other(String),
}

/// What came in lines besides trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Printed {
    ByStimulus,
    ByIterator,
    Records,
}

/// How many trace lines a check wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Found {
    AtLeast(u64),
    AtMost(u64),
    Exactly(u64),
}

/// Whether a section names a function of the kernel.
pub(super) fn names_function(section: &str) -> bool {
    let kind = section.split_once('/').map_or("", |(kind, _)| kind.trim_end_matches(".s"));
    ["kprobe", "kretprobe", "fentry", "fexit", "fmod_ret"].contains(&kind)
}

/// Names that are listed where one was wrong, at most.
const MOST_NAMES: usize = 8;

/// The names that there are, those that are like the wanted one first. `…` stands for what is left out.
pub(super) fn like(wanted: &str, known: &[String]) -> Vec<String> {
    let mut names = nearest(wanted, known.iter().map(String::as_str), MOST_NAMES);
    let others: Vec<&String> = known.iter().filter(|name| !names.contains(name)).collect();
    names.extend(others.into_iter().cloned());
    if names.len() > MOST_NAMES {
        names.truncate(MOST_NAMES);
        names.push("…".to_owned());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_come_first_and_many_are_cut() {
        let names = |known: &[&str]| known.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(like("cuonts", &names(&["a", "counts"])), ["counts", "a"]);
        let many: Vec<String> = (0..500).map(|number| format!("look{number}")).collect();
        let said = like("lok77", &many);
        assert_eq!((said[0].as_str(), said.len()), ("look77", MOST_NAMES + 1));
    }
}
