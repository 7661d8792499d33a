//! What some sentences are made of besides numbers and names.

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
