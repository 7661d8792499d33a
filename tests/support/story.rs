//! A run's story as anyone receives it: the contract's objects, in order.

use serde_json::Value;

/// The objects of one run, in the order they came.
#[derive(Clone, Default)]
pub(crate) struct Story(pub(crate) Vec<Value>);

impl std::fmt::Debug for Story {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let short = |object: &&Value| object["type"] != "log" && object["type"] != "trace";
        writeln!(f, "{} objects, {} of them trace:", self.0.len(), self.of("trace").count())?;
        self.0.iter().filter(short).take(40).try_for_each(|object| writeln!(f, "{object}"))?;
        self.0.iter().rev().take(3).rev().try_for_each(|object| writeln!(f, "… {object}"))
    }
}

/// Whether a kernel's part is over with this object.
pub(crate) fn is_end(object: &Value) -> bool {
    object["type"] == "ended" || object["type"] == "unavailable"
}

impl Story {
    /// From one object a line.
    pub(crate) fn parse(text: &str) -> Self {
        Self(text.lines().map(|line| serde_json::from_str(line).expect(line)).collect())
    }

    /// All objects of one type.
    pub(crate) fn of<'s>(&'s self, kind: &str) -> impl Iterator<Item = &'s Value> {
        self.0.iter().filter(move |object| object["type"] == kind)
    }

    /// Whether there is none of that type.
    pub(crate) fn has_no(&self, kind: &str) -> bool {
        self.of(kind).next().is_none()
    }

    /// The only object of one type.
    pub(crate) fn one(&self, kind: &str) -> &Value {
        let all: Vec<&Value> = self.of(kind).collect();
        assert_eq!(all.len(), 1, "one {kind} was expected in\n{self:?}");
        all[0]
    }

    /// How the run ended; it must end exactly once, and last.
    pub(crate) fn outcome(&self) -> &str {
        let last = self.0.last().unwrap_or_else(|| panic!("an empty story"));
        assert!(is_end(last), "the end must be last in\n{self:?}");
        self.one("ended")["outcome"].as_str().expect("an outcome is a word")
    }

    /// The finding with this id.
    pub(crate) fn finding(&self, id: &str) -> &Value {
        let found = self.of("diagnostic").find(|object| object["id"] == id);
        found.unwrap_or_else(|| panic!("no finding {id} in\n{self:?}"))
    }

    /// What the finding with this id says.
    pub(crate) fn says(&self, id: &str) -> &str {
        self.finding(id)["message"].as_str().expect("a message is text")
    }

    /// The texts of the trace lines.
    pub(crate) fn traced(&self) -> Vec<&str> {
        self.of("trace").map(|line| line["text"].as_str().expect("a line is text")).collect()
    }

    /// What the stimulus printed, both streams as they came.
    pub(crate) fn printed(&self) -> String {
        self.of("output").map(|object| object["text"].as_str().expect("output is text")).collect()
    }

    /// What one kernel of several says.
    pub(crate) fn on(&self, kernel: &str) -> Self {
        Self(self.0.iter().filter(|object| object["kernel"] == kernel).cloned().collect())
    }

    /// The kinds that are among these, in the order they came.
    pub(crate) fn kinds(&self, among: &[&str]) -> Vec<&str> {
        let kinds = self.0.iter().map(|object| object["type"].as_str().expect("a type"));
        kinds.filter(|kind| among.contains(kind)).collect()
    }

    /// The last value of a global.
    pub(crate) fn global(&self, name: &str) -> &Value {
        let last = self.of("global").filter(|object| object["name"] == name).last();
        &last.unwrap_or_else(|| panic!("no global {name} in\n{self:?}"))["value"]
    }

    /// Lines of trace that were declared lost.
    pub(crate) fn lost(&self) -> u64 {
        let lost = self.of("lost").filter(|object| object["stream"] == "trace");
        lost.map(|object| object["count"].as_u64().expect("a count")).sum()
    }

    /// Numbers never go back, and none but a notice of loss shares its number.
    pub(crate) fn check_numbers(&self) {
        let mut last = 0;
        for object in &self.0 {
            let seq = object["seq"].as_u64().expect("every object has a number");
            let gap = object["gap"] == true;
            assert!(seq > last || (gap && seq >= last), "{seq} after {last}: {object}");
            last = if gap { last } else { seq };
        }
    }
}
