use crate::Method;
use crate::neighbours::{nearest, rebuilt, squared_distance};
use crate::tables::Tables;
use ndarray::{Array1, ArrayView1};

/// Every rbf and linear method answers with a score for each machine; kmeans with the row of the nearest centroid.
pub fn method(name: &str, tables: &'static Tables) -> Method {
    match name {
        "rbf-shared" => rbf_shared(tables),
        "rbf-machines" => rbf_machines(tables),
        "linear" => Box::new(|query, _| linear(tables, tables.query(query))),
        "kmeans" => Box::new(|query, _| nearest(&tables.centroids, tables.query(query), 1)),
        "kmeans-balltree" => rebuilt(&tables.centroids, tables),
        other => panic!("{other} is no method"),
    }
}

/// As upstream, which scales the query and leaves the vectors as they are.
fn scaled(query: ArrayView1<f64>) -> Array1<f64> {
    let norm = query.dot(&query).sqrt();
    query.mapv(|x| x / norm)
}

/// The machines share their vectors: one distance and one exponential for each vector, whatever the machines.
fn rbf_shared(tables: &'static Tables) -> Method {
    Box::new(move |query, _| {
        let query = scaled(tables.query(query));
        let query = query.as_slice().expect("a contiguous row");
        let mut kernel = Array1::zeros(tables.n);
        for (vector, value) in tables.wide.outer_iter().zip(kernel.iter_mut()) {
            let distance = squared_distance(vector.as_slice().expect("a contiguous row"), query);
            *value = (-tables.gamma * distance).exp();
        }
        tables
            .alphas
            .outer_iter()
            .map(|alpha| alpha.dot(&kernel))
            .collect()
    })
}

/// Each machine walks all of its vectors, as upstream's binding does. They are held once here, which favours it.
fn rbf_machines(tables: &'static Tables) -> Method {
    Box::new(move |query, _| {
        let query = scaled(tables.query(query));
        let score = |alpha: ArrayView1<f64>| -> f64 {
            let terms = tables.wide.outer_iter().zip(alpha).map(|(vector, weight)| {
                let difference = &query - &vector;
                weight * (-tables.gamma * difference.dot(&difference)).exp()
            });
            terms.sum()
        };
        tables.alphas.outer_iter().map(score).collect()
    })
}

fn linear(tables: &Tables, query: ArrayView1<f64>) -> Vec<f64> {
    let query = scaled(query);
    tables
        .weights
        .outer_iter()
        .map(|weights| weights.dot(&query))
        .collect()
}
