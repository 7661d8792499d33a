//! Medians and the Markdown table. Knows numbers and no meaning.

use std::fmt::Write as _;

/// What was measured, in any unit.
#[derive(Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    pub(crate) fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// The value in the middle; 0 of nothing.
    pub(crate) fn median(&self) -> f64 {
        self.at(0.5)
    }

    /// The value below which the given part of the samples lies.
    pub(crate) fn at(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let index = (sorted.len().saturating_sub(1)) as f64 * part;
        sorted.get(index.round() as usize).copied().unwrap_or_default()
    }

    /// Median, and the middle half of the samples around it.
    pub(crate) fn shown(&self, unit: &str) -> String {
        format!("{} {unit} ({}–{})", short(self.median()), short(self.at(0.25)), short(self.at(0.75)))
    }
}

/// Three digits that mean something.
pub(crate) fn short(value: f64) -> String {
    match value.abs() {
        v if v >= 1e6 => format!("{:.2} M", value / 1e6),
        v if v >= 1e4 => format!("{:.0} k", value / 1e3),
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 10.0 => format!("{value:.1}"),
        v if v >= 0.1 || v == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// Rows of words under a head.
pub(crate) struct Table {
    head: &'static [&'static str],
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &'static [&'static str]) -> Self {
        Self { head, rows: Vec::new() }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.rows.push(cells.map(str::to_owned).to_vec());
    }

    /// As Markdown.
    pub(crate) fn shown(&self) -> String {
        let mut out = format!("| {} |\n|{}\n", self.head.join(" | "), "---|".repeat(self.head.len()));
        for row in &self.rows {
            let _ = writeln!(out, "| {} |", row.join(" | ")); // a String takes everything
        }
        out
    }
}
