//! What no full pass over the vectors can beat on this machine: reading them once.

/// Sums every number, with the widest loads that the processor has. The sum is the answer, so that nothing is left out.
pub fn read(numbers: &[f32]) -> Vec<f64> {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            // SAFETY: the processor has AVX-512.
            return vec![unsafe { sum_avx512(numbers) } as f64];
        }
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            return vec![unsafe { sum_avx2(numbers) } as f64];
        }
    }
    vec![sum(numbers) as f64]
}

/// The compiler makes vectors of the eight sums of eight.
#[inline(always)]
fn sum(numbers: &[f32]) -> f32 {
    let mut sums = [0f32; 64];
    let (blocks, rest) = numbers.as_chunks::<64>();
    for block in blocks {
        for (sum, number) in sums.iter_mut().zip(block) {
            *sum += number;
        }
    }
    sums.iter().chain(rest).sum()
}

/// Eight sums of sixteen, so that an addition need not wait for the one before it.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn sum_avx512(numbers: &[f32]) -> f32 {
    use std::arch::x86_64::*;
    let mut sums = [_mm512_setzero_ps(); 8];
    let (blocks, rest) = numbers.as_chunks::<128>();
    for block in blocks {
        for (part, sum) in sums.iter_mut().enumerate() {
            // SAFETY: the eight parts of sixteen lie within the block of 128.
            *sum = _mm512_add_ps(*sum, unsafe {
                _mm512_loadu_ps(block.as_ptr().add(16 * part))
            });
        }
    }
    sums.into_iter()
        .map(|sum| _mm512_reduce_add_ps(sum))
        .sum::<f32>()
        + rest.iter().sum::<f32>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sum_avx2(numbers: &[f32]) -> f32 {
    sum(numbers)
}
