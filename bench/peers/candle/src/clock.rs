/// Wall and CPU time since its start, in nanoseconds.
pub struct Span {
    wall: u64,
    cpu: u64,
}

impl Span {
    pub fn start() -> Span {
        Span {
            wall: nanos(libc::CLOCK_MONOTONIC),
            cpu: nanos(libc::CLOCK_PROCESS_CPUTIME_ID),
        }
    }

    /// As two fields of a JSON object.
    pub fn end(&self) -> String {
        let cpu = nanos(libc::CLOCK_PROCESS_CPUTIME_ID) - self.cpu;
        let wall = nanos(libc::CLOCK_MONOTONIC) - self.wall;
        format!("\"wall\":{wall},\"cpu\":{cpu}")
    }
}

fn nanos(clock: libc::clockid_t) -> u64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is valid for writing, and both clocks exist on every Linux.
    let status = unsafe { libc::clock_gettime(clock, &mut time) };
    assert_eq!(status, 0, "clock_gettime failed");
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
