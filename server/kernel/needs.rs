//! What a program needs of a kernel, and what a kernel lacks of it.
//!
//! Pure: knows a release and what was found on that kernel, not how.

use std::fmt;

use bpflab_worker::{Features, nearest};

use super::features::{HookKind, has, is_for_guests, is_program_type};

/// Names offered for a hook that does not exist.
const MAX_NEAREST: usize = 3;

/// The words before a feature's colon.
const GROUPS: [&str; 4] = ["map", "helper", "kfunc", "security"];

/// What a program needs. Nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Oldest kernel.
    pub kernel: Option<Version>,
    /// Program types, and `map:…`, `helper:…`, `kfunc:…`.
    pub features: Vec<String>,
    /// Places to attach to.
    pub hooks: Vec<Hook>,
    /// What only a guest has: its disk, its two interfaces, its programs; or a
    /// program type that this machine's own kernel never takes.
    pub guest: bool,
    /// What the guest's root has besides, by the images' recipe.
    pub extra: Option<String>,
}

/// The first two numbers of a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 5 of 5.10.
    pub major: u32,
    /// 10 of 5.10.
    pub minor: u32,
}

/// A place to attach to, by one of several names: `kprobe:do_unlinkat|filename_unlinkat`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// As written: `kretprobe`.
    pub word: String,
    /// Whose list it is in.
    pub kind: HookKind,
    /// Any of these will do.
    pub names: Vec<String>,
}

/// Something that a kernel lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmet {
    /// It is this machine's own, and what is needed is in guests.
    Guest,
    /// It is too old.
    Kernel {
        /// The oldest that will do.
        needs: Version,
        /// Its own release.
        release: String,
    },
    /// It cannot do this.
    Feature(String),
    /// It has no such hook.
    Hook {
        /// The hook.
        hook: Hook,
        /// Names that are close, and that it has.
        nearest: Vec<String>,
    },
}

impl Version {
    /// Of `6.1`, `6.1.0-38-cloud-amd64` or `7.x`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(|c: char| !c.is_ascii_digit());
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or(0);
        Some(Self { major, minor })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Hook {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("a hook is written kprobe:NAME or tracepoint:CATEGORY/EVENT, not \"{text}\"");
        let (word, names) = text.split_once(':').ok_or_else(wrong)?;
        let kind = HookKind::parse(word.trim_end_matches(".s")).ok_or_else(wrong)?;
        let names: Vec<String> = names.split('|').map(str::to_owned).collect();
        if names.iter().any(String::is_empty) {
            return Err(wrong());
        }
        Ok(Self { word: word.to_owned(), kind, names })
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.word, self.names.join("|"))
    }
}

impl Needs {
    /// As a lesson writes them. `Err` is a sentence for its author.
    pub fn parse(kernel: Option<&str>, features: Vec<String>, hooks: &[String]) -> Result<Self, String> {
        let version = |text: &str| {
            Version::parse(text).ok_or_else(|| format!("a kernel is written 5.10, not \"{text}\""))
        };
        let odd = features.iter().find(|feature| match feature.split_once(':') {
            None => !is_program_type(feature),
            Some((group, name)) => !GROUPS.contains(&group) || name.is_empty(),
        });
        if let Some(odd) = odd {
            return Err(format!(
                "a feature is a program type (`bpflab kernels` lists them), or map:NAME, helper:NAME, kfunc:NAME, security:NAME; not \"{odd}\""
            ));
        }
        Ok(Self {
            kernel: kernel.map(version).transpose()?,
            guest: features.iter().any(|feature| is_for_guests(feature)),
            features,
            extra: None,
            hooks: hooks.iter().map(|text| Hook::parse(text)).collect::<Result<_, _>>()?,
        })
    }

    /// Needs these features too.
    pub fn also(&mut self, features: Vec<String>) {
        let new: Vec<String> = features.into_iter().filter(|one| !self.features.contains(one)).collect();
        self.features.extend(new);
    }

