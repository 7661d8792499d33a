//! Results as a JUnit document: a suite a lesson, a case a run.

use std::{collections::BTreeMap, time::Duration};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{
    super::trial::{Trial, Verdict},
    place,
    spent::Spent,
};
use crate::lesson::{Fault, Finding};

/// What is written at the end, since a suite's head has its counts.
#[derive(Default)]
pub(super) struct Document {
    suites: BTreeMap<String, Vec<TestCase>>,
}

impl Document {
    pub(super) fn fault(&mut self, fault: &Fault) {
        self.add(&fault.slug, TestCase::new("can be read", failed(&fault.why)));
    }

    pub(super) fn findings(&mut self, slug: &str, found: &[Finding]) {
        let errors: Vec<String> = (found.iter().filter(|one| one.is_error))
            .map(|one| format!("{}: {}", place(one), one.what))
            .collect();
        let status = if errors.is_empty() { TestCaseStatus::success() } else { failed(&errors.join("\n")) };
        self.add(slug, TestCase::new("files", status));
    }

    pub(super) fn result(
        &mut self,
        trial: &Trial<'_>,
        verdict: &Verdict,
        skipped: Option<&str>,
        ok: bool,
        why: &[String],
    ) {
        let status = match (skipped, ok) {
            (Some(why), _) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(why);
                status
            }
            (None, true) => TestCaseStatus::success(),
            (None, false) => failed(&why.join("\n")),
        };
        let mut case = TestCase::new(format!("{} on {}", trial.of.name(), trial.kernel), status);
        case.set_time(verdict.took);
        case.add_property(("seed", trial.seed.to_string().as_str()));
        if let Some(release) = &verdict.release {
            case.add_property(("release", release.as_str()));
        }
        for (stage, ms) in Spent::from(&verdict.stages).stages() {
            case.add_property((format!("{stage}-ms").as_str(), ms.to_string().as_str()));
        }
        self.add(&trial.lesson.slug, case);
    }

    fn add(&mut self, lesson: &str, mut case: TestCase) {
        case.set_classname(lesson);
        self.suites.entry(lesson.to_owned()).or_default().push(case);
    }

    pub(super) fn text(self, took: Duration) -> anyhow::Result<String> {
        let mut report = Report::new("bpflab");
        report.set_time(took);
        for (lesson, cases) in self.suites {
            let mut suite = TestSuite::new(lesson);
            suite.add_test_cases(cases);
            report.add_test_suite(suite);
        }
        Ok(report.to_string()?)
    }
}

fn failed(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_message(why.lines().next().unwrap_or_default());
    status.set_description(why);
    status
}
