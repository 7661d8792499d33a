//! The phrases of the verifier's report in Chinese.
//!
//! Each with holes for what varies; what stands in a hole is looked up again, and
//! stays where it is no phrase: registers, numbers, names.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// A hole in a hole in a hole is as deep as the kernel goes.
const MAX_DEPTH: usize = 4;

/// The kernel's words, with `{}` for what varies, and ours, with its number.
const PHRASES: &[(&str, &str)] = &[
    // Why: values.
    (
        "{} may be NULL here ({}). The program could dereference NULL on this path, so the verifier cannot prove this access is safe.",
        "{0} 在这里可能为 NULL（{1}）。程序沿这条路径可能解引用 NULL，因此验证器无法证明这次访问是安全的。",
    ),
    ("{} is an integer scalar here, not a pointer to memory.", "{0} 在这里是一个整数，不是指向内存的指针。"),
    (
        "{} has offset {} here, but this pointer type must be dereferenced in its original form.",
        "{0} 在这里带有偏移 {1}，而这种指针只能以原样解引用。",
    ),
    (
        "{} has type {} here, which is not valid for this memory access.",
        "{0} 在这里的类型是 {1}，不能用于这次内存访问。",
    ),
    (
        "{} has never been initialized on this path, so the verifier cannot use it as an input.",
        "{0} 在这条路径上从未写入过，不能作为输入。",
    ),
    (
        "{} is not readable here. A previous operation invalidated this register, so the verifier cannot use it as an input.",
        "{0} 在这里不可读：之前的操作使这个寄存器失效了，不能作为输入。",
    ),
    (
        "{} is not readable here. It may never have been initialized, or an earlier operation may have invalidated it.",
        "{0} 在这里不可读：它可能从未写入过，也可能被之前的操作变为无效。",
    ),
    // Why: bounds.
    (
        "The verifier cannot prove offset + access_size <= object_size. Here, {}. {} is {}; offset is {}; access_size is {}; object_size is {}.",
        "验证器无法证明 偏移 + 访问大小 ≤ 对象大小。这里，{0}。{1} 是{2}；偏移：{3}；访问大小：{4}；对象大小：{5}。",
    ),
    ("the minimal bound for a memory access is a negative value: {}", "内存访问的下界是负数：{0}"),
    (
        "the minimal bound for a memory access is {} and is outside of the object of size {}",
        "内存访问的下界是 {0}，已在大小为 {1} 的对象之外",
    ),
    (
        "the maximal bound for a memory access is {} and exceeds maximum allowed offset of {}",
        "内存访问的上界是 {0}，超过了允许的最大偏移 {1}",
    ),
    (
        "the maximal bound for a memory access is {}: start {} + access_size {}, beyond object_size {}",
        "内存访问的上界是 {0}（起点 {1} + 访问大小 {2}），超出了对象大小 {3}",
    ),
    (
        "variable: known bits {}, unknown mask {}, plus fixed offset {}; {}",
        "可变：已知位 {0}，未知掩码 {1}，再加固定偏移 {2}；{3}",
    ),
    ("variable: known bits {}, unknown mask {}; {}", "可变：已知位 {0}，未知掩码 {1}；{2}"),
    ("signed range [{}, {}], unsigned range [{}, {}]", "有符号范围 [{0}, {1}]，无符号范围 [{2}, {3}]"),
    ("constant {}", "常量 {0}"),
    ("unbounded", "没有界限"),
    // Why: calls and policy.
    ("The {} to {} does not satisfy the verifier contract: {}.", "传给 {1} 的{0}不符合要求：{2}。"),
    ("it has type {}, but this argument accepts {}", "它的类型是 {0}，而这个参数接受 {1}"),
    (
        "the pointer may be NULL, but this call requires a non-NULL pointer",
        "这个指针可能为 NULL，而这次调用需要非 NULL 的指针",
    ),
    (
        "release helpers require a value that owns a live resource returned by a matching acquire helper",
        "释放用的辅助函数需要一个仍然持有资源的值，它由对应的获取函数返回",
    ),
    ("The {} is not allowed: {}.", "不允许使用{0}：{1}。"),
    ("helper {}", "辅助函数 {0}"),
    ("kfunc {}", "内核函数 {0}"),
    ("this program type does not allow the helper", "这种程序类型不允许调用它"),
    ("this helper is restricted to GPL-compatible programs", "它只供许可证与 GPL 兼容的程序调用"),
    ("this program cannot call the kfunc", "这个程序不能调用它"),
    // Why: resources and regions.
    (
        "Owned resource (id={}) was acquired at instruction {} and still needs to be released before this exit path.",
        "资源（编号 {0}）在第 {1} 条指令处取得，在从这里离开之前还必须归还。",
    ),
    (
        "The operation {} cannot be used while this path is still inside {}. Leave the region before this operation.",
        "这条路径仍处于{1}之内，不能执行 {0}。请先离开该区域。",
    ),
    (
        "The operation {} cannot be used in {} because {}. This path is still inside {}.",
        "{0} 不能用在{1}中：{2}。这条路径仍处于{3}之内。",
    ),
    ("The operation {} cannot be used in {} because {}.", "{0} 不能用在{1}中：{2}。"),
    ("The operation {} cannot be used in {}.", "{0} 不能用在{1}中。"),
    (
        "The operation {} requires an active {}, but this path is outside one.",
        "{0} 需要处于{1}之内，而这条路径不在其中。",
    ),
    (
        "code holding a BPF spin lock cannot call operations that may sleep",
        "持有 BPF 自旋锁时不能调用可能睡眠的操作",
    ),
    (
        "RCU read-side critical sections cannot call operations that may sleep",
        "RCU 读侧临界区内不能调用可能睡眠的操作",
    ),
    ("an active {} (depth {})", "一个{0}（深度 {1}）"),
    ("{} active {}s (depth {})", "{0} 个{1}（深度 {2}）"),
    ("lock region", "持锁区域"),
    ("RCU read lock region", "RCU 读锁区域"),
    ("non-sleepable program", "不可睡眠的程序"),
    // Why: pointer arithmetic and control flow.
    (
        "{} may be NULL ({}). Pointer arithmetic is allowed only after the program proves the pointer is non-NULL on this path.",
        "{0} 可能为 NULL（{1}）。只有在这条路径上证明它不为 NULL 之后，才能对它做指针运算。",
    ),
    (
        "{} holds {}. This pointer kind does not allow offset arithmetic.",
        "{0} 里是{1}，这种指针不允许加减偏移。",
    ),
    (
        "{} holds {}. 32-bit ALU operations on pointers discard pointer tracking, so the verifier cannot keep the result as a safe pointer.",
        "{0} 里是{1}。对指针做 32 位运算会丢失它的类型，结果不再是安全的指针。",
    ),
    (
        "{} holds {}. Bitwise operator {} would destroy the pointer value the verifier is tracking.",
        "{0} 里是{1}。位运算 {2} 会破坏验证器所跟踪的指针。",
    ),
    (
        "{} holds {}. Operator {} is not one of the limited pointer arithmetic operations the verifier can track.",
        "{0} 里是{1}。{2} 不属于验证器能够跟踪的少数几种指针运算。",
    ),
    (
        "The scalar offset used with {} is unbounded or outside the verifier's safe pointer-offset range [{}, {}].",
        "与 {0} 一起使用的偏移没有界限，或超出了安全的指针偏移范围 [{1}, {2}]。",
    ),
    ("Instruction {} is not reachable from the program entry point.", "从程序入口无法到达第 {0} 条指令。"),
    (
        "Instruction {} branches back to instruction {}. This program is being rejected without the privilege needed for this back-edge.",
        "第 {0} 条指令跳回第 {1} 条指令，而这个程序没有这种回跳所需的权限。",
    ),
    // The path.
    ("{} changed from {} to {}", "{0} 由{1}变为{2}"),
    ("invalidated: {}: {}; previous value was {}", "{0} 失效：{1}；之前的值是{2}"),
    ("packet data may have moved", "数据包的内容可能已被移动"),
    ("resource release invalidated this pointer", "资源被归还后，这个指针失效"),
    ("call invalidated this caller-saved register", "调用之后，由调用者保存的寄存器失效"),
    ("a later stack write overwrote this spilled value", "之后对栈的写入覆盖了保存在栈上的值"),
    ("took the {} branch of this conditional, goto {}", "在这个条件处走{0}分支（{1}）"),
    ("true", "“真”"),
    ("false", "“假”"),
    ("followed", "发生跳转"),
    ("not followed", "不跳转"),
    ("acquired: {}", "取得：{0}"),
    ("released: {}", "归还：{0}"),
    ("owned resource (id={})", "资源（编号 {0}）"),
    ("owned resource (id={}) still needs release", "资源（编号 {0}）尚未归还"),
    ("entered {}; depth is now {}", "进入{0}，当前深度为 {1}"),
    ("left {}; depth is now {}", "离开{0}，当前深度为 {1}"),
    // Its last step.
    ("invalid dereference of {} ({})", "对 {0} 的解引用无效（{1}）"),
    ("access may be outside object bounds", "访问可能越出对象的范围"),
    ("{} is not readable", "{0} 不可读"),
    ("32-bit pointer arithmetic", "对指针做 32 位运算"),
    ("invalid pointer arithmetic operator", "不允许的指针运算"),
    ("pointer arithmetic is not allowed", "不允许指针运算"),
    ("pointer arithmetic before NULL check", "检查 NULL 之前的指针运算"),
    ("invalid {} for {}", "{1} 的{0}无效"),
    ("{} is not allowed before leaving {}", "离开{1}之前不允许 {0}"),
    ("{} is not allowed in {}", "{0} 不允许用在{1}中"),
    ("policy check failed for {}", "{0}未通过检查"),
    ("{} argument ({})", "{0}参数（{1}）"),
    ("first", "第一个"),
    ("second", "第二个"),
    ("third", "第三个"),
    ("fourth", "第四个"),
    ("fifth", "第五个"),
    // Values.
    ("uninitialized value", "未写入过的值"),
    ("an uninitialized value", "未写入过的值"),
    ("an integer scalar", "整数"),
    ("integer scalar with unknown value", "值未知的整数"),
    ("integer scalar value {}", "整数 {0}"),
    ("integer scalar with {}", "整数，{0}"),
    ("context pointer {}", "上下文指针（{0}）"),
    ("a context pointer", "上下文指针"),
    ("stack pointer {}", "栈指针（{0}）"),
    ("a stack pointer", "栈指针"),
    ("map pointer for map {}", "指向 map {0} 的指针"),
    ("map pointer", "指向 map 的指针"),
    ("nullable map value from {} at offset {}", "可能为 NULL 的 {0} 的值（偏移 {1}）"),
    ("map value from {} at offset {}", "{0} 的值（偏移 {1}）"),
    ("nullable map value from {} with {}", "可能为 NULL 的 {0} 的值（{1}）"),
    ("map value from {} with {}", "{0} 的值（{1}）"),
    ("variable offset: known bits {}, unknown mask {}, {}", "可变偏移：已知位 {0}，未知掩码 {1}，{2}"),
    ("a nullable map value pointer", "可能为 NULL 的 map 值指针"),
    ("a map value pointer", "map 值指针"),
    ("a nullable memory pointer", "可能为 NULL 的内存指针"),
    ("a memory pointer", "内存指针"),
    ("a nullable kernel object pointer", "可能为 NULL 的内核对象指针"),
    ("a kernel object pointer", "内核对象指针"),
    ("an untrusted kernel object pointer", "不受信任的内核对象指针"),
    ("pkt at offset {}", "数据包指针（偏移 {0}）"),
    ("pkt", "数据包指针"),
    ("map_value", "map 值指针"),
    ("ringbuf_mem_or_null at offset {}", "可能为 NULL 的环形缓冲区记录（偏移 {0}）"),
    ("at offset {}", "偏移 {0}"),
    ("with unknown offset", "偏移未知"),
    // What mends it.
    (
        "Add a NULL check before the access and dereference the pointer only on the non-NULL path.",
        "在访问之前检查是否为 NULL，只在不为 NULL 的路径上解引用。",
    ),
    (
        "Add a NULL check and make the call only on the non-NULL path.",
        "先检查是否为 NULL，只在不为 NULL 的路径上调用。",
    ),
    (
        "Make sure that a NULL check precedes any arithmetic performed on the pointer.",
        "对指针做运算之前，先检查它是否为 NULL。",
    ),
    (
        "Preserve the original pointer in another register, or use only offsets this pointer type permits before dereferencing it.",
        "把原来的指针另存一份，或只使用这种指针允许的偏移。",
    ),
    (
        "Preserve a pointer-valued register where needed, or reload and revalidate the pointer after scalar arithmetic, helper calls, or other operations that can invalidate it.",
        "需要时保留好指针；在整数运算、辅助函数调用等可能使它失效的操作之后，重新取得并重新检查。",
    ),
    (
        "Avoid using the register after it is invalidated, or initialize it again before this instruction.",
        "失效之后不要再使用它，或在这条指令之前重新赋值。",
    ),
    ("Initialize {} on every path before this instruction.", "在到达这里的每一条路径上都给 {0} 赋值。"),
    (
        "Add or adjust a bounds check that proves offset + access_size stays within the object.",
        "加上或修改边界检查，使“偏移 + 访问大小”确定不超出对象。",
    ),
    (
        "Use a 64-bit ALU instruction with an allowed, bounded scalar offset.",
        "用 64 位运算，并且只加上允许的、有界限的偏移。",
    ),
    (
        "Do bitwise operations on scalar values, not on pointer-valued registers.",
        "位运算请用在整数上，而不是指针上。",
    ),
    (
        "Use only verifier-supported addition or subtraction with a bounded scalar offset, or perform this operation on a scalar value.",
        "只加减有界限的偏移，或对整数做这种运算。",
    ),
    (
        "Clamp or bounds-check the scalar offset before applying it to the pointer.",
        "在把偏移加到指针上之前，先限制或检查它的范围。",
    ),
    (
        "Release or transfer ownership of the acquired resource on every path before the program exits.",
        "在程序结束之前的每一条路径上，归还所取得的资源，或把它转交出去。",
    ),
    (
        "Release the BPF spin lock before this operation on every path.",
        "在每一条路径上，执行此操作之前先释放自旋锁。",
    ),
    (
        "Release the BPF spin lock before making this call, or move the call outside the locked region.",
        "调用之前先释放自旋锁，或把调用移到持锁区域之外。",
    ),
    (
        "Pass a value with one of the accepted pointer or scalar types for this call.",
        "按这次调用所接受的类型传入指针或整数。",
    ),
    (
        "Use a helper allowed for this program type, or move the logic to a compatible program type.",
        "换用这种程序类型允许的辅助函数，或把这段逻辑放到合适类型的程序里。",
    ),
    (
        "Use a GPL-compatible license, or replace the helper with one that is available to non-GPL programs.",
        "使用与 GPL 兼容的许可证，或换一个非 GPL 程序也能调用的辅助函数。",
    ),
    (
        "Remove the unreachable instruction or add valid control flow that reaches it.",
        "去掉无法到达的部分，或补上能到达它的路径。",
    ),
    (
        "Initialize every byte in the stack range before reading it, adjust the offset and size so the read covers only initialized bytes, or load with CAP_PERFMON if uninitialized stack reads are intended.",
        "读取之前先写好栈上这一段的每个字节，或调整偏移与大小，只读已写入的部分。",
    ),
];

