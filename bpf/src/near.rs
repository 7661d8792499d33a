//! Names close to one that does not exist.
//!
//! The worker offers hooks with it when attaching fails, the server when a
//! lesson's needs are not met. Knows how kernel names are built: of words
//! between underscores. Knows no kernel.

/// A name scores up to 1 for the words that it shares, rare ones first, and up
/// to 1 for its letters. Less than this together is no likeness.
const ALIKE: f64 = 0.8;

/// Letters alone must be this close where no word is shared.
const LETTERS: f64 = 0.7;

/// Words of a wanted name that are looked at.
const MAX_WORDS: usize = 32;

/// What entry stubs of system calls lose: they take registers rather than
/// arguments, so the function behind them is the better offer.
const STUB: f64 = 0.5;

/// How such stubs begin.
const STUBS: [&str; 6] =
    ["__x64_sys_", "__ia32_sys_", "__se_sys_", "__do_sys_", "__ia32_compat_sys_", "__x64_compat_sys_"];

/// Families that the kernel renamed, as far as lessons meet them: functions
/// that look a path up and act on it, somewhere between 6.12 and 7.3.
const RENAMED: [(&str, &str); 1] = [("do_", "filename_")];

/// At most `most` of the names, the most alike first.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<String> {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    let mut parts: Vec<&str> = words(wanted).take(MAX_WORDS).collect();
    parts.sort_unstable();
    parts.dedup();
    let has: Vec<u32> = known.iter().map(|name| shared(&parts, name)).collect();
    let weights = weights(parts.len(), &has);
    let total: f64 = weights.iter().sum();
    let letters = letters(wanted);
    let mut alike: Vec<(f64, &str)> = known
        .into_iter()
        .zip(has)
        .filter_map(|(name, has)| {
            let shared: f64 = weights
                .iter()
                .enumerate()
                .filter(|(at, _)| has >> at & 1 == 1)
                .map(|(_, weight)| weight)
                .sum();
            let shared = if total > 0.0 { shared / total } else { 0.0 };
            let longest = wanted.len().max(name.len()).max(1) as f64;
            let is_close = |apart: usize| {
                let close = 1.0 - apart as f64 / longest;
                (shared + close >= ALIKE && (shared > 0.0 || close >= LETTERS)).then_some(close)
            };
            // No distance is smaller than these two: most names end here.
            is_close(wanted.len().abs_diff(name.len()))?;
            is_close(missing(letters, name))?;
            let close = is_close(distance(wanted.as_bytes(), name.as_bytes()))?;
            let stub = STUBS.iter().any(|begin| name.starts_with(begin));
            let renamed = if is_renamed(wanted, name) { 1.0 } else { 0.0 };
            Some((shared + close + renamed - if stub { STUB } else { 0.0 }, name))
        })
        .collect();
    alike.sort_by(|(a, left), (b, right)| b.total_cmp(a).then(left.cmp(right)));
    alike.into_iter().take(most).map(|(_, name)| name.to_owned()).collect()
}

fn is_renamed(wanted: &str, name: &str) -> bool {
    RENAMED.iter().any(|(old, new)| {
        let rest = wanted.strip_prefix(old);
        rest.is_some() && rest == name.strip_prefix(new)
    })
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['_', '/', '.', ':']).filter(|word| !word.is_empty())
}

/// Which of the words a name has: the first is the lowest bit.
fn shared(parts: &[&str], name: &str) -> u32 {
    words(name).filter_map(|own| parts.iter().position(|part| *part == own)).fold(0, |all, at| all | 1 << at)
}

/// How much each of so many words tells: one that few names have tells more.
fn weights(parts: usize, has: &[u32]) -> Vec<f64> {
    let all = has.len() as f64 + 1.0;
    let having = |at: usize| has.iter().filter(|has| *has >> at & 1 == 1).count();
    (0..parts).map(|at| (all / having(at).max(1) as f64).ln()).collect()
}

/// How often each byte is in a name; bytes that are 64 apart are as one.
fn letters(name: &str) -> [i32; 64] {
    let mut counts = [0_i32; 64];
    name.bytes().for_each(|byte| counts[usize::from(byte) % 64] += 1);
    counts
}

/// Bytes of a name that another lacks, or that it lacks, whichever are more: as many slips at least.
fn missing(mut of: [i32; 64], name: &str) -> usize {
    name.bytes().for_each(|byte| of[usize::from(byte) % 64] -= 1);
    let (mut more, mut less) = (0, 0);
    for left in of {
        if left > 0 {
            more += left.unsigned_abs() as usize;
        } else {
            less += left.unsigned_abs() as usize;
        }
    }
    more.max(less)
}

/// Levenshtein's distance in bytes, where two neighbours in each other's place
/// are one slip: hook names are ASCII.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let (mut before, mut next) = (row.clone(), row.clone());
    for (i, from) in a.iter().enumerate() {
        next[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let change = row[j] + usize::from(from != to);
            next[j + 1] = change.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *to && *from == b[j - 1] {
                next[j + 1] = next[j + 1].min(before[j - 1] + 1);
            }
        }
        std::mem::swap(&mut before, &mut row);
        std::mem::swap(&mut row, &mut next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_hook_comes_first() {
        let known = ["syscalls/sys_enter_openat", "syscalls/sys_enter_openat2", "syscalls/sys_enter_open"];
        assert_eq!(nearest("syscalls/sys_enter_opneat", known, 5)[0], "syscalls/sys_enter_openat");
    }

    #[test]
    fn a_shared_word_tells_more_than_letters() {
        let known = [
            "do_symlinkat",
            "do_mknodat",
            "do_linkat",
            "do_renameat2",
            "do_mkdirat",
            "do_sys_open",
            "do_exit",
            "do_idle",
            "__x64_sys_unlinkat",
            "__ia32_sys_unlinkat",
            "__do_sys_unlinkat",
            "filename_unlinkat",
            "filename_mkdirat",
            "io_unlinkat",
            "io_unlinkat_prep",
            "io_mkdirat",
            "filename_lookup",
            "vfs_unlink",
            "vfs_read",
            "vfs_write",
            "shmem_unlink",
        ];
        assert_eq!(nearest("do_unlinkat", known, 3)[0], "filename_unlinkat");
    }

    #[test]
    fn what_is_not_alike_is_not_offered() {
        assert!(nearest("do_unlinkat", ["tcp_v4_connect", "schedule", "kfree"], 5).is_empty());
        assert!(nearest("zzz", ["tcp_v4_connect", "schedule", "kfree"], 5).is_empty());
        assert!(nearest("", ["kfree"], 5).is_empty());
    }

    #[test]
    fn a_mistyped_word_is_found_by_its_letters() {
        let known = ["vfs_unlink", "vfs_link", "vfs_mkdir", "vfs_read", "tcp_connect"];
        assert_eq!(nearest("vfs_unlnk", known, 1), ["vfs_unlink"]);
        assert_eq!(nearest("raedline", ["readline", "headlight", "rl_end"], 3), ["readline"]);
    }
}
