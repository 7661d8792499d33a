//! Histograms of a run's maps and globals, in the field's usual form.
//!
//! One is an array of numbers that is called so: a field `slots`, `hist`,
//! `buckets`, or an array map or a global with such a word in its name; slots
//! are powers of two unless the name says linear, and those of all CPUs are
//! added up. The page goes by the same rule (static/src/views/bars.ts). Does
//! not know events or kernels.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use bpflab_worker::{MapFacts, MapView, Value};

use super::{sums::sum, written};
use crate::say::Lang;

const NAMES: [&str; 4] = ["slots", "hist", "bucket", "dist"];
const LINEAR: [&str; 2] = ["linear", "lin_"];

/// The longest bar, in characters: what tools of this kind print.
const BAR: u64 = 40;

/// From this power of two on a range is written as powers.
const LAST_POWER: usize = 64;

/// The maps of one kernel that are kept to be drawn.
#[derive(Debug, Default)]
pub(super) struct Histograms {
    /// Maps whose type is `array`, or one a CPU.
    arrays: Vec<String>,
    kept: BTreeMap<String, Vec<(Value, Value)>>,
    globals: BTreeMap<String, Value>,
}

impl Histograms {
    /// What the object's maps are.
    pub(super) fn loaded(&mut self, maps: &[MapFacts]) {
        let arrays = maps.iter().filter(|map| matches!(map.kind.as_str(), "array" | "percpu_array"));
        self.arrays = arrays.map(|map| map.name.clone()).collect();
    }

    /// Keeps what a map holds if it is to be drawn; whether it is.
    pub(super) fn take(&mut self, view: &MapView) -> bool {
        if !self.kept.contains_key(&view.name) {
            if self.of(&view.name, &view.entries).is_empty() {
                return false;
            }
            self.kept.insert(view.name.clone(), Vec::new());
        }
        let kept = self.kept.entry(view.name.clone()).or_default();
        if view.full {
            kept.clear();
        }
        kept.retain(|(key, _)| !view.removed.contains(key));
        for (key, value) in &view.entries {
            match kept.iter_mut().find(|(known, _)| known == key) {
                Some((_, known)) => *known = value.clone(),
                None => kept.push((key.clone(), value.clone())),
            }
        }
        true
    }

    /// Keeps a global if it is to be drawn; whether it is.
    pub(super) fn take_global(&mut self, name: &str, value: &Value) -> bool {
        let is_one = !in_global(name, value).is_empty();
        if is_one {
            self.globals.insert(name.to_owned(), value.clone());
        }
        is_one
    }

    /// Draws them all, as they are now.
    pub(super) fn draw(&self, out: &mut impl Write, lang: Lang) -> io::Result<()> {
        for (name, value) in &self.globals {
            let all = in_global(name, value);
            // Of many, those that hold something.
            let drawn = all.iter().filter(|one| all.len() == 1 || one.slots.iter().any(|slot| *slot > 0));
            drawn.into_iter().try_for_each(|one| one.draw(out, lang))?;
        }
        for (map, entries) in &self.kept {
            self.of(map, entries).iter().try_for_each(|one| one.draw(out, lang))?;
        }
        Ok(())
    }

    /// The histograms in a map, each under its key.
    fn of(&self, map: &str, entries: &[(Value, Value)]) -> Vec<Histogram> {
        let is_array = self.arrays.iter().any(|array| array == map);
        let entries: Vec<(&Value, Value)> =
            entries.iter().map(|(key, value)| (key, of_all_cpus(value))).collect();
        if is_array && has(map, &NAMES) && entries.len() > 1 {
            let slots: Option<Vec<u64>> = entries.iter().map(|(_, value)| number(value)).collect();
            if let Some(slots) = slots {
                let (name, is_linear) = (map.to_owned(), has(map, &LINEAR));
                return vec![Histogram { what: "map", name, beside: None, slots, is_linear }];
            }
        }
        let of_entry = |(key, value): &(&Value, Value)| {
            in_struct(&if is_array { map.to_owned() } else { format!("{map}[{}]", written(key)) }, value)
        };
        entries.iter().flat_map(of_entry).collect()
    }
}

/// A per-CPU value's sum; another as it is.
fn of_all_cpus(value: &Value) -> Value {
    match value {
        Value::PerCpu(values) => sum(values).unwrap_or_else(|| value.clone()),
        other => other.clone(),
    }
}

