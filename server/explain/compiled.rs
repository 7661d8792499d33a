//! clang's words -> what usually lies behind them in a BPF program, as a note.
//!
//! Knows which header has what, and what a kernel has not. Adds nothing where
//! clang's own words say it.

use crate::{
    diagnostic::{Diagnostic, Note, Origin, Place, Words},
    say::{Cause, Sentence},
};

/// Constants that are `#define`s in the kernel, hence in no BTF, with their
/// values from its uapi headers.
const DEFINES: &[(&str, &str)] = &[
    ("AF_INET", "2"),
    ("AF_INET6", "10"),
    ("AF_UNIX", "1"),
    ("EACCES", "13"),
    ("EINVAL", "22"),
    ("ENOENT", "2"),
    ("EPERM", "1"),
    ("ETH_ALEN", "6"),
    ("ETH_P_ARP", "0x0806"),
    ("ETH_P_IP", "0x0800"),
    ("ETH_P_IPV6", "0x86DD"),
    ("IP_MF", "0x2000"),
    ("IP_OFFSET", "0x1FFF"),
    ("O_CREAT", "0100"),
    ("O_RDONLY", "0"),
    ("O_RDWR", "2"),
    ("O_WRONLY", "1"),
    ("PATH_MAX", "4096"),
    ("SIGKILL", "9"),
    ("SIGTERM", "15"),
    ("SOL_SOCKET", "1"),
    ("TC_ACT_OK", "0"),
    ("TC_ACT_PIPE", "3"),
    ("TC_ACT_REDIRECT", "7"),
    ("TC_ACT_SHOT", "2"),
    ("TC_ACT_UNSPEC", "(-1)"),
];

/// Names by how they begin, and the header that has them.
const HEADERS: &[(&str, &str)] = &[
    ("BPF_CORE_READ", "bpf/bpf_core_read.h"),
    ("bpf_core_", "bpf/bpf_core_read.h"),
    ("BPF_PROBE_READ", "bpf/bpf_core_read.h"),
    ("BPF_PROG", "bpf/bpf_tracing.h"),
    ("BPF_KPROBE", "bpf/bpf_tracing.h"),
    ("BPF_KRETPROBE", "bpf/bpf_tracing.h"),
    ("BPF_KSYSCALL", "bpf/bpf_tracing.h"),
    ("BPF_UPROBE", "bpf/bpf_tracing.h"),
    ("BPF_URETPROBE", "bpf/bpf_tracing.h"),
    ("PT_REGS_", "bpf/bpf_tracing.h"),
    ("BPF_SEQ_PRINTF", "bpf/bpf_tracing.h"),
    ("BPF_USDT", "bpf/usdt.bpf.h"),
    ("bpf_usdt_", "bpf/usdt.bpf.h"),
    ("bpf_htons", "bpf/bpf_endian.h"),
    ("bpf_ntohs", "bpf/bpf_endian.h"),
    ("bpf_htonl", "bpf/bpf_endian.h"),
    ("bpf_ntohl", "bpf/bpf_endian.h"),
    ("bpf_be64_to_cpu", "bpf/bpf_endian.h"),
    ("bpf_cpu_to_be64", "bpf/bpf_endian.h"),
    ("bpf_", "bpf/bpf_helpers.h"),
    ("SEC", "bpf/bpf_helpers.h"),
    ("__uint", "bpf/bpf_helpers.h"),
    ("__type", "bpf/bpf_helpers.h"),
    ("__always_inline", "bpf/bpf_helpers.h"),
];

