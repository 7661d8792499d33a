//! Answers to sources that were compiled before, by content.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

use sha2::{Digest, Sha256};

use super::{Object, clang::Clang, flags, headers::Headers, sources::Sources};
use crate::diagnostic::Diagnostic;

/// Objects kept: a class of forty has a few versions each, at some 10 KiB.
const MAX_KEPT: usize = 256;

/// Over everything that the object depends on.
pub(super) type Key = [u8; 32];

type Answer = (Arc<Object>, Vec<Diagnostic>);

#[derive(Debug)]
pub(super) struct Cache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    answers: HashMap<Key, Answer>,
    order: VecDeque<Key>,
}

/// Names and lengths are part of it, so that two sets of files never look alike.
pub(super) fn key(clang: &Clang, headers: &Headers, sources: &Sources) -> Key {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text.as_bytes());
    };
    add(clang.version());
    add(headers.key());
    flags::FLAGS.iter().for_each(|flag| add(flag));
    let (name, text) = sources.program();
    add(name);
    add(text);
    for (name, text) in sources.headers() {
        add(name);
        add(text);
    }
    hash.finalize().into()
}

impl Cache {
    pub(super) fn new() -> Self {
        Self(Mutex::default())
    }

    pub(super) fn get(&self, key: &Key) -> Option<Answer> {
        self.0.lock().ok()?.answers.get(key).cloned()
    }

    pub(super) fn put(&self, key: Key, object: Arc<Object>, warnings: Vec<Diagnostic>) {
        let Ok(mut kept) = self.0.lock() else { return };
        if kept.answers.insert(key, (object, warnings)).is_none() {
            kept.order.push_back(key);
        }
        if kept.order.len() > MAX_KEPT
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.answers.remove(&oldest);
        }
    }
}
