//! All that one run needs. No lesson, no socket.

use std::collections::BTreeMap;

use bpflab_worker::{Span, Target, Window};

use crate::{compile::Sources, kernel::Needs};

/// All that one run needs.
#[derive(Debug, Clone)]
pub struct Submission {
    /// One program and its headers.
    pub sources: Sources,
    /// Where to run, at least one, each once.
    pub kernels: Vec<String>,
    /// Whose types the program is compiled against; each kernel's own, if none is named.
    pub headers: Option<String>,
    /// Global variables to set before load.
    pub globals: BTreeMap<String, String>,
    /// What programs attach to, by function name, where it is not as usual.
    pub targets: BTreeMap<String, Target>,
    /// A shell command that makes something happen.
    pub stimulus: Option<String>,
    /// A shell for the learner in each guest, with a window of this size.
    pub terminal: Option<Window>,
    /// What the kernel must have; looked at before anything is loaded.
    pub needs: Needs,
    /// How long to observe.
    pub span: Span,
}
