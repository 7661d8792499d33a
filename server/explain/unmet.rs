//! What a kernel lacks of a program's needs, one finding each, before anything
//! is loaded.

use crate::{
    diagnostic::{Diagnostic, Note, Origin, Place, Words},
    kernel::{Hook, HookKind, Unmet},
    say::{Instead, Sentence},
};

/// Findings begin so, by what is lacking.
const UNMET: &str = "unmet-";

/// Explains what is lacking. `offers` are kernels that have it all; `source` is
/// the program's name and text.
pub fn unmet(lacking: Vec<Unmet>, offers: &[String], source: (&str, &str)) -> Vec<Diagnostic> {
    let finding = |one: Unmet| {
        let (what, place, sentence) = match one {
            Unmet::Guest => ("guest", None, Sentence::UnmetGuest),
            Unmet::Kernel { needs, release } => {
                ("kernel", None, Sentence::UnmetKernel { needs: needs.to_string(), release })
            }
            Unmet::Feature(feature) => {
                ("feature", of_kind(&feature, source), Sentence::UnmetFeature { feature })
            }
            Unmet::Hook { hook, nearest } => {
                let place = section(&hook, source);
                ("hook", place, Sentence::UnmetHook { hook: hook.to_string(), nearest })
            }
        };
        let instead = match &sentence {
            Sentence::UnmetFeature { feature } => Instead::of(feature),
            _ => None,
        };
        let mut found = Diagnostic::error(Origin::Attach, &format!("{UNMET}{what}"), sentence);
        found.place = place;
        if let Some(instead) = instead {
            found.notes.push(Note { place: None, message: Words::Lab(Sentence::Instead(instead)) });
        }
        found.offers = offers.to_vec();
        if !offers.is_empty() {
            let message = Words::Lab(Sentence::OtherKernels { kernels: offers.to_vec() });
            found.notes.push(Note { place: None, message });
        }
        found
    };
    lacking.into_iter().map(finding).collect()
}

/// Whether a finding says that a kernel lacks something.
pub fn is_unmet(found: &Diagnostic) -> bool {
    found.id.starts_with(UNMET)
}

/// The line of the first SEC of this kind, or where a map's type is; a scheduler's
/// sections do not say that they are its, only its table does.
fn of_kind(feature: &str, source: (&str, &str)) -> Option<Place> {
    first(
        &match feature.split_once(':') {
            None if feature == "sched_ext" => "struct sched_ext_ops".to_owned(),
            None => format!("SEC(\"{feature}"),
            Some(("map", name)) => format!("BPF_MAP_TYPE_{}", name.to_uppercase()),
            Some(_) => return None,
        },
        source,
    )
}

/// The first place of these words.
fn first(start: &str, (file, text): (&str, &str)) -> Option<Place> {
    let (line, at) = (1..).zip(text.lines()).find_map(|(line, text)| Some((line, text.find(start)?)))?;
    Some(Place { file: file.to_owned(), line, column: u32::try_from(at).ok()? + 1 })
}

/// The line of the first SEC that names this hook, or of a table of operations.
fn section(hook: &Hook, (file, text): (&str, &str)) -> Option<Place> {
    if hook.kind == HookKind::Operations {
        return hook.names.iter().find_map(|name| first(&format!("struct {name}"), (file, text)));
    }
    let ends: Vec<String> = hook.names.iter().map(|name| format!("/{name}\"")).collect();
    let (line, at) = (1..).zip(text.lines()).find_map(|(line, text)| {
        let start = text.find("SEC(\"")?;
        ends.iter().any(|end| text[start..].contains(end)).then_some((line, start))
    })?;
    Some(Place { file: file.to_owned(), line, column: u32::try_from(at).ok()? + 1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kernel::{Features, Needs, unmet_at as lacking},
        say::Lang,
    };

    #[test]
    fn what_is_lacking_stands_on_its_line_and_offers_kernels_that_have_it() {
        let needs = Needs::parse(Some("6.12"), vec!["xdp".into()], &[]).unwrap();
        let found = unmet(
            lacking("6.1", &needs, "5.10.0-32", &Features::default()),
            &["6.12".into()],
            ("a.bpf.c", ""),
        );
        assert_eq!(
            found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            ["unmet-kernel", "unmet-feature"]
        );
        assert!(found.iter().all(|one| one.offers == ["6.12"] && is_unmet(one) && one.is_error()));
        let hook = Needs::parse(None, Vec::new(), &["kprobe:do_unlinkat".into()]).unwrap().hooks.remove(0);
        let lacking = vec![Unmet::Hook { hook, nearest: vec!["filename_unlinkat".into()] }];
        let found = unmet(lacking, &[], ("a.bpf.c", "int x;\n  SEC(\"kprobe/do_unlinkat\")\n"));
        assert_eq!(found[0].place.as_ref().map(|place| (place.line, place.column)), Some((2, 3)));
        for lang in Lang::ALL {
            assert!(found[0].message.say(lang).contains("filename_unlinkat"));
        }
    }
}
