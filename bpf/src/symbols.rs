//! Names of the kernel's functions by their addresses.
//!
//! Reads the kernel's own list once, when a stack is first shown. Functions of
//! processes are `frames`' to know.

use std::sync::OnceLock;

use bpflab_worker::Value;

/// The kernel's list; it says zeros to those without rights.
const LIST: &str = "/proc/kallsyms";

/// An address that is farther than this behind a name is none of its.
const MAX_DISTANCE: u64 = 1 << 20;

/// Functions, by address.
pub(crate) struct Symbols(Vec<(u64, String)>);

impl Symbols {
    /// The running kernel's.
    pub(crate) fn of_kernel() -> &'static Self {
        static KERNEL: OnceLock<Symbols> = OnceLock::new();
        KERNEL.get_or_init(|| Self::parse(&std::fs::read_to_string(LIST).unwrap_or_default()))
    }

    fn parse(text: &str) -> Self {
        let mut all: Vec<(u64, String)> = text
            .lines()
            .filter_map(|line| {
                let mut words = line.split_ascii_whitespace();
                let address = u64::from_str_radix(words.next()?, 16).ok().filter(|address| *address != 0)?;
                let is_code = matches!(words.next()?, "t" | "T" | "w" | "W");
                is_code.then(|| Some((address, words.next()?.to_owned()))).flatten()
            })
            .collect();
        all.sort_unstable_by_key(|(address, _)| *address);
        Self(all)
    }

    /// Where the function of this name begins.
    pub(crate) fn address(&self, name: &str) -> Option<u64> {
        self.0.iter().find(|(_, known)| known == name).map(|(address, _)| *address)
    }

    /// The function that begins here.
    pub(crate) fn exactly(&self, address: u64) -> Option<&str> {
        let at = self.0.binary_search_by_key(&address, |(start, _)| *start).ok()?;
        Some(&self.0[at].1)
    }

    /// `NAME+0x12`, or the address where there is no name.
    pub(crate) fn name(&self, address: u64) -> Value {
        let before = self.0.partition_point(|(start, _)| *start <= address);
        match before.checked_sub(1).and_then(|index| self.0.get(index)) {
            Some((start, name)) if address - start < MAX_DISTANCE => {
                Value::Text(format!("{name}+{:#x}", address - start))
            }
            _ => Value::Pointer(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_name_before_it() {
        let symbols = Symbols::parse(
            "ffffffff81000100 T second\nffffffff81000000 t first\n0 T zero\nffffffff81000080 D data\n",
        );
        assert_eq!(symbols.name(0xffff_ffff_8100_0090), Value::Text("first+0x90".into()));
        assert_eq!(symbols.name(0xffff_ffff_8100_0100), Value::Text("second+0x0".into()));
        assert_eq!(symbols.name(0x1000), Value::Pointer(0x1000));
    }
}
