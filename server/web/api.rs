//! Runs over plain HTTP, and what starts one from a message.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    body::{Body, to_bytes},
    extract::{Path, Query, Request, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    error::Error,
    messages::{self, ErrorMessage, RunMessage, What},
    site::{Site, language},
};
use crate::{
    compile::{SOURCE_LIMITS, Sources},
    grade::Grader,
    kernel::{HOST, target},
    lab,
    run::{self, About, Handle, LIMITS, Submission, Unjudged},
    say::Sentence,
    wire::{self, Writer},
};

/// Largest body of a request, in bytes: 64 KiB of source, which JSON may
/// double, and its other fields.
const MAX_BODY: usize = 144 << 10;

/// Starts a run; its story is at the address that comes back.
pub(super) async fn start(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Error> {
    let lang = language(request.headers());
    site.admit(request.headers()).map_err(|error| error.say(lang))?;
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok());
    let too_large = |bytes| {
        let why = Sentence::TooMuchSource { bytes, limit: SOURCE_LIMITS.bytes };
        Error::new(StatusCode::PAYLOAD_TOO_LARGE, why).say(lang)
    };
    if let Some(bytes) = length.filter(|bytes| *bytes > MAX_BODY) {
        return Err(too_large(bytes)); // from its length, before it is read
    }
    let body = to_bytes(request.into_body(), MAX_BODY).await.map_err(|_| too_large(MAX_BODY))?;
    let message: RunMessage = serde_json::from_slice(&body).map_err(|error| {
        Error::new(StatusCode::BAD_REQUEST, Sentence::BadRequest { why: error.to_string() }).say(lang)
    })?;
    let handle = start_run(&site, message).map_err(|error| {
        let status = match error.what {
            What::TooLarge | What::TooBig => StatusCode::PAYLOAD_TOO_LARGE,
            What::Busy => StatusCode::SERVICE_UNAVAILABLE,
            What::UnknownRun => StatusCode::NOT_FOUND,
            What::BadMessage | What::UnknownKind => StatusCode::BAD_REQUEST,
        };
        Error::new(status, error.why).say(lang)
    })?;
    let place = format!("/api/runs/{}", handle.id);
    let answer = messages::accepted(&handle.id.to_string());
    let headers = [(header::LOCATION, place), (header::CONTENT_TYPE, "application/json".to_owned())];
    Ok((StatusCode::CREATED, headers, answer).into_response())
}

/// From which number on a story is wanted.
#[derive(Debug, Deserialize)]
pub(super) struct From {
    #[serde(default)]
    after: u64,
}

/// A run's story as it happens, one object a line, to its end.
pub(super) async fn story(
    State(site): State<Arc<Site>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    from: Result<Query<From>, QueryRejection>,
) -> Result<Response, Error> {
    let lang = language(&headers);
    site.admit(&headers).map_err(|error| error.say(lang))?;
    let Query(from) = from.map_err(|error| {
        Error::new(StatusCode::BAD_REQUEST, Sentence::BadRequest { why: error.body_text() }).say(lang)
    })?;
    let unknown = || Error::new(StatusCode::NOT_FOUND, Sentence::UnknownRun).say(lang);
    let handle = site.runs.find(&id).ok_or_else(unknown)?;
    let writer = Writer::new(id, handle.about.clone(), lang);
    let watcher = handle.watch(from.after + 1);
    let lines = futures_util::stream::unfold((watcher, writer), |(mut watcher, writer)| async move {
        let batch = watcher.next().await?;
        let mut out = Vec::new();
        writer.write(&batch, &mut out);
        Some((Ok::<_, std::convert::Infallible>(out), (watcher, writer)))
    });
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(lines)).into_response())
}

