//! What a processor can count, by the names that `perf list` gives it.
//!
//! Knows names and numbers. Does not know whether this machine's processor counts.

use serde::{Deserialize, Serialize};

/// One of the events that every kernel has a number for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Counter {
    Cycles,
    Instructions,
    CacheReferences,
    CacheMisses,
    Branches,
    BranchMisses,
}

impl Counter {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::Cycles,
        Self::Instructions,
        Self::CacheReferences,
        Self::CacheMisses,
        Self::Branches,
        Self::BranchMisses,
    ];

    /// As `perf` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cycles => "cycles",
            Self::Instructions => "instructions",
            Self::CacheReferences => "cache-references",
            Self::CacheMisses => "cache-misses",
            Self::Branches => "branches",
            Self::BranchMisses => "branch-misses",
        }
    }

    /// By its name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|counter| counter.name() == name)
    }

    /// Its `PERF_COUNT_HW_…`.
    pub fn number(self) -> u8 {
        match self {
            Self::Cycles => 0,
            Self::Instructions => 1,
            Self::CacheReferences => 2,
            Self::CacheMisses => 3,
            Self::Branches => 4,
            Self::BranchMisses => 5,
        }
    }
}
