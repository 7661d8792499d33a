//! A guest that was restored from a snapshot learns what time it is, and gets
//! random numbers and process numbers of its own. Knows nothing of snapshots.

use std::{fs::File, io, os::fd::AsRawFd};

use bpflab_worker::Moment;
use nix::{
    libc,
    sys::time::TimeSpec,
    time::{ClockId, clock_settime},
};

/// `RNDADDENTROPY` of linux/random.h: `_IOW('R', 0x03, int [2])`.
const ADD_ENTROPY: libc::Ioctl = 0x4008_5203u32 as libc::Ioctl;

/// `RNDRESEEDCRNG` of linux/random.h: `_IO('R', 0x07)`; without it the kernel
/// would mix the new seed in at a time of its own choice.
const RESEED: libc::Ioctl = 0x5207;

/// The process number that was given last: CONFIG_CHECKPOINT_RESTORE.
const LAST_PID: &str = "/proc/sys/kernel/ns_last_pid";

/// Where numbering goes on: above what runs, and far below the usual pid_max of 32,768.
const LEAST_PID: u16 = 400;
const MOST_PID: u16 = 20_000;

/// Linux's `struct rand_pool_info` with room for one seed.
#[repr(C)]
struct PoolInfo {
    entropy_bits: libc::c_int,
    bytes: libc::c_int,
    seed: [u8; 32],
}

/// Sets the clock, seeds the random pool, and draws where process numbers go on.
pub(crate) fn wake(moment: &Moment) -> crate::Result {
    let seconds = i64::try_from(moment.unix_ns / 1_000_000_000)?;
    let nanoseconds = i64::try_from(moment.unix_ns % 1_000_000_000)?;
    clock_settime(ClockId::CLOCK_REALTIME, TimeSpec::new(seconds, nanoseconds))?;
    let pool = File::options().write(true).open("/dev/urandom")?;
    let given = PoolInfo { entropy_bits: 256, bytes: 32, seed: moment.entropy };
    // SAFETY: the kernel reads a whole rand_pool_info, which outlives the call.
    if unsafe { libc::ioctl(pool.as_raw_fd(), ADD_ENTROPY, &raw const given) } < 0 {
        return Err(io::Error::last_os_error().into());
    }
    // SAFETY: this request takes no argument.
    if unsafe { libc::ioctl(pool.as_raw_fd(), RESEED) } < 0 {
        return Err(io::Error::last_os_error().into());
    }
    number_anew(&moment.entropy);
    Ok(())
}

/// All guests of a snapshot would number their processes alike, and a number that
/// was seen once could be written into a program. A kernel that was built without
/// this file goes on from where it was.
fn number_anew(seed: &[u8; 32]) {
    let drawn = u16::from_ne_bytes([seed[0], seed[1]]) % MOST_PID;
    let _ = std::fs::write(LAST_PID, (LEAST_PID + drawn).to_string());
}

/// `uname -r`.
pub(crate) fn release() -> crate::Result<String> {
    Ok(nix::sys::utsname::uname()?.release().to_string_lossy().into_owned())
}
