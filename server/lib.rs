//! bpflab: a web-based eBPF tutorial lab that one person can host.
//!
//! Read in this order; imports point one way, from the last to the first.
//! Nothing here links libbpf or needs a privilege: BPF happens in the worker
//! (`bpf/`), at the other end of a byte stream.

#![forbid(unsafe_code)]

pub mod say;

pub mod dice;

pub mod diagnostic;

pub mod kernel;

pub mod lesson;

pub mod image;

pub mod compile;

pub mod explain;

pub mod backend;

pub mod run;

pub mod grade;
pub mod home;

pub mod lab;

pub mod wire;

pub mod web;

pub mod cli;