/// Checks a message and starts what it asks for.
pub(super) fn start_run(site: &Site, message: RunMessage) -> Result<Handle, ErrorMessage> {
    let bad = |why| ErrorMessage::new(What::BadMessage, why);
    let bytes: usize = message.files.values().map(String::len).sum();
    if bytes > SOURCE_LIMITS.bytes {
        let why = Sentence::TooMuchSource { bytes, limit: SOURCE_LIMITS.bytes };
        return Err(ErrorMessage::new(What::TooLarge, why));
    }
    let sources = Sources::new(message.files).map_err(bad)?;
    let mut kernels: Vec<String> = Vec::new();
    let mut known = BTreeSet::new();
    kernels.extend(message.kernels.into_iter().filter(|name| known.insert(name.clone())));
    if kernels.is_empty() {
        kernels.push(site.runs.lab().backends.default_kernel().to_owned());
    }
    if message.terminal && kernels.iter().any(|kernel| kernel == HOST) {
        return Err(bad(Sentence::TerminalNeedsGuest));
    }
    // A lesson has its own, and a stranger's page shall never have a shell on this machine.
    if message.stimulus.is_some() && message.lesson.is_some() {
        return Err(bad(Sentence::StimulusIsTheLessons));
    }
    if message.stimulus.is_some() && kernels.iter().any(|kernel| kernel == HOST) {
        return Err(bad(Sentence::StimulusNeedsGuest));
    }
    let seed = match &message.seed {
        Some(seed) => seed
            .number()
            .ok_or_else(|| bad(Sentence::BadRequest { why: "\"seed\" is a number".to_owned() }))?,
        None => lab::fresh_seed(),
    };
    let targets = message.attach.iter().map(|(program, words)| Ok((program.clone(), target(words)?)));
    let targets: BTreeMap<_, _> = targets.collect::<Result<_, Sentence>>().map_err(bad)?;
    let sizes = message.map_sizes.into_iter().map(|(map, size)| {
        let size = run::entries(&map, &size.to_string())?;
        Ok((map, size))
    });
    let sizes = sizes.collect::<Result<Vec<_>, Sentence>>().map_err(bad)?;
    let maps = run::of_maps(message.records, sizes);
    let entries = message.map_entries.iter().map(|(at, value)| wire::entry(at, value));
    let entries = entries.collect::<Result<Vec<_>, _>>().map_err(bad)?;
    let tests = message.tests.iter().map(|test| test.read()).collect::<Result<Vec<_>, _>>().map_err(bad)?;
    let course = site.course();
    let started = match &message.lesson {
        None => {
            let mut submission = Submission {
                globals: message.globals,
                targets,
                maps,
                entries,
                tests,
                shows: message.show,
                stimulus: message.stimulus,
                ..Submission::plain(sources, kernels, lab::span(None, LIMITS.page))
            };
            if message.terminal {
                lab::with_terminal(&mut submission);
            }
            site.runs.start(submission, About::default(), || Box::new(Unjudged))
        }
        Some(slug) => {
            let lesson = course
                .lesson(slug)
                .ok_or_else(|| bad(Sentence::NoSuchLesson { slug: slug.chars().take(60).collect() }))?;
            let (mut submission, facts) = lab::lesson_submission(lesson, seed, sources, kernels, LIMITS.page);
            submission.globals.extend(message.globals);
            submission.targets.extend(targets);
            for (map, own) in maps {
                submission.maps.entry(map).or_default().overrule(own);
            }
            submission.entries.extend(entries);
            submission.tests.extend(tests);
            submission.shows.extend(message.show);
            if message.terminal {
                lab::with_terminal(&mut submission);
            }
            let about = About { lesson: Some(slug.clone()), seed: Some(seed) };
            site.runs.start(submission, about, || Box::new(Grader::new(lesson, facts.clone())))
        }
    };
    started.map_err(|refused| {
        let what = match refused.0 {
            Sentence::QueueFull { .. } => What::Busy,
            _ => What::BadMessage,
        };
        ErrorMessage::new(what, refused.0)
    })
}
