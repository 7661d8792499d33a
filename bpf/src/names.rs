//! The names of the kernel's functions, for those who ask why one cannot be attached to.
//!
//! Each list is read once, for it takes the kernel a second or more under emulation: in a
//! guest before its snapshot is made, so that no learner waits. Modules bring functions with
//! them, so with other modules the lists are read anew. Knows no addresses.

use std::{
    fs,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use crate::probe::hooks;

/// Every symbol of the kernel: `ADDRESS TYPE NAME [MODULE]`.
const SYMBOLS: &str = "/proc/kallsyms";

const MODULES: &str = "/proc/modules";

/// How long the kernel may take to list what can be traced: it looks each
/// function up, and a learner waits.
const PATIENCE: Duration = Duration::from_secs(5);

/// The lists of one moment.
#[derive(Default)]
pub(crate) struct Names {
    /// Those that were loaded.
    modules: String,
    symbols: OnceLock<Vec<String>>,
    traceable: OnceLock<Option<Vec<String>>>,
}

/// The running kernel's.
pub(crate) fn of_kernel() -> Arc<Names> {
    static LATEST: Mutex<Option<Arc<Names>>> = Mutex::new(None);
    let mut latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner);
    let modules = modules();
    match latest.as_ref() {
        // One whose list took too long is not kept: it may go better the next time.
        Some(names) if names.modules == modules && names.traceable.get() != Some(&None) => names.clone(),
        _ => latest.insert(Arc::new(Names { modules, ..Names::default() })).clone(),
    }
}

/// By name: how many use each now does not matter.
fn modules() -> String {
    let list = fs::read_to_string(MODULES).unwrap_or_default();
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    names.collect::<Vec<_>>().join(" ")
}

impl Names {
    /// Whatever is in the kernel's own list of symbols.
    pub(crate) fn symbols(&self) -> &[String] {
        self.symbols.get_or_init(|| {
            let list = fs::read_to_string(SYMBOLS).unwrap_or_default();
            list.lines().filter_map(|line| line.split_whitespace().nth(2)).map(str::to_owned).collect()
        })
    }

    /// What kprobes and fentry can be attached to, sorted; `None` where the kernel does not
    /// tell in time.
    pub(crate) fn traceable(&self) -> Option<&[String]> {
        self.traceable.get_or_init(|| hooks::functions(Some(PATIENCE))).as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_once_while_the_modules_are_the_same() {
        let first = of_kernel();
        assert!(first.symbols().iter().any(|name| name == "schedule"));
        assert!(Arc::ptr_eq(&first, &of_kernel()));
    }
}