    /// Needs these hooks too.
    pub fn also_hooks(&mut self, hooks: Vec<Hook>) {
        let new: Vec<Hook> = hooks.into_iter().filter(|one| !self.hooks.contains(one)).collect();
        self.hooks.extend(new);
    }

    /// Nothing at all.
    pub fn is_empty(&self) -> bool {
        self.kernel.is_none() && self.features.is_empty() && self.hooks.is_empty() && !self.guest
    }

    /// In the lesson's own words, in its order.
    pub fn words(&self) -> Vec<String> {
        let kernel = self.kernel.map(|version| version.to_string());
        let hooks = self.hooks.iter().map(Hook::to_string);
        let guest = self.guest.then(|| "guest".to_owned());
        let extra = self.extra.clone();
        kernel
            .into_iter()
            .chain(guest)
            .chain(extra)
            .chain(self.features.iter().cloned())
            .chain(hooks)
            .collect()
    }
}

/// What a place to run lacks, with a kernel of this release and these features.
pub fn unmet_at(place: &str, needs: &Needs, release: &str, features: &Features) -> Vec<Unmet> {
    if needs.guest && place == super::HOST {
        return vec![Unmet::Guest];
    }
    unmet(needs, release, features)
}

/// The same of the kernel alone. A list of hooks that is empty says nothing:
/// this kernel does not tell.
fn unmet(needs: &Needs, release: &str, features: &Features) -> Vec<Unmet> {
    let mut found = Vec::new();
    if let Some(oldest) = needs.kernel
        && Version::parse(release).is_none_or(|own| own < oldest)
    {
        found.push(Unmet::Kernel { needs: oldest, release: release.to_owned() });
    }
    let lacking = needs.features.iter().filter(|feature| !has(features, feature));
    found.extend(lacking.map(|feature| Unmet::Feature(feature.clone())));
    for hook in &needs.hooks {
        let known: Vec<&str> = hook.kind.names(features).collect();
        let there = |name: &String| known.contains(&name.as_str());
        if !known.is_empty() && !hook.names.iter().any(there) {
            let wanted = hook.names.first().map(String::as_str).unwrap_or_default();
            let nearest = nearest(wanted, known, MAX_NEAREST);
            found.push(Unmet::Hook { hook: hook.clone(), nearest });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use bpflab_worker::{Helper, Hooks, Probe, Tried};

    use super::*;

    fn needs(kernel: Option<&str>, features: &[&str], hooks: &[&str]) -> Needs {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        Needs::parse(kernel, own(features), &own(hooks)).unwrap()
    }

    fn newest() -> Features {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let probe = |kind: &str, attach| Probe { kind: kind.into(), load: Tried::Worked, attach };
        Features {
            programs: vec![
                probe("kprobe", Tried::Worked),
                probe("kprobe.multi", Tried::Errno(22)),
                probe("struct_ops", Tried::NotTried),
                probe("lsm", Tried::Worked),
            ],
            maps: own(&["hash", "ringbuf"]),
            helpers: vec![Helper { name: "bpf_loop".into(), programs: own(&["kprobe"]) }],
            kfuncs: Vec::new(),
            security: own(&["yama", "bpf"]),
            hooks: Hooks {
                tracepoints: own(&["syscalls/sys_enter_openat", "syscalls/sys_enter_openat2"]),
                functions: own(&["filename_unlinkat", "do_symlinkat", "vfs_unlink", "do_exit"]),
                untyped: own(&["asm_handler"]),
                decisions: own(&["socket_connect"]),
                ..Hooks::default()
            },
        }
    }

    #[test]
    fn what_is_there_is_met() {
        let all = needs(
            Some("5.10"),
            &["kprobe", "map:ringbuf", "helper:bpf_loop", "lsm", "struct_ops", "security:bpf"],
            &[
                "tracepoint:syscalls/sys_enter_openat",
                "kretprobe:asm_handler",
                "fexit:vfs_unlink",
                "lsm:socket_connect",
                "kprobe:do_unlinkat|filename_unlinkat",
            ],
        );
        assert_eq!(unmet(&all, "7.3.1-cloud-amd64", &newest()), []);
    }

    #[test]
    fn an_older_kernel_is_unmet_and_numbers_are_no_letters() {
        let found = unmet(&needs(Some("6.12"), &[], &[]), "6.2.0-1", &Features::default());
        let version = Version { major: 6, minor: 12 };
        assert_eq!(found, [Unmet::Kernel { needs: version, release: "6.2.0-1".into() }]);
        assert!(unmet(&needs(Some("6.2"), &[], &[]), "6.12.0", &Features::default()).is_empty());
        assert!(!unmet(&needs(Some("6.2"), &[], &[]), "unknown", &Features::default()).is_empty());
    }

    #[test]
    fn what_only_guests_have_the_host_lacks() {
        let needs = Needs { guest: true, ..Needs::default() };
        assert!(!needs.is_empty());
        assert_eq!(unmet_at("host", &needs, "7.3", &newest()), [Unmet::Guest]);
        assert_eq!(unmet_at("6.1", &needs, "7.3", &newest()), []);
    }

    #[test]
    fn programs_that_decide_are_for_guests_though_nobody_says_so() {
        for kind in ["lsm", "socket", "xdp", "tc", "cgroup/sock"] {
            let found = unmet_at("host", &needs(None, &["kprobe", kind], &[]), "7.3", &newest());
            assert_eq!(found, [Unmet::Guest], "{kind}");
        }
        for kind in ["kprobe", "tp_btf", "iter", "map:hash"] {
            assert!(!needs(None, &[kind], &[]).guest, "{kind}");
        }
    }

    #[test]
    fn what_attaches_to_nothing_is_unmet() {
        let wanted = needs(None, &["kprobe.multi", "map:arena", "helper:bpf_magic", "xdp"], &[]);
        let names = ["kprobe.multi", "map:arena", "helper:bpf_magic", "xdp"];
        let expected = names.map(|name| Unmet::Feature(name.into()));
        assert_eq!(unmet(&wanted, "7.3", &newest()), expected);
    }

    #[test]
    fn lsm_programs_that_nobody_asks_are_unmet() {
        let without = Features { security: vec!["yama".into()], ..newest() };
        assert_eq!(unmet(&needs(None, &["lsm"], &[]), "7.3", &without).len(), 1);
    }

    #[test]
    fn a_hook_that_is_gone_names_the_one_that_took_its_place() {
        let found = unmet(&needs(None, &[], &["kprobe:do_unlinkat"]), "7.3", &newest());
        let [Unmet::Hook { hook, nearest }] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (hook.to_string().as_str(), nearest[0].as_str()),
            ("kprobe:do_unlinkat", "filename_unlinkat")
        );
    }

    #[test]
    fn fentry_needs_types() {
        assert_eq!(unmet(&needs(None, &[], &["fentry:asm_handler"]), "7.3", &newest()).len(), 1);
    }

    #[test]
    fn a_kernel_that_does_not_tell_its_hooks_is_not_accused() {
        assert!(unmet(&needs(None, &[], &["iter:ksym"]), "7.3", &newest()).is_empty());
    }

    #[test]
    fn needs_that_make_no_sense_are_their_authors() {
        let parse = |feature: &str, hook: &str| {
            let hooks: Vec<String> =
                [hook].into_iter().filter(|hook| !hook.is_empty()).map(Into::into).collect();
            Needs::parse(None, vec![feature.to_owned()], &hooks)
        };
        for (feature, hook) in [
            ("maps:hash", ""),
            ("map:", ""),
            ("", ""),
            ("tracepiont", ""),
            ("kprobe", "do_unlinkat"),
            ("kprobe", "kprobes:x"),
            ("kprobe", "kprobe:a||b"),
        ] {
            assert!(parse(feature, hook).is_err(), "{feature} {hook}");
        }
        assert!(Needs::parse(Some("new"), Vec::new(), &[]).is_err());
    }
}