/// Functions of the C library, and what there is instead.
const LIBRARY: &[(&str, &str)] = &[
    ("printf", "bpf_printk()"),
    ("fprintf", "bpf_printk()"),
    ("puts", "bpf_printk()"),
    ("sprintf", "BPF_SNPRINTF()"),
    ("snprintf", "BPF_SNPRINTF()"),
    ("memcpy", "__builtin_memcpy()"),
    ("memset", "__builtin_memset()"),
    ("memmove", "__builtin_memmove()"),
    ("memcmp", "__builtin_memcmp()"),
    ("strcmp", "bpf_strncmp()"),
    ("strncmp", "bpf_strncmp()"),
    ("strlen", "bpf_probe_read_kernel_str()"),
    ("strcpy", "bpf_probe_read_kernel_str()"),
    ("malloc", "a map"),
    ("calloc", "a map"),
    ("free", "a map"),
    ("htons", "bpf_htons()"),
    ("ntohs", "bpf_ntohs()"),
    ("htonl", "bpf_htonl()"),
    ("ntohl", "bpf_ntohl()"),
    ("getpid", "bpf_get_current_pid_tgid()"),
    ("time", "bpf_ktime_get_ns()"),
    ("sleep", "bpf_timer_start()"),
    ("rand", "bpf_get_prandom_u32()"),
];

/// Adds the usual cause to a finding of the compiler's, once; `source` is all that was sent, and
/// `program` its file and text.
pub fn compiled(mut found: Diagnostic, source: &str, program: (&str, &str)) -> Diagnostic {
    let by_line = || match (&found.place, found.is_error()) {
        (Some(place), true) => unknown_macro(place, source, program),
        _ => None,
    };
    if let Words::Tool(words) = &found.message
        && let Some(cause) = cause(words, &found.notes, source).or_else(by_line)
    {
        // Headers of the C library would not help.
        found.notes.retain(|note| match &note.message {
            Words::Tool(words) => !words.starts_with("include the header"),
            Words::Lab(_) => true,
        });
        found.notes.push(Note { place: None, message: Words::Lab(Sentence::Cause(cause)) });
    }
    found
}

/// A macro that nothing defines makes of its line something else, which clang then finds fault with.
fn unknown_macro(place: &Place, source: &str, (file, text): (&str, &str)) -> Option<Cause> {
    let line = text.lines().nth(usize::try_from(place.line).ok()?.checked_sub(1)?)?;
    let is_macro = |name: &str| name.starts_with("BPF_") && line.contains(&format!("{name}("));
    let (name, header) = HEADERS.iter().find(|(name, _)| is_macro(name))?;
    let is_missing = place.file == file && !includes(source, header);
    is_missing.then(|| Cause::Macro { name: (*name).to_owned(), header: (*header).to_owned() })
}

fn includes(source: &str, header: &str) -> bool {
    source.contains(&format!("{header}\"")) || source.contains(&format!("{header}>"))
}

fn cause(words: &str, notes: &[Note], source: &str) -> Option<Cause> {
    let includes = |header: &str| includes(source, header);
    let name = quoted(words);
    if words.contains("file not found") {
        return Some(Cause::NoHeader { header: name? });
    }
    if words.contains("stack limit") {
        return Some(Cause::Stack);
    }
    if words.contains("built-in function 'mem") || words.contains("built-in function 'str") {
        return Some(Cause::BuiltIn { name: name? });
    }
    if words.starts_with("redefinition of") || words.contains("conflicting types for") {
        let of_kernel = |note: &Note| note.place.as_ref().is_some_and(|place| place.file == "vmlinux.h");
        return notes.iter().any(of_kernel).then_some(Cause::Collides { name: name? });
    }
    let missing = words.starts_with("use of undeclared identifier")
        || words.starts_with("call to undeclared function")
        || words.starts_with("call to undeclared library function")
        || words.starts_with("unknown type name")
        || words.starts_with("incomplete definition of type")
        || words.contains("has incomplete type")
        || words.starts_with("expected parameter declarator")
        || words.starts_with("type specifier missing");
    if !missing {
        return None;
    }
    let Some(name) = name else {
        // A macro such as SEC() or __uint() without its header.
        return (!includes("bpf/bpf_helpers.h"))
            .then(|| Cause::Include { header: "bpf/bpf_helpers.h".into() });
    };
    if let Some((_, value)) = DEFINES.iter().find(|(define, _)| *define == name) {
        return Some(Cause::Define { name, value: (*value).to_owned() });
    }
    if let Some((_, instead)) = LIBRARY.iter().find(|(function, _)| *function == name) {
        return Some(Cause::Library { name, instead: (*instead).to_owned() });
    }
    let header = HEADERS.iter().find(|(start, _)| name.starts_with(start)).map(|(_, header)| *header);
    if let Some(header) = header.filter(|header| !includes(header)) {
        return Some(Cause::Include { header: header.to_owned() });
    }
    if !includes("vmlinux.h") {
        return words.contains("type").then(|| Cause::Include { header: "vmlinux.h".into() });
    }
    // A name that is spelt wrong is an unknown one; a struct that is only named is some kernel's.
    words.contains("incomplete").then_some(Cause::NotInKernel { name })
}

