//! What bench/selectors.ts compares with: upstream's crates and plain loops over the same vectors. Commands come in a
//! line each on stdin, and each is answered by a line of JSON on stdout:
//!
//!     load PATH               {"n": rows, "dimension": numbers a row}
//!     prepare METHOD          {"ns": wall time of building what the method keeps}
//!     run METHOD K FROM COUNT {"wall": [ns a query], "cpu": ns of this thread in all, "answers": [[number]]}

mod clock;
mod floor;
mod machines;
mod neighbours;
mod tables;

use clock::{thread_nanos, wall_nanos};
use std::io::{BufRead, Write};
use tables::Tables;

/// Answers one query by its row; the numbers are rows of neighbours, or scores by machine.
type Method = Box<dyn Fn(usize, usize) -> Vec<f64>>;

fn method(name: &str, tables: &'static Tables) -> Method {
    match name.split_once('-').unwrap_or((name, "")) {
        ("knn", how) => neighbours::method(how, tables),
        ("floor", "vectors") => {
            Box::new(|_, _| floor::read(tables.vectors.as_slice().expect("contiguous")))
        }
        (_, _) => machines::method(name, tables),
    }
}

struct Prepared {
    name: String,
    answer: Method,
}

fn answer(line: &str, tables: &mut Option<&'static Tables>, kept: &mut Vec<Prepared>) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let number = |at: usize| -> usize { words[at].parse().expect("a number") };
    match words[0] {
        "load" => {
            let loaded: &'static Tables = Box::leak(Box::new(Tables::read(words[1])));
            *tables = Some(loaded);
            kept.clear();
            format!("{{\"n\":{},\"dimension\":{}}}", loaded.n, loaded.dimension)
        }
        "prepare" => {
            let started = wall_nanos();
            let answer = method(words[1], tables.expect("load comes first"));
            let nanos = wall_nanos() - started;
            kept.push(Prepared {
                name: words[1].to_owned(),
                answer,
            });
            format!("{{\"ns\":{nanos}}}")
        }
        "run" => {
            let found = kept
                .iter()
                .find(|one| one.name == words[1])
                .expect("prepare comes first");
            run(&found.answer, number(2), number(3), number(4))
        }
        other => panic!("{other} is no command"),
    }
}

fn run(answer: &Method, k: usize, from: usize, count: usize) -> String {
    let mut wall = Vec::with_capacity(count);
    let mut answers = Vec::with_capacity(count);
    let cpu = thread_nanos();
    for query in from..from + count {
        let started = wall_nanos();
        let numbers = answer(query, k);
        wall.push(wall_nanos() - started);
        answers.push(numbers);
    }
    format!(
        "{{\"wall\":{wall:?},\"cpu\":{},\"answers\":{answers:?}}}",
        thread_nanos() - cpu
    )
}

fn main() {
    let mut tables = None;
    let mut kept = Vec::new();
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        writeln!(out, "{}", answer(&line, &mut tables, &mut kept)).expect("a reader");
        out.flush().expect("a reader");
    }
}
