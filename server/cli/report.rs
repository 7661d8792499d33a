//! A story on standard output, as text for a person or as JSON lines.

mod code;
mod histograms;
mod sums;

use std::{
    collections::BTreeMap,
    io::{self, Write as _},
    sync::Arc,
};

use bpflab_worker::{LogSource, OutputStream, Value, Verdict};

use self::histograms::Histograms;
use crate::{
    diagnostic::{Diagnostic, Place},
    run::{Batch, RunEvent},
    say::Lang,
    wire::{Writer, outcome as outcome_name, severity, step, stream},
};

/// Prints a batch as JSON, one object a line.
pub(super) fn json(writer: &Writer, batch: &Batch) -> io::Result<()> {
    let mut out = Vec::new();
    writer.write(batch, &mut out);
    let mut stdout = io::stdout().lock();
    stdout.write_all(&out)?;
    stdout.flush()
}

/// A story for a person, as it is told. Histograms and verdicts are kept until
/// their kernel's part is over.
#[derive(Debug)]
pub(super) struct Text {
    several: bool,
    lang: Lang,
    at_end: BTreeMap<Option<Arc<str>>, AtEnd>,
}

/// What one kernel's part says at its end, as it is then.
#[derive(Debug, Default)]
struct AtEnd {
    histograms: Histograms,
    /// By their programs.
    verdicts: BTreeMap<String, Vec<Verdict>>,
}

impl Text {
    /// Of `several` kernels each line says whose it is.
    pub(super) fn new(several: bool, lang: Lang) -> Self {
        Self { several, lang, at_end: BTreeMap::new() }
    }

    /// Prints a batch.
    pub(super) fn print(&mut self, batch: &Batch) -> io::Result<()> {
        let mut out = io::stdout().lock();
        self.write(&mut out, batch)?;
        out.flush()
    }

    /// Writes a batch.
    pub(super) fn write(&mut self, out: &mut impl io::Write, batch: &Batch) -> io::Result<()> {
        for lost in &batch.lost {
            writeln!(out, "lost      {} of {}", lost.count, stream(&lost.stream))?;
        }
        for entry in &batch.entries {
            let at_end = self.at_end.entry(entry.kernel.clone()).or_default();
            match &entry.kernel {
                Some(kernel) if self.several => {
                    let mut lines = Vec::new();
                    event(&mut lines, &entry.event, at_end, self.lang)?;
                    for line in String::from_utf8_lossy(&lines).lines() {
                        writeln!(out, "{kernel:<5} {line}")?;
                    }
                }
                _ => event(out, &entry.event, at_end, self.lang)?,
            }
        }
        Ok(())
    }
}

