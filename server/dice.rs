//! Random numbers from the kernel's own, for names, keys and seeds.

use rand_chacha::{
    ChaCha20Rng,
    rand_core::{Rng as _, SeedableRng as _},
};

/// A number that nobody can guess.
pub fn number() -> u64 {
    let mut seed = [0; 32];
    // So few bytes never block or fall short once the machine has booted.
    rustix::rand::getrandom(&mut seed, rustix::rand::GetRandomFlags::empty())
        .expect("getrandom works on every Linux that runs BPF");
    ChaCha20Rng::from_seed(seed).next_u64()
}

/// 128 bits in hexadecimal.
pub fn word() -> String {
    format!("{:016x}{:016x}", number(), number())
}
