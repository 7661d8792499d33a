//! Source files -> an [`Object`], or what is wrong with them.
//!
//! Knows clang, its sandbox, headers and the cache. Does not know who asks,
//! and never reads the object but to take its debug sections out.

mod bound;
mod btf;
mod cache;
mod carried;
mod clang;
mod diagnostics;
pub mod flags;
mod headers;
mod limits;
mod lines;
mod needed;
mod object;
mod places;
mod sandbox;
mod sources;

pub use headers::{Headers, data_folder};
pub use object::Object;
pub use sandbox::{CONFINED, Confinement, confined};
pub use sources::{LIMITS as SOURCE_LIMITS, Limits as SourceLimits, Sources};

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::OnceCell;

use crate::{
    diagnostic::{Diagnostic, Origin},
    say::Sentence,
};
use cache::Cache;
use clang::Clang;
use sandbox::{Ended, Sandbox, Waiting};

/// What went in came out as an object, or did not.
#[derive(Debug, Clone)]
pub enum Compiled {
    /// With warnings, and whether the answer was known already.
    Object {
        /// The object.
        object: Arc<Object>,
        /// Warnings.
        warnings: Vec<Diagnostic>,
        /// From the cache.
        cached: bool,
    },
    /// What is wrong.
    Failed(Vec<Diagnostic>),
}

/// A fault of the lab while compiling, with a sentence for whoever can mend it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No clang from 14 on.
    #[error("no clang")]
    NoClang,
    /// The sandbox cannot be made.
    #[error("no sandbox: {0}")]
    NoSandbox(String),
    /// The headers could not be written.
    #[error("headers: {0}")]
    Headers(String),
    /// The folder for headers cannot be used by the compiler's user.
    #[error("{0} cannot be used")]
    Folder(PathBuf),
    /// A process or a pipe failed.
    #[error("the compiler's process: {0}")]
    Process(#[from] std::io::Error),
}

impl Error {
    /// What to tell a person.
    pub fn sentence(&self) -> Sentence {
        match self {
            Self::NoClang => Sentence::NoClang,
            Self::NoSandbox(why) => Sentence::NoSandbox { why: why.clone() },
            Self::Headers(why) => Sentence::HeadersFailed { why: why.clone() },
            Self::Folder(path) => Sentence::CacheUnusable { path: path.display().to_string() },
            Self::Process(_) => Sentence::CompilerFailed,
        }
    }
}

/// A confined clang, and a [`Compiler`] for each kernel's headers.
#[derive(Debug)]
pub struct Compilers {
    tools: Arc<Tools>,
    data: PathBuf,
    worker: PathBuf,
    /// By where their types come from; each made once, by whoever wants it first.
    made: Mutex<HashMap<Types, Arc<OnceCell<Arc<Compiler>>>>>,
}

#[derive(Debug)]
struct Tools {
    clang: Clang,
    sandbox: Sandbox,
}

/// Whose types a program is compiled against.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Types {
    /// The running kernel's.
    Running,
    /// Raw BTF in a file.
    File(PathBuf),
}

/// The running kernel's own description of its types.
const RUNNING: &str = "/sys/kernel/btf/vmlinux";

impl Types {
    /// Where they are.
    fn file(&self) -> &Path {
        match self {
            Self::Running => Path::new(RUNNING),
            Self::File(file) => file,
        }
    }
}

impl Compilers {
    /// Finds clang and tries the sandbox. `worker` knows how to write headers,
    /// which are kept below `data`.
    ///
    /// # Errors
    /// No clang, or no sandbox.
    pub async fn prepare(confinement: Confinement, data: &Path, worker: &Path) -> Result<Self, Error> {
        let clang = Clang::find().await?;
        let sandbox = Sandbox::new(&clang, confinement).await?;
        let tools = Arc::new(Tools { clang, sandbox });
        Ok(Self { tools, data: data.to_owned(), worker: worker.to_owned(), made: Mutex::default() })
    }

    /// The one for these types; writes headers where they are missing.
    ///
    /// # Errors
    /// The headers cannot be had.
    pub async fn get(&self, types: &Types) -> Result<Arc<Compiler>, Error> {
        let cell = {
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            made.entry(types.clone()).or_default().clone()
        };
        let make = async || {
            let Tools { clang, sandbox } = &*self.tools;
            let headers = Headers::prepare(clang, sandbox, &self.data, &self.worker, types).await?;
            let waiting = tokio::sync::Mutex::new(None);
            Ok(Arc::new(Compiler { tools: self.tools.clone(), headers, cache: Cache::new(), waiting }))
        };
        cell.get_or_try_init(make).await.cloned()
    }