fn event(out: &mut impl io::Write, event: &RunEvent, at_end: &mut AtEnd, lang: Lang) -> io::Result<()> {
    match event {
        RunEvent::Started { .. } | RunEvent::Observing { .. } => Ok(()),
        RunEvent::Stats(counts) => {
            at_end.verdicts.insert(counts.program.clone(), counts.verdicts.clone());
            Ok(())
        }
        RunEvent::Queued { position } => writeln!(out, "queued    {position}"),
        RunEvent::Preparing { step: now, ms } => {
            writeln!(out, "preparing {} ({:.1} s)", step(*now), ms / 1e3)
        }
        RunEvent::Diagnosed(found) => diagnostic(out, found, lang),
        RunEvent::Compiled { bytes, cached, ms } => {
            let how = if *cached { ", known already" } else { "" };
            writeln!(out, "compiled  {bytes} bytes in {ms:.0} ms{how}")
        }
        RunEvent::Placed { release, accelerator, ms } => {
            writeln!(out, "kernel    {release} ({}, {ms:.0} ms)", accelerator.name())
        }
        RunEvent::Relocated(one) => {
            let target = one.target.map_or_else(|| "not there".to_owned(), |value| value.to_string());
            writeln!(out, "patched   {}: {} {} {} -> {target}", one.program, one.kind, one.spec, one.local)
        }
        RunEvent::Terminal { .. } => Ok(()),
        RunEvent::Loaded { programs, maps } => {
            for program in programs {
                let (name, kind) = (&program.name, &program.kind);
                writeln!(out, "loaded    {name} ({kind}, {} instructions)", program.instructions)?;
            }
            at_end.histograms.loaded(maps);
            for map in maps.iter().filter(|map| !is_libbpfs(&map.name)) {
                let limit = match map.max_entries {
                    0 => String::new(), // it grows
                    most => format!(", at most {most}"),
                };
                writeln!(out, "map       {} ({}{limit})", map.name, map.kind)?;
            }
            Ok(())
        }
        RunEvent::Log { source: LogSource::Libbpf, .. } => Ok(()),
        RunEvent::Log { source: LogSource::Verifier, text } => write!(out, "{text}"),
        RunEvent::Attached { program, to } => writeln!(out, "attached  {program} to {to}"),
        RunEvent::Trace(lines) => {
            for line in lines.iter().filter(|line| !line.lab) {
                writeln!(
                    out,
                    "trace     {:.6} {}-{} [{}] {}",
                    line.time, line.task, line.pid, line.cpu, line.text
                )?;
            }
            Ok(())
        }
        RunEvent::Records { map, records } => records.iter().try_for_each(|record| {
            let cpu = record.cpu.map(|cpu| format!("[{cpu}] ")).unwrap_or_default();
            writeln!(out, "record    {map} {:.6} {cpu}{}", record.time, written(&record.value))
        }),
        RunEvent::Tested { program, tested } => {
            let verdict = tested.verdict.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
            writeln!(
                out,
                "tested    {program} returned {}{verdict} in {} ns",
                tested.returned as i32, tested.ns
            )?;
            match &tested.output {
                Some(bytes) => writeln!(out, "          {}", written(&Value::Bytes(bytes.clone()))),
                None => Ok(()),
            }
        }
        RunEvent::Code(made) => code::print(out, made),
        RunEvent::Map(view) if is_libbpfs(&view.name) || at_end.histograms.take(view) => Ok(()),
        RunEvent::Map(view) => {
            for (key, value) in &view.entries {
                writeln!(out, "map       {}[{}] = {}", view.name, written(key), written(value))?;
            }
            for key in &view.removed {
                writeln!(out, "map       {}[{}] removed", view.name, written(key))?;
            }
            Ok(())
        }
        RunEvent::Global(global) => {
            if at_end.histograms.take_global(&global.name, &global.value) {
                return Ok(());
            }
            writeln!(out, "global    {} {} = {}", global.ctype, global.name, written(&global.value))
        }
        RunEvent::Output { stream, text } => {
            let from = match stream {
                OutputStream::Stdout => "output",
                OutputStream::Stderr => "errors",
                OutputStream::Iterator => "iter  ",
            };
            text.lines().try_for_each(|line| writeln!(out, "{from}    {line}"))
        }
        RunEvent::StimulusEnded { status } => writeln!(out, "stimulus  ended with status {status}"),
        RunEvent::Lost { stream: of, count } => writeln!(out, "lost      {count} of {}", stream(of)),
        RunEvent::Checked(result) => {
            let mark = if result.passed { "passed" } else { "failed" };
            writeln!(out, "{mark}    {}", result.says.get(lang))?;
            if !result.passed {
                writeln!(out, "          {}", result.saw.say(lang))?;
            }
            Ok(())
        }
        RunEvent::Unavailable(why) => writeln!(out, "unavailable: {}", why.say(lang)),
        RunEvent::Ended { outcome, .. } => {
            at_end.histograms.draw(out, lang)?;
            at_end.verdicts.iter().try_for_each(|(program, given)| verdicts(out, program, given))?;
            writeln!(out, "ended     {}", outcome_name(*outcome))
        }
    }
}

/// How often a program gave each of its verdicts; nothing where none was counted.
fn verdicts(out: &mut impl io::Write, program: &str, given: &[Verdict]) -> io::Result<()> {
    let each = given.iter().map(|Verdict { returned, name, count }| {
        let returned = returned.map_or_else(|| "?".to_owned(), |returned| returned.to_string());
        format!("{} {count}", name.as_ref().unwrap_or(&returned))
    });
    let each: Vec<String> = each.collect();
    if each.is_empty() { Ok(()) } else { writeln!(out, "verdicts  {program} {}", each.join(", ")) }
}

fn diagnostic(out: &mut impl io::Write, found: &Diagnostic, lang: Lang) -> io::Result<()> {
    let severity = severity(found.severity);
    writeln!(out, "{}{severity}: {}", at(found.place.as_ref()), found.message.say(lang))?;
    found
        .notes
        .iter()
        .try_for_each(|note| writeln!(out, "    {}note: {}", at(note.place.as_ref()), note.message.say(lang)))
}

/// `FILE:LINE:COLUMN: `, as compilers write it; nothing where there is no place.
fn at(place: Option<&Place>) -> String {
    place.map(|place| format!("{}:{}:{}: ", place.file, place.line, place.column)).unwrap_or_default()
}

/// Whether libbpf keeps this map for itself: `<bpf/usdt.bpf.h>` adds it, for the
/// arguments of USDT probes to be found.
fn is_libbpfs(map: &str) -> bool {
    map.starts_with("__bpf_usdt_")
}

/// A value on one line.
pub(super) fn written(value: &Value) -> String {
    let join = |values: &[Value]| values.iter().map(written).collect::<Vec<_>>().join(", ");
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Int { value, .. } => value.to_string(),
        Value::Uint { value, .. } => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Enum { name: Some(name), .. } => name.clone(),
        Value::Enum { name: None, value } => value.to_string(),
        Value::Pointer(value) => format!("{value:#x}"),
        Value::Text(text) => format!("{text:?}"),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Value::Array(values) => format!("[{}]", join(values)),
        Value::PerCpu(values) => match sums::sum(values) {
            Some(sum) => format!("{}, per CPU [{}]", written(&sum), join(values)),
            None => format!("per CPU [{}]", join(values)),
        },
        Value::Struct(fields) => {
            let all: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}: {}", written(value))).collect();
            format!("{{{}}}", all.join(", "))
        }
    }
}