/// The histograms in a global.
fn in_global(name: &str, value: &Value) -> Vec<Histogram> {
    if let Some(slots) = slots(name, value) {
        let (name, is_linear) = (name.to_owned(), has(name, &LINEAR));
        return vec![Histogram { what: "global", name, beside: None, slots, is_linear }];
    }
    let Value::Array(elements) = value else { return in_struct(name, value) };
    let of_each =
        elements.iter().enumerate().flat_map(|(at, value)| in_struct(&format!("{name}[{at}]"), value));
    of_each.map(|one| Histogram { what: "global", ..one }).collect()
}

/// Those among a struct's fields.
fn in_struct(name: &str, value: &Value) -> Vec<Histogram> {
    let Value::Struct(fields) = value else { return Vec::new() };
    let is_drawn = |(field, value): &&(String, Value)| slots(field, value).is_some();
    let beside: Vec<_> = fields.iter().filter(|field| !is_drawn(field)).cloned().collect();
    let beside = (!beside.is_empty()).then(|| written(&Value::Struct(beside)));
    let drawn = fields.iter().filter_map(|(field, value)| {
        let is_linear = has(field, &LINEAR) || has(name, &LINEAR);
        let (name, beside) = (name.to_owned(), beside.clone());
        Some(Histogram { what: "map", name, beside, slots: slots(field, value)?, is_linear })
    });
    drawn.collect()
}

/// Whether one of the words is in a name.
fn has(name: &str, words: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    words.iter().any(|word| name.contains(word))
}

/// A field's slots, where its name and type say that it has some.
fn slots(field: &str, value: &Value) -> Option<Vec<u64>> {
    match value {
        Value::Array(slots) if has(field, &NAMES) && slots.len() > 1 => slots.iter().map(number).collect(),
        _ => None,
    }
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Uint { value, .. } => Some(*value),
        Value::Int { value, .. } => u64::try_from(*value).ok(),
        _ => None,
    }
}

#[derive(Debug)]
struct Histogram {
    /// Where it is kept: the line's first word.
    what: &'static str,
    name: String,
    /// The other fields of the struct.
    beside: Option<String>,
    slots: Vec<u64>,
    is_linear: bool,
}

impl Histogram {
    /// From the first slot to the last that holds something.
    fn draw(&self, out: &mut impl Write, lang: Lang) -> io::Result<()> {
        let labels = lang.labels();
        let title = if self.is_linear { labels.bars_linear } else { labels.bars_log2 };
        writeln!(out, "{:<9} {}", self.what, title.replace("{name}", &self.name))?;
        if let Some(beside) = &self.beside {
            writeln!(out, "          {beside}")?;
        }
        let end = self.slots.iter().rposition(|slot| *slot > 0).map_or(0, |last| last + 1);
        let most = self.slots.iter().max().copied().unwrap_or_default().max(1);
        for (at, slot) in self.slots[..end].iter().enumerate() {
            let range = match self.is_linear {
                true => format!("{at:>10}"),
                false => range(at),
            };
            let bar = "*".repeat(
                usize::try_from(u128::from(*slot) * u128::from(BAR) / u128::from(most)).unwrap_or_default(),
            );
            writeln!(out, "{range} : {slot:<8} |{bar:<width$}|", width = BAR as usize)?;
        }
        Ok(())
    }
}

