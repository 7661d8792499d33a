//! A guest that was restored from a snapshot learns what time it is, and gets
//! random numbers of its own. Knows the two system calls, nothing of snapshots.

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

/// Linux's `struct rand_pool_info` with room for one seed.
#[repr(C)]
struct PoolInfo {
    entropy_bits: libc::c_int,
    bytes: libc::c_int,
    seed: [u8; 32],
}

/// Sets the clock and seeds the random pool.
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
    Ok(())
}

/// `uname -r`.
pub(crate) fn release() -> crate::Result<String> {
    Ok(nix::sys::utsname::uname()?.release().to_string_lossy().into_owned())
}
