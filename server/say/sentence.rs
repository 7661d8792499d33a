//! The sentences, as an enum with arguments.

use super::{
    Absent, Aim, Cause, Doctor, Example, Found, Hop, Instead, Matters, Mistake, Print, Printed, Size, Step,
    Told, Unchanged,
};

/// Something the lab says. Arguments are data; the words are in `en` and `zh`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant's English stands in `en`, under the same name")]
pub enum Sentence {
    // Submissions.
    TooMuchSource {
        bytes: usize,
        limit: usize,
    },
    NoSource,
    TooManyFiles {
        files: usize,
        limit: usize,
    },
    BadFileName {
        name: String,
    },
    FileTwice {
        name: String,
    },
    NotOneProgram {
        programs: usize,
    },
    UnknownKernel {
        name: String,
        known: Vec<String>,
    },
    NoKernel,
    QueueFull {
        waiting: usize,
    },
    // The compiler.
    CompilerLimit {
        cpu_s: u64,
        memory_mib: u64,
        wall_s: u64,
    },
    CompilerFailed,
    ObjectTooLarge {
        limit: usize,
    },
    NoProgram,
    // What a place refuses.
    HostProgramType {
        program: String,
        section: String,
    },
    HostHelper {
        helper: String,
    },
    HostPinned {
        map: String,
    },
    HostUnreadable,
    // Globals.
    GlobalUnknown {
        name: String,
        known: Vec<String>,
    },
    GlobalDoesNotFit {
        name: String,
        ctype: String,
    },
    Cause(Cause),
    Instead(Instead),
    Absent(Box<Absent>),
    Step(Step),
    Unchanged(Unchanged),
    NotHex {
        program: String,
    },
    GlobalReadOnly {
        name: String,
    },
    GlobalNoStimulus {
        name: String,
    },
    // Load and attach.
    OpenFailed {
        errno: i32,
    },
    /// A scheduler, by the kernel; in its words.
    ThrownOut {
        why: String,
    },
    Refused {
        program: String,
        mistake: Mistake,
    },
    /// Where a value came from that was not to the verifier's liking.
    Hop(Hop),
    /// What the verifier's own report says.
    Told(Told),
    Rejected {
        program: String,
        verdict: String,
    },
    LoadFailed {
        errno: i32,
    },
    VerifierTooLarge {
        program: String,
    },
    GplOnly {
        program: String,
        verdict: String,
    },
    NoSuchHook {
        program: String,
        section: String,
        /// What was asked for in the section's stead.
        asked: Option<String>,
        nearest: Vec<String>,
    },
    NoSuchInterface {
        program: String,
        name: String,
        known: Vec<String>,
    },
    BadTarget {
        target: String,
    },
    Size(Size),
    Print(Print),
    /// The forms are what can be asked for.
    Aim(Aim),
    NoCookie {
        program: String,
        section: String,
    },
    AttachErrno {
        program: String,
        section: String,
        errno: i32,
    },
    // Attached, but silent.
    NeverFired {
        programs: Vec<String>,
    },
    OnlyTheLabFired,
    FiredButSilent {
        runs: u64,
    },
    FiredAndDecided {
        runs: u64,
        programs: Vec<String>,
    },
    // Ends and faults.
    StimulusTimedOut {
        seconds: u64,
    },
    StageTimedOut {
        seconds: u64,
    },
    AttachTimedOut {
        seconds: u64,
    },
    WorkerDied,
    WorkerMissing {
        looked: String,
    },
    WorkerStale,
    WorkerFault,
    NoClang,
    NoSandbox {
        why: String,
    },
    SandboxIsLandlock,
    CacheUnusable {
        path: String,
    },
    HeadersFailed {
        why: String,
    },
    HostNeedsRoot,
    HostNeedsLoopback,
    HostNeedsSingleUser,
    HostHelperGone,
    // Guests.
    NoQemu,
    NoMemory {
        free_mib: u64,
        need_mib: u64,
    },
    ImageMissing {
        kernel: String,
    },
    GuestDiskFull,
    GuestDidNotBoot {
        why: String,
    },
    GuestDidNotAnswer {
        seconds: u64,
    },
    GuestFault {
        why: String,
    },
    GuestPanicked {
        why: String,
    },
    GuestEnded,
    GuestMute,
    GuestLate,
    GuestLied,
    LeftOut {
        program: String,
        section: String,
    },
    TerminalNeedsGuest,
    StimulusNeedsGuest,
    StimulusIsTheLessons,
    TerminalNotThere,
    // Checks: what was seen.
    SawTrace {
        matching: u64,
        total: u64,
        wanted: Found,
        example: Option<Example>,
    },
    SawOutput {
        of: Printed,
        matching: u64,
        total: u64,
        wanted: Found,
        example: Option<Example>,
    },
    SawValue {
        what: String,
        value: Option<String>,
    },
    /// Of which map, and how many.
    SawEntries(String, Option<String>),
    SawSections {
        sections: Vec<String>,
    },
    SawNothing,
    // The web.
    NoSuchPage,
    NoSuchLesson {
        slug: String,
    },
    BrokenLesson {
        slug: String,
        why: String,
    },
    NoSession,
    ForeignOrigin,
    ForeignHost,
    BadRequest {
        why: String,
    },
    MessageNotJson {
        why: String,
    },
    MessageUnknown {
        kind: String,
    },
    MessageTooBig {
        limit: usize,
    },
    UnknownRun,
    ShuttingDown,
    // Doctor.
    Doctor(Doctor),
    ProbeWorked {
        kind: String,
    },
    ProbeLoads {
        kind: String,
    },
    ProbeNotTried {
        kind: String,
    },
    ProbeNoLoad {
        kind: String,
        errno: i32,
        matters: Matters,
    },
    ProbeNoAttach {
        kind: String,
        errno: i32,
        matters: Matters,
    },
    // Images.
    ImageNotBuilt {
        name: String,
    },
    ImageDamaged {
        file: String,
    },
    ImageSuiteLeft {
        name: String,
        suites: Vec<String>,
    },
    ImageNoRecipe {
        path: String,
    },
    ImageBadRecipe {
        why: String,
    },
    ImageNoTools {
        tools: Vec<String>,
    },
    ImageNoSubordinates {
        command: String,
    },
    ImageNoNamespaces {
        why: String,
    },
    ImageNoMirror,
    ImageMirrorSilent {
        suite: String,
    },
    ImageMirrorLacks {
        suite: String,
    },
    ImageNoSpace {
        folder: String,
        needed_mib: u64,
    },
    ImageStepFailed {
        what: String,
    },
    ImageFolder {
        path: String,
        why: String,
    },
    ImagePartList {
        suite: String,
    },
    ImagePartKernel {
        name: String,
    },
    ImagePartRoot,
    ImagePartExtra {
        name: String,
    },
    ExtraNotBuilt {
        name: String,
    },
    UnknownExtra {
        name: String,
        known: Vec<String>,
    },
    ImageWaiting,
    NewerIsTried {
        kernel: String,
    },
    NewerIsTaken {
        kernel: String,
    },
    NewerIsLeft {
        kernel: String,
    },
    ImageCurrent {
        version: String,
    },
    ImageNothing,
    ImageBuilt {
        count: usize,
        seconds: u64,
    },
    // Needs.
    UnmetGuest,
    UnmetKernel {
        needs: String,
        release: String,
    },
    UnmetFeature {
        feature: String,
    },
    UnmetHook {
        hook: String,
        nearest: Vec<String>,
    },
    OtherKernels {
        kernels: Vec<String>,
    },
    KernelsWithIt {
        kernels: Vec<String>,
    },
}

impl From<Doctor> for Sentence {
    fn from(found: Doctor) -> Self {
        Self::Doctor(found)
    }
}
