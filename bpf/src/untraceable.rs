//! A function that the kernel has and that no program can be attached to: why.
//!
//! Knows the kernel's lists of symbols, of what kprobes may not touch, and of what can be
//! traced. Says nothing where they do not tell.

use bpflab_worker::{AttachFailure, Untraceable};

use crate::{names::Names, probe::hooks};

/// What a compiler puts behind the name of a function that it has changed or split.
const CHANGED: [&str; 3] = ["isra", "constprop", "part"];

/// Names that are said.
const MOST: usize = 3;

/// Why `function` cannot be attached to, if it is there at all.
pub(crate) fn why(function: &str, names: &Names) -> Option<AttachFailure> {
    let symbols = names.symbols();
    let there = symbols.iter().any(|name| name == function);
    let changed = symbols.iter().filter(|name| is_changed(name, function)).take(MOST);
    let changed: Vec<String> = changed.cloned().collect();
    let how = match (there, changed.is_empty()) {
        (true, _) if hooks::is_forbidden(function) => Untraceable::Forbidden,
        (true, _) => {
            let traceable = names.traceable()?;
            traceable.iter().all(|name| name != function).then_some(Untraceable::Unlisted)?
        }
        (false, false) => Untraceable::Changed { names: changed },
        (false, true) => return None,
    };
    Some(AttachFailure::NotTraceable { function: function.to_owned(), how })
}

/// Whether a symbol is what the compiler made of a function.
fn is_changed(symbol: &str, function: &str) -> bool {
    let suffix = symbol.strip_prefix(function).and_then(|rest| rest.strip_prefix('.'));
    suffix.is_some_and(|suffix| suffix.split('.').next().is_some_and(|word| CHANGED.contains(&word)))
}

/// The function of the kernel that a section names, without an offset into it.
pub(crate) fn function(section: &str) -> Option<&str> {
    let (kind, hook) = section.split_once('/')?;
    match kind.trim_end_matches(".s") {
        "kprobe" | "kretprobe" => hook.split('+').next(),
        "fentry" | "fexit" | "fmod_ret" => Some(hook),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_compiler_made_of_a_function_is_known_by_its_name() {
        for symbol in ["f.isra.0", "f.constprop.0.isra.0", "f.part.12"] {
            assert!(is_changed(symbol, "f"), "{symbol}");
        }
        for symbol in ["f", "f.cold", "f2.isra.0", "__pfx_f.isra.0", "f.llvm.123"] {
            assert!(!is_changed(symbol, "f"), "{symbol}");
        }
    }

    #[test]
    fn a_section_names_its_function() {
        for (section, name) in [
            ("kprobe/a+0x10", Some("a")),
            ("fentry.s/a", Some("a")),
            ("fmod_ret/a", Some("a")),
            ("tp/a/b", None),
            ("kprobe", None),
        ] {
            assert_eq!(function(section), name, "{section}");
        }
    }
}
