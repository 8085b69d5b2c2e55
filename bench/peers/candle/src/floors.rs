//! What no model can beat on this machine: multiplying and adding, and reading memory.

use crate::clock::Span;

/// Multiplies and adds in registers, so many million times.
pub fn multiply(millions: u64) -> String {
    let rounds = millions * 1_000_000 / ACCUMULATORS as u64;
    let span = Span::start();
    let (sum, lanes) = fused(rounds);
    let spent = span.end();
    assert!(sum.is_finite(), "the factors are below 1");
    let flops = 2 * rounds * ACCUMULATORS as u64 * lanes;
    format!("{{{spent},\"flops\":{flops}}}")
}

/// Enough that two units of four cycles never wait.
const ACCUMULATORS: usize = 12;

/// The sum, which keeps the compiler from leaving the work out, and the numbers a register holds.
fn fused(rounds: u64) -> (f32, u64) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512.
        return (unsafe { fused_avx512(rounds) }, 16);
    }
    let mut sums = [1f32; ACCUMULATORS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = *sum * 0.5 + 0.5;
        }
    }
    (sums.iter().sum(), 1)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn fused_avx512(rounds: u64) -> f32 {
    use std::arch::x86_64::*;
    let half = std::hint::black_box(_mm512_set1_ps(0.5));
    let mut sums = [_mm512_set1_ps(1.); ACCUMULATORS];
    for _ in 0..rounds {
        for sum in &mut sums {
            *sum = _mm512_fmadd_ps(*sum, half, half);
        }
    }
    sums.into_iter().map(|sum| _mm512_reduce_add_ps(sum)).sum()
}

/// Sums the numbers of a buffer that is larger than the caches of one core.
pub fn read(memory: &mut Vec<u64>, megabytes: usize) -> String {
    memory.resize(megabytes << 17, 1);
    let span = Span::start();
    let sum = sum(memory);
    let spent = span.end();
    assert_eq!(sum, memory.len() as u64, "the buffer holds ones");
    format!("{{{spent},\"bytes\":{}}}", memory.len() * 8)
}

#[cfg(target_arch = "x86_64")]
fn sum(numbers: &[u64]) -> u64 {
    if std::arch::is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512.
        return unsafe { sum_avx512(numbers) };
    }
    plain_sum(numbers)
}

#[cfg(not(target_arch = "x86_64"))]
fn sum(numbers: &[u64]) -> u64 {
    plain_sum(numbers)
}

fn plain_sum(numbers: &[u64]) -> u64 {
    numbers.iter().sum()
}

/// Eight sums of eight, so that an addition need not wait for the one before it.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn sum_avx512(numbers: &[u64]) -> u64 {
    use std::arch::x86_64::*;
    let mut sums = [_mm512_setzero_si512(); 8];
    let (blocks, rest) = numbers.as_chunks::<64>();
    for block in blocks {
        for (part, sum) in sums.iter_mut().enumerate() {
            // SAFETY: the eight parts of eight lie within the block of 64.
            let eight = unsafe { _mm512_loadu_si512(block.as_ptr().add(8 * part).cast()) };
            *sum = _mm512_add_epi64(*sum, eight);
        }
    }
    sums.into_iter()
        .map(|sum| _mm512_reduce_add_epi64(sum) as u64)
        .sum::<u64>()
        + rest.iter().sum::<u64>()
}