    /// Whether the one for these types is there already.
    pub fn has(&self, types: &Types) -> bool {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.get(types).is_some_and(|cell| cell.initialized())
    }

    /// The compiler's version, for the doctor.
    pub fn version(&self) -> &str {
        self.tools.clang.version()
    }

    /// How it is confined.
    pub fn confinement(&self) -> Confinement {
        self.tools.sandbox.confinement()
    }
}

/// Compiles for one kernel's headers.
#[derive(Debug)]
pub struct Compiler {
    tools: Arc<Tools>,
    headers: Headers,
    cache: Cache,
    /// A clang that has started and waits for a source, for the usual case.
    waiting: tokio::sync::Mutex<Option<Waiting>>,
}

impl Compiler {
    /// Where the headers are.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// Starts a clang that waits for a source, so that the next one has less to wait for.
    pub async fn warm(&self) {
        let mut waiting = self.waiting.lock().await;
        if waiting.is_none() {
            match self.tools.sandbox.start(&self.headers, &[], true) {
                Ok(started) => *waiting = Some(started),
                Err(error) => tracing::warn!(%error, "no compiler could be started ahead"),
            }
        }
    }

    /// Compiles; an unchanged source is answered at once.
    ///
    /// # Errors
    /// A fault of the lab; what is wrong with the source is no error.
    pub async fn compile(&self, sources: &Sources) -> Result<Compiled, Error> {
        let key = cache::key(&self.tools.clang, &self.headers, sources);
        if let Some((object, warnings)) = self.cache.get(&key) {
            return Ok(Compiled::Object { object, warnings, cached: true });
        }
        let precompiled = sources.begins_with_vmlinux();
        let ready = match precompiled && sources.headers().is_empty() {
            true => self.waiting.lock().await.take(),
            false => None,
        };
        let started = match ready {
            Some(ready) if ready.is_alive() => ready,
            _ => self.tools.sandbox.start(&self.headers, sources.headers(), precompiled)?,
        };
        let program = sources.program().1;
        let with_types = carried::with_types(sources);
        let ended = started.feed(with_types.as_deref().unwrap_or(program).as_bytes()).await?;
        let mut compiled = self.judge(sources, ended);
        if with_types.is_some() && matches!(compiled, Compiled::Failed(_)) {
            // What is wrong is said of the learner's text, not of ours after it.
            let started = self.tools.sandbox.start(&self.headers, sources.headers(), precompiled)?;
            compiled = self.judge(sources, started.feed(program.as_bytes()).await?);
        }
        if let Compiled::Object { object, warnings, .. } = &compiled {
            self.cache.put(key, object.clone(), warnings.clone());
        }
        Ok(compiled)
    }

    fn judge(&self, sources: &Sources, ended: Ended) -> Compiled {
        let (program, _) = sources.program();
        let error = |id, sentence| Compiled::Failed(vec![Diagnostic::error(Origin::Compiler, id, sentence)]);
        let limits = &limits::LIMITS;
        match ended {
            Ended::PastLimits => error(
                "compiler-limit",
                Sentence::CompilerLimit {
                    cpu_s: limits.cpu_s,
                    memory_mib: limits.memory_bytes >> 20,
                    wall_s: limits.wall.as_secs(),
                },
            ),
            Ended::TooMuchOutput => {
                error("object-too-large", Sentence::ObjectTooLarge { limit: limits.object_bytes })
            }
            Ended::Exited { ok, object, messages } => {
                let found = diagnostics::parse(&messages, program);
                if !ok {
                    return if found.iter().any(Diagnostic::is_error) {
                        Compiled::Failed(found)
                    } else {
                        error("compiler-failed", Sentence::CompilerFailed)
                    };
                }
                match Object::from_clang(&object, sources) {
                    Some(object) => {
                        Compiled::Object { object: Arc::new(object), warnings: found, cached: false }
                    }
                    None => error("compiler-failed", Sentence::CompilerFailed),
                }
            }
        }
    }
}
