//! What bench/embed.ts compares with: candle's Qwen3 in single precision, the engine of the router that signalbox's
//! files come from. Commands come in a line each on stdin, and each is answered by a line of JSON on stdout:
//!
//!     load FOLDER         {"parameters": count}; FOLDER holds config.json and model.safetensors
//!     embed ROW ROW ...   {"wall": ns, "cpu": ns of the process, "vectors": [[number]]}; a ROW is ids with commas
//!     flops MILLIONS      {"wall": ns, "cpu": ns, "flops": count} of so many million multiply-adds of registers
//!     read MEGABYTES      {"wall": ns, "cpu": ns, "bytes": count} of reading so much memory once
//!
//! RAYON_NUM_THREADS=1 keeps it on one thread.

mod clock;
mod floors;
mod qwen3;

use clock::Span;
use qwen3::Qwen3;
use std::io::{BufRead, Write};

fn main() -> candle_core::Result<()> {
    let mut model: Option<Qwen3> = None;
    let mut memory: Vec<u64> = Vec::new();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let (command, rest) = line.split_once(' ').expect("a command and what it needs");
        let answer = match command {
            "load" => {
                let loaded = Qwen3::load(rest)?;
                let answer = format!("{{\"parameters\":{}}}", loaded.parameters);
                model = Some(loaded);
                answer
            }
            "embed" => {
                let rows: Vec<Vec<u32>> = rest.split(' ').map(ids).collect();
                let span = Span::start();
                let vectors = model.as_ref().expect("load comes first").embed(&rows)?;
                format!("{{{},\"vectors\":{vectors:?}}}", span.end())
            }
            "flops" => floors::multiply(rest.parse().expect("millions")),
            "read" => floors::read(&mut memory, rest.parse().expect("megabytes")),
            other => panic!("{other} is no command"),
        };
        writeln!(out, "{answer}").expect("a reader");
        out.flush().expect("a reader");
    }
    Ok(())
}

fn ids(row: &str) -> Vec<u32> {
    row.split(',')
        .map(|id| id.parse().expect("a token id"))
        .collect()
}