/// In Chinese as far as the phrases are known; all else stays.
pub(super) fn translated(words: &str) -> String {
    static KNOWN: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
        let compile = |(kernel, ours): &(&str, &'static str)| {
            let pattern = regex::escape(kernel).replace(r"\{\}", "(.+?)");
            (Regex::new(&format!("^{pattern}$")).expect("a phrase"), *ours)
        };
        PHRASES.iter().map(compile).collect()
    });
    look_up(&KNOWN, words, MAX_DEPTH).map_or_else(|| words.to_owned(), |said| spaced(&said))
}

/// With a space between Chinese and what is not, as everywhere in the lab's texts.
fn spaced(said: &str) -> String {
    let is_ours = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let mut all = String::with_capacity(said.len());
    let mut before = ' ';
    for c in said.chars() {
        let meets = is_ours(before) && c.is_ascii_alphanumeric();
        if meets || before.is_ascii_alphanumeric() && is_ours(c) {
            all.push(' ');
        }
        all.push(c);
        before = c;
    }
    all
}

fn look_up(known: &[(Regex, &str)], words: &str, depth: usize) -> Option<String> {
    let depth = depth.checked_sub(1)?;
    let (found, ours) = known.iter().find_map(|(pattern, ours)| Some((pattern.captures(words)?, ours)))?;
    static HOLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{(\d)\}").expect("a pattern"));
    let fill = |hole: &Captures<'_>| {
        let at: usize = hole[1].parse().unwrap_or_default();
        let inside = found.get(at + 1).map_or("", |inside| inside.as_str());
        look_up(known, inside, depth).unwrap_or_else(|| inside.to_owned())
    };
    Some(HOLE.replace_all(ours, fill).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_put_together_from_phrases() {
        for (kernel, ours) in [
            (
                "R0 changed from uninitialized value to nullable map value from entries at offset 0",
                "R0 由未写入过的值变为可能为 NULL 的 entries 的值（偏移 0）",
            ),
            (
                "took the false branch of this conditional, goto not followed",
                "在这个条件处走“假”分支（不跳转）",
            ),
            (
                "The second argument (R2) to bpf_map_delete_elem does not satisfy the verifier contract: it has type scalar, but this argument accepts fp, pkt, map_value.",
                "传给 bpf_map_delete_elem 的第二个参数（R2）不符合要求：它的类型是 scalar，而这个参数接受 fp, pkt, map_value。",
            ),
            (
                "The helper bpf_get_stackid#27 is not allowed: this program type does not allow the helper.",
                "不允许使用辅助函数 bpf_get_stackid#27：这种程序类型不允许调用它。",
            ),
            (
                "invalidated: R7: packet data may have moved; previous value was pkt at offset 0",
                "R7 失效：数据包的内容可能已被移动；之前的值是数据包指针（偏移 0）",
            ),
        ] {
            assert_eq!(translated(kernel), ours);
        }
    }

    #[test]
    fn what_is_not_in_the_catalogue_stays_as_it_is() {
        assert_eq!(
            translated("Something that no kernel has said yet."),
            "Something that no kernel has said yet."
        );
    }

    #[test]
    fn every_hole_is_filled() {
        for (kernel, ours) in PHRASES {
            let holes = kernel.matches("{}").count();
            let filled: Vec<usize> = (0..10).filter(|at| ours.contains(&format!("{{{at}}}"))).collect();
            assert_eq!(filled, (0..holes).collect::<Vec<_>>(), "{kernel}");
        }
    }
}
