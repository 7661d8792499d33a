//! What a lesson that can be read must not say all the same: a value that
//! nobody draws, and a check that passes whatever happens.
//!
//! `Err` is a sentence for its author, with the line of `lesson.toml`.

use std::collections::BTreeSet;

use super::{at, at_line};
use crate::lesson::{Amount, Check, Draw, Draws, Expectation, Limit, draw};

/// A template may only use what is drawn, and the stimulus's pid.
pub(super) fn all_is_drawn<'a>(
    of_run: impl Iterator<Item = &'a String>,
    checks: &'a [Check],
    draws: &Draws,
    toml: &str,
) -> Result<(), String> {
    let templates = of_run.chain(checks.iter().flat_map(templates));
    for name in templates.flat_map(|template| draw::names(template)) {
        if name != "pid" && !draws.contains_key(name) {
            let what = format!("{{{{{name}}}}} is used and not drawn: give it a line in [draw]");
            return Err(at(toml, |line| draw::names(line).any(|used| used == name), &what));
        }
    }
    Ok(())
}

/// A check that passes whatever happens proves nothing. `lines` are those of the checks' names.
pub(super) fn all_can_fail(checks: &[Check], draws: &Draws, lines: &[usize]) -> Result<(), String> {
    let mut ids = BTreeSet::new();
    for (check, line) in checks.iter().zip(lines) {
        let id = &check.id;
        if !ids.insert(id) {
            return Err(at_line(*line, &format!("two checks are named \"{id}\": rename one")));
        }
        if let Some(why) = never_fails(&check.expects, draws) {
            return Err(at_line(*line, &format!("check \"{id}\" can never fail: {why}")));
        }
    }
    Ok(())
}

/// All that is filled in before a check is looked at or said.
fn templates(check: &Check) -> Vec<&String> {
    let Check { id: _, says, hint, expects } = check;
    let said = [says].into_iter().chain(hint).flat_map(|text| [&text.en, &text.zh]);
    let mut all: Vec<&String> = said.collect();
    match expects {
        Expectation::Trace { text, whose: _, amount }
        | Expectation::Record { map: _, text, amount }
        | Expectation::Output { of_iterator: _, text, amount } => {
            let (Amount::AtLeast(count) | Amount::AtMost(count) | Amount::Exactly(count)) = amount;
            all.extend([text, count]);
        }
        Expectation::Global { name: _, limit } => all.push(word(limit)),
        Expectation::Map { name: _, key, field: _, sum: _, entries, limit } => {
            all.extend(key.iter().chain(entries));
            all.push(word(limit));
        }
        Expectation::Attached { section: _ } => {}
    }
    all
}

fn word(limit: &Limit) -> &String {
    let (Limit::Equals(word) | Limit::AtLeast(word) | Limit::AtMost(word)) = limit;
    word
}

/// Why, and what mends it.
fn never_fails(expects: &Expectation, draws: &Draws) -> Option<&'static str> {
    match expects {
        Expectation::Trace { amount: Amount::AtLeast(least), .. }
        | Expectation::Record { amount: Amount::AtLeast(least), .. }
        | Expectation::Output { amount: Amount::AtLeast(least), .. }
        | Expectation::Map { entries: Some(_), limit: Limit::AtLeast(least), .. } => is_nothing(least, draws)
            .then_some("at least 0 are always there: ask for 1, or say exactly or at_most how many"),
        Expectation::Global { limit: Limit::AtLeast(least), .. } => is_nothing(least, draws).then_some(
            "at least 0 is what a variable is before anything happens: ask for more, or use equals",
        ),
        Expectation::Map { entries: None, limit: Limit::AtLeast(least), .. } => is_nothing(least, draws)
            .then_some(
                "at least 0 is what any count is: ask for more, or for an entry, by entries and at_least = 1",
            ),
        Expectation::Attached { section } => section
            .trim_matches(['^', '$', '.', '*', ' '])
            .is_empty()
            .then_some("every section matches that: write the one that is meant"),
        Expectation::Trace { amount: Amount::AtMost(_) | Amount::Exactly(_), .. }
        | Expectation::Record { amount: Amount::AtMost(_) | Amount::Exactly(_), .. }
        | Expectation::Output { amount: Amount::AtMost(_) | Amount::Exactly(_), .. }
        | Expectation::Global { limit: Limit::Equals(_) | Limit::AtMost(_), .. }
        | Expectation::Map { limit: Limit::Equals(_) | Limit::AtMost(_), .. } => None,
    }
}