/// What slot `at` counts: all numbers whose highest bit it is, and 0 in the first.
fn range(at: usize) -> String {
    if at >= LAST_POWER {
        return format!("{:>10} -> {:<10}", format!("2^{at}"), format!("2^{} - 1", at + 1));
    }
    let low = if at == 0 { 0 } else { 1_u128 << at };
    format!("{low:>10} -> {:<10}", (1_u128 << (at + 1)) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(values: &[u64]) -> Vec<Value> {
        values.iter().map(|value| Value::Uint { value: *value, bits: 32 }).collect()
    }

    fn view(name: &str, full: bool, entries: Vec<(Value, Value)>) -> MapView {
        MapView { name: name.to_owned(), full, entries, removed: Vec::new(), total: 0, shown: 0 }
    }

    fn array(name: &str, values: &[u64]) -> MapView {
        view(name, true, numbers(&[0, 1, 2, 3, 4, 5]).into_iter().zip(numbers(values)).collect())
    }

    fn maps(kind: &str, names: &[&str]) -> Histograms {
        let mut histograms = Histograms::default();
        let facts = |name: &&str| MapFacts {
            name: (*name).to_owned(),
            kind: kind.to_owned(),
            key: None,
            value: None,
            max_entries: 6,
        };
        histograms.loaded(&names.iter().map(facts).collect::<Vec<_>>());
        histograms
    }

    fn drawn(histograms: &Histograms) -> String {
        let mut out = Vec::new();
        histograms.draw(&mut out, Lang::En).expect("memory takes all");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn an_array_is_drawn_when_its_name_says_so_and_up_to_its_last_slot() {
        let mut histograms = maps("array", &["sizes", "size_hist"]);
        assert!(!histograms.take(&array("sizes", &[1, 2, 4, 0])), "no name of a histogram");
        assert!(histograms.take(&array("size_hist", &[1, 2, 4, 0])));
        assert_eq!(
            drawn(&histograms),
            "map       size_hist: how many in each range, powers of two\n\
             \x20        0 -> 1          : 1        |**********                              |\n\
             \x20        2 -> 3          : 2        |********************                    |\n\
             \x20        4 -> 7          : 4        |****************************************|\n"
        );
        let more = view("size_hist", false, vec![(numbers(&[1]).remove(0), numbers(&[8]).remove(0))]);
        assert!(histograms.take(&more), "a change is kept as well");
        assert!(drawn(&histograms).contains("2 -> 3          : 8        |****"));
    }

    #[test]
    fn linear_slots_are_numbered() {
        let mut histograms = maps("array", &["dist_linear"]);
        assert!(histograms.take(&array("dist_linear", &[0, 0, 3])));
        let text = drawn(&histograms);
        assert!(
            text.starts_with("map       dist_linear: how many of each\n         0 : 0        |  "),
            "{text}"
        );
        assert!(
            text.ends_with("         2 : 3        |****************************************|\n"),
            "{text}"
        );
    }

    #[test]
    fn slots_in_a_struct_are_drawn_under_their_key_with_what_is_beside_them() {
        let mut histograms = maps("hash", &["waits"]);
        let fields = vec![
            ("total".to_owned(), Value::Uint { value: 7, bits: 64 }),
            ("slots".to_owned(), Value::Array(numbers(&[0, 5]))),
        ];
        let of = |name: &str| Value::Text(name.to_owned());
        assert!(histograms.take(&view("waits", true, vec![(of("sh"), Value::Struct(fields.clone()))])));
        assert_eq!(
            drawn(&histograms),
            "map       waits[\"sh\"]: how many in each range, powers of two\n\
             \x20         {total: 7}\n\
             \x20        0 -> 1          : 0        |                                        |\n\
             \x20        2 -> 3          : 5        |****************************************|\n"
        );
        let gone = MapView { removed: vec![of("sh")], ..view("waits", false, Vec::new()) };
        assert!(histograms.take(&gone));
        assert_eq!(drawn(&histograms), "");
    }

    #[test]
    fn what_each_cpu_has_is_added_up() {
        let mut histograms = maps("percpu_array", &["size_hist"]);
        let each = |slot: u64| Value::PerCpu(numbers(&[slot, 10 * slot]));
        let entries = numbers(&[0, 1]).into_iter().zip([each(0), each(1)]).collect();
        assert!(histograms.take(&view("size_hist", true, entries)));
        assert!(drawn(&histograms).contains("2 -> 3          : 11 "), "{}", drawn(&histograms));
    }

    #[test]
    fn a_global_is_drawn_and_of_many_those_that_hold_something() {
        let mut histograms = Histograms::default();
        assert!(!histograms.take_global("count", &Value::Uint { value: 7, bits: 32 }));
        assert!(histograms.take_global("hist", &Value::Array(numbers(&[1, 2]))));
        let one = |slots: [u64; 2]| Value::Struct(vec![("slots".into(), Value::Array(numbers(&slots)))]);
        assert!(histograms.take_global("hists", &Value::Array(vec![one([0, 0]), one([0, 3])])));
        let text = drawn(&histograms);
        assert!(text.starts_with("global    hist: how many"), "{text}");
        assert!(text.contains("hists[1]:") && !text.contains("hists[0]:"), "{text}");
    }

    #[test]
    fn a_slot_past_any_integer_is_written_as_a_power() {
        assert_eq!(range(0).trim(), "0 -> 1");
        assert_eq!(range(63).trim(), "9223372036854775808 -> 18446744073709551615");
        assert_eq!(range(200).trim(), "2^200 -> 2^201 - 1");
    }
}