/// Maps as they were written before libbpf 1.0: found on their line, with the new form.
pub fn legacy_maps((file, text): (&str, &str)) -> Option<Diagnostic> {
    // The second is the form between: the new section, and the old way to fill it.
    let begins = |text: &str| text.find("SEC(\"maps\")").or_else(|| text.find("SEC(\".maps\") ="));
    let (line, at) = (1..).zip(text.lines()).find_map(|(line, text)| Some((line, begins(text)?)))?;
    let mut found = Diagnostic::error(Origin::Attach, "legacy-maps", Sentence::Cause(Cause::LegacyMaps));
    found.place = Some(Place { file: file.to_owned(), line, column: u32::try_from(at).ok()? + 1 });
    Some(found)
}

/// The first word in quotes, without `struct`.
fn quoted(words: &str) -> Option<String> {
    let (_, rest) = words.split_once('\'')?;
    let (name, _) = rest.split_once('\'')?;
    Some(name.trim_start_matches("struct ").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn the_usual_causes_are_known() {
        let bare = "int x;";
        let full = "#include \"vmlinux.h\"\n#include <bpf/bpf_helpers.h>";
        let say = |words: &str, source: &str| cause(words, &[], source);
        let include = |header: &str| Some(Cause::Include { header: header.into() });
        assert_eq!(say("unknown type name '__u32'", bare), include("vmlinux.h"));
        assert_eq!(say("unknown type name '__u33'", full), None);
        let incomplete = "variable has incomplete type 'struct sched_ext_ops'";
        assert_eq!(say(incomplete, full), Some(Cause::NotInKernel { name: "sched_ext_ops".into() }));
        assert_eq!(say("use of undeclared identifier 'BPF_CORE_READ'", full), include("bpf/bpf_core_read.h"));
        assert_eq!(
            say("call to undeclared function 'bpf_printk'; ISO C99 …", bare),
            include("bpf/bpf_helpers.h")
        );
        assert_eq!(
            say("use of undeclared identifier 'ETH_P_IP'", full),
            Some(Cause::Define { name: "ETH_P_IP".into(), value: "0x0800".into() })
        );
        assert_eq!(
            say("call to undeclared library function 'printf' with type …", full),
            Some(Cause::Library { name: "printf".into(), instead: "bpf_printk()".into() })
        );
        let angled = "'linux/x.h' file not found with <angled> include; use \"quotes\" instead";
        assert_eq!(say(angled, full), Some(Cause::NoHeader { header: "linux/x.h".into() }));
        assert_eq!(say("'stdio.h' file not found", full), Some(Cause::NoHeader { header: "stdio.h".into() }));
        let place = Place { file: "vmlinux.h".into(), line: 7, column: 1 };
        let note = Note { place: Some(place), message: Words::Tool("previous definition is here".into()) };
        assert_eq!(
            cause("redefinition of enumerator 'FIRST'", &[note], full),
            Some(Cause::Collides { name: "FIRST".into() })
        );
        assert_eq!(say("redefinition of 'mine'", full), None);
        assert_eq!(say("expected ';' after expression", full), None);
    }
}