/// Whether a number is 0 or less, or may be drawn so.
fn is_nothing(least: &str, draws: &Draws) -> bool {
    let drawn = least.trim().strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    match drawn.map(|name| draws.get(name.trim())) {
        Some(draw) => matches!(draw, Some(Draw::Number { from: 0, .. })),
        None => least.trim().parse::<i64>().is_ok_and(|least| least <= 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::say::Text;

    fn check(id: &str, expects: Expectation) -> Check {
        let says = Text { en: "x".into(), zh: "x".into() };
        Check { id: id.into(), says, hint: None, expects }
    }

    fn trace(text: &str, amount: Amount) -> Expectation {
        Expectation::Trace { text: text.into(), whose: None, amount }
    }

    fn map(key: Option<&str>, entries: Option<&str>, limit: Limit) -> Expectation {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let (name, field) = ("m".to_owned(), Vec::new());
        Expectation::Map { name, key: own(key), field, sum: false, entries: own(entries), limit }
    }

    fn draws() -> Draws {
        Draws::from([
            ("none".to_owned(), Draw::Number { from: 0, to: 3 }),
            ("some".to_owned(), Draw::Number { from: 1, to: 3 }),
        ])
    }

    #[test]
    fn what_passes_whatever_happens_is_named_with_line_and_mend() {
        let global = |limit| Expectation::Global { name: "g".into(), limit };
        let attached = |section: &str| Expectation::Attached { section: section.into() };
        let least = |word: &str| Limit::AtLeast(word.into());
        let can_fail = |expects| {
            all_can_fail(
                &[check("a", trace("x", Amount::Exactly("1".into()))), check("b", expects)],
                &draws(),
                &[3, 9],
            )
        };
        for (expects, mend) in [
            (trace("x", Amount::AtLeast("0".into())), "ask for 1"),
            (trace("x", Amount::AtLeast("{{none}}".into())), "ask for 1"),
            (global(least("0")), "use equals"),
            (global(least("-1")), "use equals"),
            (map(Some("1"), None, least("0")), "by entries"),
            (map(None, None, least("{{ none }}")), "by entries"),
            (map(None, Some("x"), least("0")), "ask for 1"),
            (attached(""), "write the one"),
            (attached("^.*$"), "write the one"),
        ] {
            let why = can_fail(expects).expect_err(mend);
            assert!(
                why.starts_with("lesson.toml:9: check \"b\" can never fail: ") && why.contains(mend),
                "{why}"
            );
        }
        for expects in [
            trace("x", Amount::AtLeast("{{some}}".into())),
            trace("x", Amount::AtMost("0".into())),
            global(least("1")),
            global(Limit::Equals("0".into())),
            map(Some("1"), None, least("{{some}}")),
            attached("^xdp$"),
        ] {
            assert_eq!(can_fail(expects), Ok(()));
        }
        let twice = [check("a", attached("xdp")), check("a", attached("tc"))];
        assert!(
            all_can_fail(&twice, &draws(), &[3, 9]).unwrap_err().starts_with("lesson.toml:9: two checks")
        );
    }

    #[test]
    fn a_value_that_nobody_draws_is_found_wherever_it_is_used() {
        let one = || Amount::Exactly("1".into());
        let hinted = Check {
            hint: Some(Text { en: "x".into(), zh: "{{y}}".into() }),
            ..check("b", trace("x", one()))
        };
        let checks = [
            check("b", trace("{{y}}", one())),
            check("b", trace("x", Amount::Exactly("{{y}}".into()))),
            check("b", map(Some("{{ y }}"), None, Limit::Equals("1".into()))),
            check("b", map(None, Some("{{y}}: "), Limit::Equals("1".into()))),
            check("b", map(None, None, Limit::Equals("{{y}}".into()))),
            check("b", Expectation::Global { name: "g".into(), limit: Limit::AtMost("{{y}}".into()) }),
            check("b", Expectation::Record { map: None, text: "{{y}}".into(), amount: one() }),
            check("b", Expectation::Output { of_iterator: false, text: "{{y}}".into(), amount: one() }),
            hinted,
        ];
        for check in checks {
            let said = all_is_drawn([].iter(), &[check], &draws(), "a = 1\nb = \"{{ y }}\"\n");
            let why = "lesson.toml:2: {{y}} is used and not drawn: give it a line in [draw]";
            assert_eq!(said, Err(why.to_owned()));
        }
        let drawn = check("b", trace("{{some}} of {{pid}}", one()));
        assert_eq!(all_is_drawn([].iter(), &[drawn], &draws(), ""), Ok(()));
    }
}
